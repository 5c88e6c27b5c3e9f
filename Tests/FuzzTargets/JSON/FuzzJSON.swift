import FormatOracles
import FuzzDriver

private nonisolated(unsafe) let invariants = JSONInvariants()

/// Any bytes are accepted where simdjson accepts them, with the same values, whether the decoder
/// has learned a template or not; rows come back as they were written.
@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ data: UnsafePointer<UInt8>, _ count: Int) -> CInt {
  let complaint = invariants.complaint(
    about: Array(UnsafeBufferPointer(start: data, count: count)))
  if let complaint { fatalError(complaint) }
  return 0
}

@_cdecl("FuzzJSON_main")
public func entry(
  _ count: CInt, _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>
) -> CInt { drive(count, arguments, testOneInput) }
