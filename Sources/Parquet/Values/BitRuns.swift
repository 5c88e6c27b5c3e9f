/// Small numbers of one width in bits, as runs of equal ones and of packed ones: levels, and places
/// in a dictionary. Each is read when it is asked for, so that a run of a billion takes no memory.
///
/// Source: "Run Length Encoding / Bit-Packing Hybrid" of Parquet's `Encodings.md`.
struct BitRuns {
  private let bytes: [UInt8]
  private let width: Int
  private let end: Int
  /// Where the next run begins.
  private var at: Int
  private var left: UInt64 = 0
  /// Of a run of equal numbers.
  private var equal: Int?
  /// Of packed ones: the next one's first bit, and where they end.
  private var bit = 0
  private var packedEnd = 0

  init(_ bytes: [UInt8], _ range: Range<Int>, width: Int) {
    self.bytes = bytes
    self.width = width
    at = range.lowerBound
    end = range.upperBound
  }

  /// None: what a column without nulls has for levels.
  static let none = BitRuns([], 0..<0, width: 0)

  mutating func next() throws(ParquetFault) -> Int {
    while left == 0 { try begin() }
    left -= 1
    if let equal { return equal }
    let value = try Self.bits(bytes, at: bit, width: width, end: packedEnd)
    bit += width
    return Int(value)
  }

  private mutating func begin() throws(ParquetFault) {
    var cursor = ByteCursor(bytes, at..<end)
    let header = try cursor.varint()
    guard header <= UInt64(UInt32.max) * 2 else {
      throw ParquetFault("a run of \(header >> 1) values")
    }
    if header & 1 == 1 {
      equal = nil
      left = (header >> 1) * 8
      bit = cursor.at * 8
      // The last run may be cut behind its last value.
      packedEnd = cursor.at + min(Int(header >> 1) * width, end - cursor.at)
      at = packedEnd
    } else {
      var value = 0
      for place in 0..<((width + 7) / 8) { value |= Int(try cursor.byte()) << (8 * place) }
      equal = value
      left = header >> 1
      at = cursor.at
    }
  }

  /// The number of `width` bits, at most 64, from a bit on, the least first.
  static func bits(
    _ bytes: [UInt8], at bit: Int, width: Int, end: Int
  ) throws(ParquetFault) -> UInt64 {
    var value: UInt64 = 0
    var got = 0
    var place = bit >> 3
    var skipped = bit & 7
    while got < width {
      guard place < end else { throw .ended }
      value |= (UInt64(bytes[place]) >> UInt64(skipped)) << UInt64(got)
      got += 8 - skipped
      skipped = 0
      place += 1
    }
    return width == 64 ? value : value & (1 << UInt64(width) - 1)
  }
}
