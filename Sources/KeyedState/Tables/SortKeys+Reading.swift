import Columns
import Schemas

extension SortKeys {
  /// Appends the values of a key to the builders of its parts' columns.
  func read(
    _ bytes: UnsafeBufferPointer<UInt8>, into builders: [ColumnBuilder], _ text: ByteBuffer
  ) {
    var at = 0
    for part in parts {
      let builder = builders[part.column]
      let flip: UInt8 = part.isDescending ? 0xFF : 0
      guard at < bytes.count, bytes[at] ^ flip != 0 else {
        builder.appendNull()
        at += 1
        continue
      }
      at += 1
      if builder.type.isText {
        at = Self.read(bytes, at, flip, to: text)
        builder.append(text: text.bytes)
      } else {
        guard at + builder.type.width <= bytes.count, let base = bytes.baseAddress else { return }
        Self.read(UnsafeRawPointer(base + at), part.isDescending, to: builder)
        at += builder.type.width
      }
    }
  }

  private static func read(
    _ raw: UnsafeRawPointer, _ isDescending: Bool, to builder: ColumnBuilder
  ) {
    func word() -> Int64 {
      let word = UInt64(bigEndian: raw.loadUnaligned(as: UInt64.self))
      return Int64(bitPattern: (isDescending ? ~word : word) ^ (1 << 63))
    }
    switch builder.type {
    case .bool: builder.append(bool: raw.load(as: UInt8.self) & 1 == (isDescending ? 0 : 1))
    case .float: builder.append(float: floatOfOrdered(word()))
    case .decimal:
      let word = UInt128(bigEndian: raw.loadUnaligned(as: UInt128.self))
      builder.append(decimal: Int128(bitPattern: (isDescending ? ~word : word) ^ (1 << 127)))
    default: builder.append(int: word())
    }
  }

  /// A text that begins at a place; where it ends.
  private static func read(
    _ bytes: UnsafeBufferPointer<UInt8>, _ start: Int, _ flip: UInt8, to text: ByteBuffer
  ) -> Int {
    text.removeAll()
    var at = start
    while at < bytes.count {
      let byte = bytes[at] ^ flip
      at += 1
      if byte == 0 {
        guard at < bytes.count, bytes[at] ^ flip != 0 else { return at + 1 }
        at += 1
      }
      text.append(byte)
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
