import FuzzDriver

/// Has a mistake that a fuzzer must find, so that one that finds nothing is known to look.
@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ data: UnsafePointer<UInt8>, _ count: Int) -> CInt {
  guard count >= 4, data[0] == UInt8(ascii: "|"), data[1] == UInt8(ascii: "f") else { return 0 }
  if data[2] == UInt8(ascii: "u"), data[3] == UInt8(ascii: "z") { fatalError("the canary sings") }
  return 0
}

@_cdecl("FuzzCanary_main")
public func entry(
  _ count: CInt, _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>
) -> CInt { drive(count, arguments, testOneInput) }
