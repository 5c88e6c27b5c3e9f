import FormatOracles
import FuzzDriver

/// Any bytes are the rows of a Parquet file or a reason why they are none.
@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ data: UnsafePointer<UInt8>, _ count: Int) -> CInt {
  let complaint = ParquetInvariants.complaint(
    about: Array(UnsafeBufferPointer(start: data, count: count)))
  if let complaint { fatalError(complaint) }
  return 0
}

@_cdecl("FuzzParquet_main")
public func entry(
  _ count: CInt, _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>
) -> CInt { drive(count, arguments, testOneInput) }
