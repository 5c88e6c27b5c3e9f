import FormatOracles
import FuzzDriver

/// Any bytes are cut and decoded as a simple reader does it, in pieces of any size; rows come back
/// as they were written.
@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ data: UnsafePointer<UInt8>, _ count: Int) -> CInt {
  let complaint = CSVInvariants.complaint(
    about: Array(UnsafeBufferPointer(start: data, count: count)))
  if let complaint { fatalError(complaint) }
  return 0
}

@_cdecl("FuzzCSV_main")
public func entry(
  _ count: CInt, _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>
) -> CInt { drive(count, arguments, testOneInput) }
