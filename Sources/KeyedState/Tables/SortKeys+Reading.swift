import Columns
import Glibc
import Schemas

/// Rows out of their keys, part by part: a type is looked at once, and not for each row.
extension SortKeys {
  /// The columns that the parts of all keys make; `types` are of the batch's columns, each of which
  /// is a part. O(bytes).
  func columns(_ rows: [UnsafeBufferPointer<UInt8>], _ types: [DataType]) -> [Column] {
    var columns = [Column?](repeating: nil, count: types.count)
    withUnsafeTemporaryAllocation(of: UnsafeRawPointer.self, capacity: rows.count) { cursors in
      for (row, bytes) in rows.enumerated() {
        // What is kept lies in an arena: it has an address, whatever its length.
        guard let base = bytes.baseAddress else { preconditionFailure("each key has a tag a part") }
        cursors.initializeElement(at: row, to: UnsafeRawPointer(base))
      }
      for part in parts {
        let type = types[part.column]
        columns[part.column] =
          type.isText
          ? Self.texts(type, rows, cursors, flip: part.isDescending ? 0xFF : 0)
          : Self.values(type, cursors, part.isDescending)
      }
    }
    return columns.compactMap(\.self)
  }

  private static func values(
    _ type: DataType, _ cursors: UnsafeMutableBufferPointer<UnsafeRawPointer>,
    _ isDescending: Bool
  ) -> Column {
    let column = blank(type, cursors, flip: isDescending ? 0xFF : 0)
    let (values, validity, width) = (column.values, column.validity, type.width)
    switch type {
    case .bool:
      let truth: UInt8 = isDescending ? 0 : 1
      each(cursors, validity, width) { row, at in
        let value: UInt8 = at.load(as: UInt8.self) & 1 == truth ? 1 : 0
        values.storeBytes(of: value, toByteOffset: row, as: UInt8.self)
      }
    case .float:
      each(cursors, validity, width) { row, at in
        let value = floatOfOrdered(word(at, isDescending))
        values.storeBytes(of: value, toByteOffset: row * 8, as: Double.self)
      }
    case .decimal:
      each(cursors, validity, width) { row, at in
        let word = UInt128(bigEndian: at.loadUnaligned(as: UInt128.self))
        let value = Int128(bitPattern: (isDescending ? ~word : word) ^ (1 << 127))
        values.storeBytes(of: value, toByteOffset: row * 16, as: Int128.self)
      }
    default:
      each(cursors, validity, width) { row, at in
        values.storeBytes(of: word(at, isDescending), toByteOffset: row * 8, as: Int64.self)
      }
    }
    return column
  }

  /// A column of zeros in which those rows are null whose part is.
  private static func blank(
    _ type: DataType, _ cursors: UnsafeMutableBufferPointer<UnsafeRawPointer>, flip: UInt8
  ) -> Column {
    var missing = 0
    for at in cursors { missing &+= at.load(as: UInt8.self) == flip ? 1 : 0 }
    let count = cursors.count
    let column = Column(fixed: type, rowCount: count, withValidity: missing > 0)
    guard let validity = column.validity else { return column }
    memset(column.values, 0, count * type.width)
    for row in 0..<count { validity[row] = cursors[row].load(as: UInt8.self) == flip ? 0 : 1 }
    return column
  }

  /// Calls for each row that is not null with where its value lies; moves the cursors behind it.
  @inline(__always)
  private static func each(
    _ cursors: UnsafeMutableBufferPointer<UnsafeRawPointer>,
    _ validity: UnsafeMutablePointer<UInt8>?, _ width: Int,
    _ body: (Int, UnsafeRawPointer) -> Void
  ) {
    for row in 0..<cursors.count {
      let at = cursors[row] + 1
      if let validity, validity[row] == 0 {
        cursors[row] = at
      } else {
        body(row, at)
        cursors[row] = at + width
      }
    }
  }

  @inline(__always)
  private static func word(_ raw: UnsafeRawPointer, _ isDescending: Bool) -> Int64 {
    let word = UInt64(bigEndian: raw.loadUnaligned(as: UInt64.self))
    return Int64(bitPattern: (isDescending ? ~word : word) ^ (1 << 63))
  }

  private static func texts(
    _ type: DataType, _ rows: [UnsafeBufferPointer<UInt8>],
    _ cursors: UnsafeMutableBufferPointer<UnsafeRawPointer>, flip: UInt8
  ) -> Column {
    let count = cursors.count
    let (text, offsets) = (ByteBuffer(capacity: 16 * count), Memory.allocate((count + 1) * 4))
    var validity: Memory?
    offsets.base.storeBytes(of: 0, as: UInt32.self)
    for row in 0..<count {
      let at = cursors[row]
      if at.load(as: UInt8.self) == flip {
        let nulls = validity ?? .allocate(count)
        if validity == nil { memset(nulls.base, 1, count) }
        validity = nulls
        nulls.base.storeBytes(of: 0, toByteOffset: row, as: UInt8.self)
        cursors[row] = at + 1
      } else if let base = rows[row].baseAddress {
        cursors[row] = read(at + 1, UnsafeRawPointer(base + rows[row].count), flip, to: text)
      }
      TextLimit.check(text.count)
      let end = UInt32(truncatingIfNeeded: text.count)
      offsets.base.storeBytes(of: end, toByteOffset: (row + 1) * 4, as: UInt32.self)
    }
    return Column(
      type: type, rowCount: count, validity: validity, values: text.take(), offsets: offsets)
  }

  /// Appends a text that begins at a place; where it ends.
  private static func read(
    _ start: UnsafeRawPointer, _ end: UnsafeRawPointer, _ flip: UInt8, to text: ByteBuffer
  ) -> UnsafeRawPointer {
    var at = start
    while at < end {
      // A zero, which ends the text or has another byte behind it that says it does not.
      let zero = memchr(at, Int32(flip), end - at).map { UnsafeRawPointer($0) } ?? end
      let count = zero - at
      let target = text.reserve(count)
      UnsafeMutableRawPointer(target).copyMemory(from: at, byteCount: count)
      if flip != 0 { for place in 0..<count { target[place] ^= flip } }
      text.commit(count)
      at = zero + 1
      guard at < end, at.load(as: UInt8.self) != flip else { return at + 1 }
      text.append(0)
      at += 1
    }
    return at
  }

  /// How many bytes of a key its first parts are; `types` are of the batch's columns.
  func length(
    ofParts count: Int, in bytes: UnsafeBufferPointer<UInt8>, _ types: [DataType]
  ) -> Int {
    var at = 0
    for part in parts.prefix(count) where at < bytes.count {
      let flip: UInt8 = part.isDescending ? 0xFF : 0
      let isNull = bytes[at] ^ flip == 0
      at += 1
      if isNull { continue }
      let type = types[part.column]
      guard type.isText else {
        at += type.width
        continue
      }
      while at + 1 < bytes.count, !(bytes[at] == flip && bytes[at + 1] == flip) {
        at += bytes[at] == flip ? 2 : 1
      }
      at += 2
    }
    return min(at, bytes.count)
  }
}
