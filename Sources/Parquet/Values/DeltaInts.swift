/// Whole numbers as differences from one to the next, packed in blocks.
///
/// Source: "Delta Encoding (DELTA_BINARY_PACKED)" of Parquet's `Encodings.md`.
struct DeltaInts {
  /// Values of a block at most.
  private static let largestBlock: UInt64 = 1 << 20

  let count: Int
  private let bytes: [UInt8]
  private let end: Int
  private let miniblocks: Int
  private let perMiniblock: Int
  /// Behind the last part that was begun.
  private(set) var at: Int
  private var given = 0
  private var value: Int64
  private var least: Int64 = 0
  private var widths: ArraySlice<UInt8> = []
  private var width = 0
  private var leftInMiniblock = 0
  private var bit = 0

  /// - Parameter limit: how many there may be at most.
  init(_ bytes: [UInt8], _ range: Range<Int>, limit: Int) throws(ParquetFault) {
    var cursor = ByteCursor(bytes, range)
    let block = try cursor.varint()
    let miniblocks = try cursor.varint()
    let count = try cursor.varint()
    value = try cursor.zigzag()
    guard block >= 1, block <= Self.largestBlock, miniblocks >= 1, miniblocks <= block,
      block % miniblocks == 0, block / miniblocks % 8 == 0
    else { throw ParquetFault("blocks of \(block) values in \(miniblocks) parts") }
    guard count <= UInt64(limit) else {
      throw ParquetFault("\(count) values where there are \(limit) at most")
    }
    self.bytes = bytes
    self.count = Int(count)
    self.miniblocks = Int(miniblocks)
    perMiniblock = Int(block / miniblocks)
    end = range.upperBound
    at = cursor.at
  }

  mutating func next() throws(ParquetFault) -> Int64 {
    guard given < count else { throw .ended }
    given += 1
    if given == 1 { return value }
    if leftInMiniblock == 0 { try begin() }
    let difference = try BitRuns.bits(bytes, at: bit, width: width, end: end)
    bit += width
    leftInMiniblock -= 1
    value = value &+ least &+ Int64(bitPattern: difference)
    return value
  }

  private mutating func begin() throws(ParquetFault) {
    if widths.isEmpty {
      var cursor = ByteCursor(bytes, at..<end)
      least = try cursor.zigzag()
      widths = try cursor.take(miniblocks)
      at = cursor.at
    }
    width = Int(widths.removeFirst())
    guard width <= 64 else { throw ParquetFault("values of \(width) bits") }
    bit = at * 8
    leftInMiniblock = perMiniblock
    at += min(perMiniblock / 8 * width, end - at)
  }

  /// All of them, as lengths of texts; and where the bytes behind them begin.
  mutating func lengths() throws(ParquetFault) -> [Int] {
    var lengths: [Int] = []
    for _ in 0..<count {
      let length = try next()
      guard length >= 0, length <= Int64(Int32.max) else {
        throw ParquetFault("a text of \(length) bytes")
      }
      lengths.append(Int(length))
    }
    return lengths
  }
}
