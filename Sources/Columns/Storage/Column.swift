package import Schemas

/// The values of one column of a batch: Arrow's layout, with a byte a row for validity and bools.
///
/// A column owns its memory and is immutable once it is part of a batch that was handed on; until
/// then its one owner may write through the pointers. Kernels hoist the pointers into local `let`s
/// before their loops.
///
/// Layouts by type:
/// - `bool`: `UInt8` 0 or 1 in `values`.
/// - `int`, `timestamp`, `date`, `duration`: `Int64`; `float`: `Double`; `decimal`: `Int128`
///   (unscaled), in `values`.
/// - `string`, `bytes`, `json`, lists, maps and structs: `offsets` (`rowCount + 1` entries) into
///   `bytes`.
/// - a dictionary column: a `UInt32` code a row in `values`, which is a row of `dictionary`.
///
/// The value under a null is defined (zero, empty text, code 0) but means nothing.
package final class Column: @unchecked Sendable {
  package let type: DataType
  package private(set) var rowCount: Int
  /// One byte a row, 1 for a value and 0 for null; nil where no row is null.
  package private(set) var validity: UnsafeMutablePointer<UInt8>?
  package let values: UnsafeMutableRawPointer
  /// Only of plain columns of text.
  package let offsets: UnsafeMutablePointer<UInt32>?
  package let bytes: UnsafeMutablePointer<UInt8>?
  /// The values that the codes stand for; nil for a plain column. Plain itself, without nulls.
  package let dictionary: Column?

  private let owned: [Memory]

  /// A column of fixed width, its values undefined.
  package init(fixed type: DataType, rowCount: Int, withValidity: Bool = false) {
    let values = Memory.allocate(rowCount * type.width)
    var owned = [values]
    if withValidity { owned.append(Memory.allocate(rowCount)) }
    self.type = type
    self.rowCount = rowCount
    self.values = values.base
    self.validity = withValidity ? owned[1].base.assumingMemoryBound(to: UInt8.self) : nil
    self.offsets = nil
    self.bytes = nil
    self.dictionary = nil
    self.owned = owned
  }

  /// A text column with room for `byteCount` bytes, its offsets and bytes undefined.
  package init(text type: DataType, rowCount: Int, byteCount: Int, withValidity: Bool = false) {
    TextLimit.check(byteCount)
    let offsets = Memory.allocate((rowCount + 1) * 4)
    let bytes = Memory.allocate(byteCount)
    var owned = [offsets, bytes]
    if withValidity { owned.append(Memory.allocate(rowCount)) }
    self.type = type
    self.rowCount = rowCount
    self.values = bytes.base
    self.validity = withValidity ? owned[2].base.assumingMemoryBound(to: UInt8.self) : nil
    self.offsets = offsets.base.assumingMemoryBound(to: UInt32.self)
    self.bytes = bytes.base.assumingMemoryBound(to: UInt8.self)
    self.dictionary = nil
    self.owned = owned
  }

  /// A dictionary column, its codes undefined.
  package init(dictionary: Column, rowCount: Int, withValidity: Bool = false) {
    let codes = Memory.allocate(rowCount * 4)
    var owned = [codes]
    if withValidity { owned.append(Memory.allocate(rowCount)) }
    self.type = dictionary.type
    self.rowCount = rowCount
    self.values = codes.base
    self.validity = withValidity ? owned[1].base.assumingMemoryBound(to: UInt8.self) : nil
    self.offsets = nil
    self.bytes = nil
    self.dictionary = dictionary
    self.owned = owned
  }

  /// Takes over memory that a builder has filled, `Memory.slack` bytes behind each end included.
  package init(
    type: DataType, rowCount: Int, validity: Memory?, values: Memory, offsets: Memory?
  ) {
    self.type = type
    self.rowCount = rowCount
    self.values = values.base
    self.validity = validity?.base.assumingMemoryBound(to: UInt8.self)
    self.offsets = offsets?.base.assumingMemoryBound(to: UInt32.self)
    self.bytes = offsets == nil ? nil : values.base.assumingMemoryBound(to: UInt8.self)
    self.dictionary = nil
    self.owned = [values] + [validity, offsets].compactMap { $0 }
  }

  deinit { for memory in owned { memory.free() } }

  /// Forgets the validity of a column none of whose rows turned out null. Only while the column
  /// has its one owner.
  package func dropValidity() { validity = nil }
}

extension Column {
  package var isDictionary: Bool { dictionary != nil }
  package var hasNulls: Bool { validity != nil }

  package var bools: UnsafeMutablePointer<UInt8> { values.assumingMemoryBound(to: UInt8.self) }
  /// Of `int`, `timestamp`, `date` and `duration`.
  package var ints: UnsafeMutablePointer<Int64> { values.assumingMemoryBound(to: Int64.self) }
  package var floats: UnsafeMutablePointer<Double> { values.assumingMemoryBound(to: Double.self) }
  /// Unscaled decimals.
  package var decimals: UnsafeMutablePointer<Int128> {
    values.assumingMemoryBound(to: Int128.self)
  }
  package var codes: UnsafeMutablePointer<UInt32> { values.assumingMemoryBound(to: UInt32.self) }

  /// Whether the row holds a value. For tests and cold paths.
  package func isValid(_ row: Int) -> Bool { validity.map { $0[row] != 0 } ?? true }

  /// The bytes of a text row, of plain and dictionary columns alike. Valid while the column lives.
  package func text(_ row: Int) -> UnsafeBufferPointer<UInt8> {
    if let dictionary { return dictionary.text(Int(codes[row])) }
    guard let offsets, let bytes else { return UnsafeBufferPointer(start: nil, count: 0) }
    let start = Int(offsets[row])
    return UnsafeBufferPointer(start: bytes + start, count: Int(offsets[row + 1]) - start)
  }
}

extension DataType {
  /// Bytes a row in `Column.values`; for text 1 (its bytes).
  package var width: Int {
    switch self {
    case .bool: 1
    case .int, .float, .timestamp, .date, .duration: 8
    case .decimal: 16
    default: 1
    }
  }

  /// Whether its values have no fixed width: text, and nested values (see `NestedLayout`).
  package var isText: Bool {
    switch self {
    case .string, .bytes, .json, .list, .map, .structure: true
    default: false
    }
  }
}
