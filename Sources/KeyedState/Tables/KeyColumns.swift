import Columns
import Schemas

/// Keys out of their bytes, column by column: a type is looked at once, and not for each key.
extension KeyCodec {
  /// Where a key lies; nil stands for a null text.
  typealias Place = (bytes: UnsafePointer<UInt8>?, length: Int)

  /// The columns of `count` keys, of which `place` says where each lies. O(bytes).
  func columns(_ count: Int, _ place: (Int) -> Place) -> [Column] {
    if isText { return [Self.texts(types[0], count, place)] }
    return withUnsafeTemporaryAllocation(of: UnsafeRawPointer.self, capacity: count) { cursors in
      for row in 0..<count {
        // Keys of several columns, or of none, have their nulls in their bytes (`bytes(of:)` hands
        // out a validity for a single text alone), and a table's bytes have an address.
        guard let bytes = place(row).bytes else {
          preconditionFailure("only a key of a single text has no bytes")
        }
        cursors.initializeElement(at: row, to: UnsafeRawPointer(bytes))
      }
      return types.map { type in
        if type.isText { return Self.texts(type, cursors) }
        switch type.width {
        case 1: return Self.words(type, UInt8.self, cursors)
        case 8: return Self.words(type, UInt64.self, cursors)
        default: return Self.words(type, UInt128.self, cursors)
        }
      }
    }
  }

  private static func texts(_ type: DataType, _ count: Int, _ place: (Int) -> Place) -> Column {
    var (size, missing) = (0, 0)
    for row in 0..<count {
      let (bytes, length) = place(row)
      size &+= bytes == nil ? 0 : length
      missing &+= bytes == nil ? 1 : 0
    }
    let writer = TextWriter(type, count, size, withValidity: missing > 0)
    for row in 0..<count {
      let (bytes, length) = place(row)
      writer.write(row, bytes.map { UnsafeRawPointer($0) }, length)
    }
    return writer.column
  }

  /// Reads a text at each cursor, and moves the cursors behind it.
  private static func texts(
    _ type: DataType, _ cursors: UnsafeMutableBufferPointer<UnsafeRawPointer>
  ) -> Column {
    var (size, missing) = (0, 0)
    for at in cursors {
      let isNull = at.load(as: UInt8.self) == 0
      missing &+= isNull ? 1 : 0
      size &+= isNull ? 0 : Int((at + 1).loadUnaligned(as: UInt32.self))
    }
    let writer = TextWriter(type, cursors.count, size, withValidity: missing > 0)
    for row in 0..<cursors.count {
      let at = cursors[row]
      if at.load(as: UInt8.self) == 0 {
        writer.write(row, nil, 0)
        cursors[row] = at + 1
      } else {
        let length = Int((at + 1).loadUnaligned(as: UInt32.self))
        writer.write(row, at + 5, length)
        cursors[row] = at + 5 + length
      }
    }
    return writer.column
  }

  /// Reads a value of a fixed width at each cursor, and moves the cursors behind it.
  private static func words<Word: FixedWidthInteger>(
    _ type: DataType, _: Word.Type, _ cursors: UnsafeMutableBufferPointer<UnsafeRawPointer>
  ) -> Column {
    var missing = 0
    for at in cursors { missing &+= at.load(as: UInt8.self) == 0 ? 1 : 0 }
    let column = Column(fixed: type, rowCount: cursors.count, withValidity: missing > 0)
    let (values, validity) = (column.values, column.validity)
    let width = MemoryLayout<Word>.size
    for row in 0..<cursors.count {
      let at = cursors[row]
      let isNull = at.load(as: UInt8.self) == 0
      let value = isNull ? 0 : (at + 1).loadUnaligned(as: Word.self)
      values.storeBytes(of: value, toByteOffset: row * width, as: Word.self)
      validity?[row] = isNull ? 0 : 1
      cursors[row] = at + (isNull ? 1 : 1 + width)
    }
    return column
  }
}

/// Writes texts of known size one behind the other.
private struct TextWriter {
  let column: Column
  private let offsets: UnsafeMutablePointer<UInt32>?
  private let bytes: UnsafeMutablePointer<UInt8>?

  init(_ type: DataType, _ count: Int, _ size: Int, withValidity: Bool) {
    column = Column(text: type, rowCount: count, byteCount: size, withValidity: withValidity)
    offsets = column.offsets
    bytes = column.bytes
    offsets?[0] = 0
  }

  /// Rows come in order; nil is null.
  @inline(__always)
  func write(_ row: Int, _ source: UnsafeRawPointer?, _ length: Int) {
    guard let offsets, let bytes else { return }
    let start = offsets[row]
    if let source, length > 0 {
      UnsafeMutableRawPointer(bytes + Int(start)).copyMemory(from: source, byteCount: length)
    }
    offsets[row + 1] = start &+ UInt32(truncatingIfNeeded: source == nil ? 0 : length)
    column.validity?[row] = source == nil ? 0 : 1
  }
}
