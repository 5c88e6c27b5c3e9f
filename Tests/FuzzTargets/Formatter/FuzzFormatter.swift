import Diagnostics
import FuzzDriver
import TestKit

/// A definition without mistakes of form has one layout, which keeps its meaning and its comments.
@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ data: UnsafePointer<UInt8>, _ count: Int) -> CInt {
  let bytes = Array(UnsafeBufferPointer(start: data, count: count))
  let file = SourceFile(path: "fuzzed.raudal", bytes: bytes)
  let complaint = FormatInvariants.complaint(about: file)
  if let complaint { fatalError(complaint) }
  return 0
}

@_cdecl("FuzzFormatter_main")
public func entry(
  _ count: CInt, _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>
) -> CInt { drive(count, arguments, testOneInput) }
