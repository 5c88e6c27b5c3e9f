import FormatOracles

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

@_silgen_name("LLVMFuzzerRunDriver")
private func runDriver(
  _ count: UnsafeMutablePointer<CInt>,
  _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>>,
  _ test: @convention(c) (UnsafePointer<UInt8>, Int) -> CInt
) -> CInt

/// The package manager renames an executable's entry; this is the name it gives.
@_cdecl("FuzzJSON_main")
public func entry(
  _ count: CInt, _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>
) -> CInt {
  var count = count
  var arguments = arguments
  return runDriver(&count, &arguments, testOneInput)
}
