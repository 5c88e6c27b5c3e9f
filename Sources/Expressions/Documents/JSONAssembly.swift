import Columns

/// `json_object` and `json_array`: values that are JSON already, put together.
struct JSONAssembly: TextFunction {
  /// Of each value its name, in quotes and with the colon; nothing of an array.
  private let heads: [ByteBuffer]
  private let isObject: Bool
  private var texts: [(reader: TextReader, validity: UnsafePointer<UInt8>?)] = []

  init(isObject: Bool, names: [[UInt8]]) {
    self.isObject = isObject
    heads = names.map { name in
      let head = ByteBuffer(capacity: name.count + 16)
      _ = name.withUnsafeBufferPointer { JSONString.quote($0, to: head) }
      head.append(UInt8(ascii: ":"))
      return head
    }
  }

  mutating func prepare(_ arguments: [Column]) {
    texts = arguments.compactMap { column in
      TextReader(column).map { ($0, column.validity.map { UnsafePointer($0) }) }
    }
  }

  func write(_ row: Int, to buffer: ByteBuffer, _ frame: Frame) -> Bool {
    buffer.append(UInt8(ascii: isObject ? "{" : "["))
    var isFirst = true
    for (place, text) in texts.enumerated() {
      let isNull = text.validity.map { $0[row] == 0 } ?? false
      if isNull, !isObject { continue }
      if !isFirst { buffer.append(UInt8(ascii: ",")) }
      if isObject { buffer.append(heads[place].bytes) }
      if isNull { buffer.append("null") } else { buffer.append(text.reader[row]) }
      isFirst = false
    }
    buffer.append(UInt8(ascii: isObject ? "}" : "]"))
    return true
  }
}
