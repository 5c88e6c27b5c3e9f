import Diagnostics
import FuzzDriver
import Syntax
import TestKit

/// Any bytes give a tree and at most 20 messages that point into the file, in bounded time.
@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ data: UnsafePointer<UInt8>, _ count: Int) -> CInt {
  let bytes = Array(UnsafeBufferPointer(start: data, count: count))
  let file = SourceFile(path: "fuzzed.raudal", bytes: bytes)
  let complaint = SyntaxInvariants.complaint(about: Parser.parse(file), of: file)
  if let complaint { fatalError(complaint) }
  return 0
}

@_cdecl("FuzzParser_main")
public func entry(
  _ count: CInt, _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>
) -> CInt { drive(count, arguments, testOneInput) }
