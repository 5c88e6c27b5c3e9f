/// A value as it is stored.
enum StoredValue {
  case bool(Bool)
  case int(Int64)
  case float(Float)
  case double(Double)
  case bytes(ArraySlice<UInt8>)
}

/// The values of a page, one after the other, without its nulls.
protocol PageValues: AnyObject {
  func next() throws(ParquetFault) -> StoredValue
}

/// One behind the other.
final class PlainValues: PageValues {
  private var cursor: ByteCursor
  private let column: FileColumn
  /// Of bools: eight in a byte.
  private var bit = 0

  init(_ cursor: ByteCursor, _ column: FileColumn) {
    self.cursor = cursor
    self.column = column
  }

  func next() throws(ParquetFault) -> StoredValue {
    switch column.storage {
    case .bool:
      let value = try BitRuns.bits(
        cursor.bytes, at: cursor.at * 8 + bit, width: 1, end: cursor.end)
      bit += 1
      return .bool(value == 1)
    case .int32: return .int(Int64(try cursor.int32()))
    case .int64: return .int(try cursor.int64())
    case .float: return .float(Float(bitPattern: UInt32(bitPattern: try cursor.int32())))
    case .double: return .double(Double(bitPattern: UInt64(bitPattern: try cursor.int64())))
    case .bytes: return .bytes(try cursor.take(Int(try cursor.int32())))
    case .fixed: return .bytes(try cursor.take(column.length))
    case .int96: return .bytes(try cursor.take(12))
    }
  }
}

/// Places in a dictionary.
final class DictionaryValues: PageValues {
  private var runs: BitRuns
  private let dictionary: [StoredValue]

  init(_ cursor: ByteCursor, _ dictionary: [StoredValue]) throws(ParquetFault) {
    var cursor = cursor
    // A page of nothing but nulls may have no bytes.
    let width = cursor.left == 0 ? 0 : Int(try cursor.byte())
    guard width <= 32 else { throw ParquetFault("places of \(width) bits in its dictionary") }
    runs = BitRuns(cursor.bytes, cursor.at..<cursor.end, width: width)
    self.dictionary = dictionary
  }

  func next() throws(ParquetFault) -> StoredValue {
    let place = try runs.next()
    guard place < dictionary.count else {
      throw ParquetFault("entry \(place) of a dictionary that has \(dictionary.count)")
    }
    return dictionary[place]
  }
}

/// Bools in runs.
final class BoolRuns: PageValues {
  private var runs: BitRuns

  init(_ cursor: ByteCursor) throws(ParquetFault) {
    var cursor = cursor
    let size = cursor.left == 0 ? 0 : Int(try cursor.int32())
    guard size >= 0, size <= cursor.left else { throw .ended }
    runs = BitRuns(cursor.bytes, cursor.at..<(cursor.at + size), width: 1)
  }

  func next() throws(ParquetFault) -> StoredValue { .bool(try runs.next() == 1) }
}

final class DeltaValues: PageValues {
  private var deltas: DeltaInts
  private let isShort: Bool

  init(_ cursor: ByteCursor, _ column: FileColumn, limit: Int) throws(ParquetFault) {
    deltas = try DeltaInts(cursor.bytes, cursor.at..<cursor.end, limit: limit)
    isShort = column.storage == .int32
  }

  func next() throws(ParquetFault) -> StoredValue {
    let value = try deltas.next()
    return .int(isShort ? Int64(Int32(truncatingIfNeeded: value)) : value)
  }
}

/// Texts behind all of their lengths; each may begin with a part of the one before it.
final class DeltaTexts: PageValues {
  /// Values of such a page at most, since their lengths are kept.
  private static let most = 1 << 24

  private let lengths: [Int]
  /// How much each has of the one before it; none has any where there are none.
  private let shared: [Int]
  private var cursor: ByteCursor
  private var last: ArraySlice<UInt8> = []
  private var given = 0

  init(_ cursor: ByteCursor, sharesBeginnings: Bool, limit: Int) throws(ParquetFault) {
    guard limit <= Self.most else {
      throw ParquetFault("\(limit) values in one page; at most \(Self.most) are read")
    }
    var at = cursor.at
    func lengths() throws(ParquetFault) -> [Int] {
      var deltas = try DeltaInts(cursor.bytes, at..<cursor.end, limit: limit)
      let lengths = try deltas.lengths()
      at = deltas.at
      return lengths
    }
    shared = sharesBeginnings ? try lengths() : []
    self.lengths = try lengths()
    self.cursor = ByteCursor(cursor.bytes, at..<cursor.end)
  }

  func next() throws(ParquetFault) -> StoredValue {
    guard given < lengths.count, shared.isEmpty || given < shared.count else { throw .ended }
    defer { given += 1 }
    let own = try cursor.take(lengths[given])
    let beginning = shared.isEmpty ? 0 : shared[given]
    guard beginning <= last.count else {
      throw ParquetFault("a text that begins with \(beginning) bytes of one of \(last.count)")
    }
    last = beginning == 0 ? own : last.prefix(beginning) + own
    return .bytes(last)
  }
}

/// First bytes of all values, then their second ones, and so on.
final class SplitValues: PageValues {
  private let cursor: ByteCursor
  private let column: FileColumn
  private let width: Int
  private let count: Int
  private var given = 0

  init(_ cursor: ByteCursor, _ column: FileColumn) throws(ParquetFault) {
    switch column.storage {
    case .int32, .float: width = 4
    case .int64, .double: width = 8
    case .fixed: width = column.length
    default: throw ParquetFault("its values are split, which values of their type can't be")
    }
    self.cursor = cursor
    self.column = column
    count = cursor.left / width
  }

  func next() throws(ParquetFault) -> StoredValue {
    guard given < count else { throw .ended }
    let bytes = (0..<width).map { cursor.bytes[cursor.at + $0 * count + given] }
    given += 1
    return try PlainValues(ByteCursor(bytes, 0..<width), column).next()
  }
}
