import Columns
import Schemas

/// Maps and the lists that they are made of.
struct MapParts {
  private let value: DataType
  private let entry: StructLayout

  init(_ map: DataType) {
    if case .map(let value) = map { self.value = value.type } else { value = .unknown }
    entry = StructLayout([.string, value])
  }

  /// One of the two lists of a map.
  static func copy(
    _ list: UnsafeBufferPointer<UInt8>, of element: DataType, to buffer: ByteBuffer
  ) -> Bool {
    if list.isEmpty {
      NestedWriter.list([], of: element, to: buffer)
    } else {
      buffer.append(list)
    }
    return true
  }

  /// A list of structs `key`, `value`.
  func entries(_ arguments: NestedArguments, _ row: Int, to buffer: ByteBuffer) -> Bool {
    let map = arguments.map(0, row)
    let type = DataType.structure([Field("key", .string), Field("value", value)])
    let writer = SlotWriter(list: type, count: map.count, hasNulls: false, to: buffer)
    for index in 0..<map.count {
      let start = buffer.count
      NestedWriter.structure([map.keys[index], map.values.element(index)], entry, to: buffer)
      writer.close(element: index, from: start)
    }
    return true
  }

  static func union(_ arguments: NestedArguments, _ row: Int, to buffer: ByteBuffer) -> Bool {
    var entries: [(key: UnsafeBufferPointer<UInt8>, value: Element)] = []
    for argument in 0..<arguments.count {
      let map = arguments.map(argument, row)
      for index in 0..<map.count {
        entries.append((map.keys[index], map.values.element(index)))
      }
    }
    NestedWriter.map(entries, of: arguments.elementType(0), to: buffer)
    return true
  }

  /// A map of a list of keys and one of their values.
  static func pair(
    _ arguments: NestedArguments, _ row: Int, to buffer: ByteBuffer, _ frame: Frame
  ) -> Bool {
    let keys = arguments.list(0, row)
    let values = arguments.list(1, row)
    guard keys.count == values.count else {
      frame.fail(row, .unequalLengths(keys: keys.count, values: values.count))
      return false
    }
    let entries = (0..<keys.count).map { (key: keys[$0], value: values.element($0)) }
    NestedWriter.map(entries, of: arguments.elementType(1), to: buffer)
    return true
  }
}
