import Columns
import Schemas

/// How the keys of a batch lie in memory as bytes: row i from `starts[i]` to `ends[i]`.
struct KeyBytes {
  let base: UnsafePointer<UInt8>
  let starts: UnsafePointer<UInt32>
  let ends: UnsafePointer<UInt32>
  /// Where a zero says that the key is null; only of a single text column.
  let validity: UnsafePointer<UInt8>?
}

/// Turns key columns into bytes, equal exactly where keys are equal, and back.
///
/// A single text column is taken as it lies. Anything else is encoded column by column: a tag byte
/// (0 for null), then the value in little endian, or a 32-bit length and the bytes. Zeros and NaNs
/// of floats become one each, as the key hash does it.
struct KeyCodec {
  let types: [DataType]

  init(_ types: [DataType]) { self.types = types }

  var isText: Bool { types.count == 1 && types[0].isText }

  /// The bytes of the rows in `list`. They live in `scratch`, or in the column.
  func bytes(
    of columns: [Column], _ list: RowList, rowCount: Int, scratch: KeyScratch
  ) -> KeyBytes {
    if isText, let offsets = columns[0].offsets, let bytes = columns[0].bytes {
      return KeyBytes(
        base: UnsafePointer(bytes), starts: UnsafePointer(offsets),
        ends: UnsafePointer(offsets + 1), validity: UnsafePointer(columns[0].validity))
    }
    let (keys, base, ends) = scratch.lay(columns, list, rowCount: rowCount) { 5 &+ $0 }
    for column in columns { write(column, list, base, ends) }
    return keys
  }

  /// Writes one column's part of each key at the row's end, and moves the end.
  private func write(
    _ column: Column, _ list: RowList, _ base: UnsafeMutablePointer<UInt8>,
    _ ends: UnsafeMutablePointer<UInt32>
  ) {
    guard !column.type.isText else {
      let texts = TextPlaces(column)
      return each(list, column.validity, base, ends) { row, target in
        let text = texts[row]
        target.storeBytes(of: UInt32(truncatingIfNeeded: text.count), as: UInt32.self)
        if let start = text.baseAddress, text.count > 0 {
          (target + 4).copyMemory(from: start, byteCount: text.count)
        }
        return 4 &+ text.count
      }
    }
    let values = UnsafeRawPointer((column.dictionary ?? column).values)
    let codes = column.isDictionary ? UnsafePointer(column.codes) : nil
    let width = column.type.width
    let isFloat = column.type == .float
    each(list, column.validity, base, ends) { row, target in
      let at = values + (codes.map { Int($0[row]) } ?? row) &* width
      if width == 8 {
        target.storeBytes(of: at.loadUnaligned(as: UInt64.self), as: UInt64.self)
      } else {
        target.copyMemory(from: at, byteCount: width)
      }
      if isFloat { Self.normalize(target) }
      return width
    }
  }

  /// Calls for each row that is not null with where its value goes, behind the tag; `body` says how
  /// many bytes that is.
  @inline(__always)
  private func each(
    _ list: RowList, _ validity: UnsafeMutablePointer<UInt8>?,
    _ base: UnsafeMutablePointer<UInt8>, _ ends: UnsafeMutablePointer<UInt32>,
    _ body: (Int, UnsafeMutableRawPointer) -> Int
  ) {
    for i in 0..<list.count {
      let row = Int(list.rows[i])
      let target = UnsafeMutableRawPointer(base + Int(ends[row]))
      let isNull = validity.map { $0[row] == 0 } ?? false
      target.storeBytes(of: isNull ? 0 : 1, as: UInt8.self)
      let width = isNull ? 0 : body(row, target + 1)
      ends[row] &+= UInt32(truncatingIfNeeded: 1 &+ width)
    }
  }

  private static func normalize(_ address: UnsafeMutableRawPointer) {
    let value = address.loadUnaligned(as: Double.self)
    if value == 0 { address.storeBytes(of: 0.0, as: Double.self) }
    if value.isNaN { address.storeBytes(of: Double.nan, as: Double.self) }
  }
}

/// Where the texts of a column lie: the column is looked at once, and not for each row. Good while
/// the column lives.
struct TextPlaces {
  private let offsets: UnsafePointer<UInt32>?
  private let bytes: UnsafePointer<UInt8>?
  private let codes: UnsafePointer<UInt32>?

  init(_ column: Column) {
    let source = column.dictionary ?? column
    offsets = UnsafePointer(source.offsets)
    bytes = UnsafePointer(source.bytes)
    codes = column.isDictionary ? UnsafePointer(column.codes) : nil
  }

  @inline(__always)
  subscript(row: Int) -> UnsafeBufferPointer<UInt8> {
    guard let offsets, let bytes else { return UnsafeBufferPointer(start: nil, count: 0) }
    let at = codes.map { Int($0[row]) } ?? row
    let start = offsets[at]
    return UnsafeBufferPointer(start: bytes + Int(start), count: Int(offsets[at &+ 1] &- start))
  }
}

/// Where a codec puts the keys of one batch.
final class KeyScratch {
  var starts = Scratch<UInt32>()
  var ends = Scratch<UInt32>()
  var bytes = Scratch<UInt8>(1 << 16)

  /// Room for the keys of the rows in `list`, which all end where they begin. A column takes a byte
  /// more than its values are wide, one of text as many as `textWidth` makes of a text's bytes.
  /// Column by column: nothing is looked up for each row.
  func lay(
    _ columns: [Column], _ list: RowList, rowCount: Int, textWidth: (Int) -> Int
  ) -> (KeyBytes, base: UnsafeMutablePointer<UInt8>, ends: UnsafeMutablePointer<UInt32>) {
    let starts = starts.reserve(rowCount + 1)
    let ends = ends.reserve(rowCount + 1)
    let fixed = columns.reduce(0) { $0 + ($1.type.isText ? 0 : 1 + $1.type.width) }
    for i in 0..<list.count { ends[Int(list.rows[i])] = UInt32(truncatingIfNeeded: fixed) }
    var room = fixed * list.count
    for column in columns where column.type.isText {
      let texts = TextPlaces(column)
      for i in 0..<list.count {
        let row = Int(list.rows[i])
        let width = textWidth(texts[row].count)
        ends[row] &+= UInt32(truncatingIfNeeded: width)
        room += width
      }
    }
    TextLimit.check(room)
    var total: UInt32 = 0
    for i in 0..<list.count {
      let row = Int(list.rows[i])
      let width = ends[row]
      starts[row] = total
      ends[row] = total
      total &+= width
    }
    let base = bytes.reserve(room + Memory.slack)
    let keys = KeyBytes(
      base: UnsafePointer(base), starts: UnsafePointer(starts), ends: UnsafePointer(ends),
      validity: nil)
    return (keys, base, ends)
  }
}
