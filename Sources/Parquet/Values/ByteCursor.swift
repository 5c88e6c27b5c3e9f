/// A place in a page's bytes.
struct ByteCursor {
  let bytes: [UInt8]
  private(set) var at: Int
  let end: Int

  init(_ bytes: [UInt8], _ range: Range<Int>) {
    self.bytes = bytes
    at = range.lowerBound
    end = range.upperBound
  }

  var left: Int { end - at }

  mutating func byte() throws(ParquetFault) -> UInt8 {
    guard at < end else { throw .ended }
    at += 1
    return bytes[at - 1]
  }

  mutating func take(_ count: Int) throws(ParquetFault) -> ArraySlice<UInt8> {
    guard count >= 0, count <= end - at else { throw .ended }
    at += count
    return bytes[(at - count)..<at]
  }

  /// A number of four bytes, the least first.
  mutating func int32() throws(ParquetFault) -> Int32 {
    guard end - at >= 4 else { throw .ended }
    var value: UInt32 = 0
    for place in 0..<4 { value |= UInt32(bytes[at + place]) << UInt32(8 * place) }
    at += 4
    return Int32(bitPattern: value)
  }

  mutating func int64() throws(ParquetFault) -> Int64 {
    guard end - at >= 8 else { throw .ended }
    var value: UInt64 = 0
    for place in 0..<8 { value |= UInt64(bytes[at + place]) << UInt64(8 * place) }
    at += 8
    return Int64(bitPattern: value)
  }

  mutating func varint() throws(ParquetFault) -> UInt64 {
    var value: UInt64 = 0
    for shift in stride(from: UInt64(0), to: 70, by: 7) {
      let byte = try byte()
      value |= UInt64(byte & 0x7F) << shift
      if byte < 0x80 { return value }
    }
    throw ParquetFault("a number has more than ten bytes")
  }

  mutating func zigzag() throws(ParquetFault) -> Int64 {
    let value = try varint()
    return Int64(bitPattern: value >> 1) ^ -Int64(bitPattern: value & 1)
  }
}
