package import Schemas

/// Whether bytes are a value of a nested type as `NestedLayout` writes it.
package enum NestedCheck {
  /// O(size of the value). Depth is the type's, which a definition bounds.
  package static func isSound(_ cell: UnsafeBufferPointer<UInt8>, _ type: DataType) -> Bool {
    // As nulls and rows without a value have it.
    if cell.isEmpty { return true }
    let copy = NestedCopy(limit: cell.count)
    return copy.rewrite(cell, type) && TextOrder.areEqual(copy.buffer.bytes, cell)
  }
}

/// Writes what a reader sees of a cell: the same bytes, unless something is wrong with them. Parts
/// that share bytes could make it endless, so it stops behind `limit`.
private struct NestedCopy {
  let limit: Int
  let buffer: ByteBuffer

  init(limit: Int) {
    self.limit = limit
    buffer = ByteBuffer(capacity: limit)
  }

  func rewrite(_ cell: UnsafeBufferPointer<UInt8>, _ type: DataType) -> Bool {
    guard buffer.count <= limit else { return false }
    switch type {
    case .list(let element):
      return rewrite(NestedList(cell, element: element.type), element)
    case .map(let value):
      guard cell.count >= 4 else { return false }
      let map = NestedMap(cell, value: value.type)
      guard map.keys.count == map.values.count, !map.keys.hasNulls else { return false }
      for index in 0..<max(map.count - 1, 0)
      where TextOrder.order(map.keys[index], map.keys[index + 1]) >= 0 { return false }
      let start = buffer.count
      NestedLayout.store(map.keyCell.count, buffer.reserve(4), 0)
      buffer.commit(4)
      guard rewrite(map.keys, FieldType(.string)) else { return false }
      guard buffer.count - start - 4 == map.keyCell.count else { return false }
      return rewrite(map.values, value)
    case .structure(let fields):
      let layout = StructLayout(fields.map(\.type))
      guard cell.count >= layout.size else { return false }
      return rewrite(cell, fields, layout)
    default: return false
    }
  }

  private func rewrite(_ list: NestedList, _ element: FieldType) -> Bool {
    var hasNulls = false
    for index in 0..<list.count where !list.isValid(index) { hasNulls = true }
    let writer = SlotWriter(
      list: element.type, count: list.count, hasNulls: hasNulls, to: buffer)
    for index in 0..<list.count {
      guard let value = list.element(index) else { continue }
      if element.type.isNested {
        let start = buffer.count
        guard rewrite(value, element.type) else { return false }
        writer.close(element: index, from: start)
      } else {
        guard isSound(value, element.type), buffer.count <= limit else { return false }
        writer.put(index, value, element.type)
      }
    }
    return true
  }

  private func rewrite(
    _ cell: UnsafeBufferPointer<UInt8>, _ fields: [Field], _ layout: StructLayout
  ) -> Bool {
    let writer = SlotWriter(layout, to: buffer)
    for (index, field) in fields.enumerated() {
      guard let value = layout.field(index, of: cell) else { continue }
      if field.type.isNested {
        let start = buffer.count
        guard rewrite(value, field.type) else { return false }
        writer.close(field: index, from: start, layout)
      } else {
        guard isSound(value, field.type), buffer.count <= limit else { return false }
        writer.put(field: index, value, layout)
      }
    }
    return true
  }

  private func isSound(_ value: UnsafeBufferPointer<UInt8>, _ type: DataType) -> Bool {
    type == .bool ? value.first ?? 2 <= 1 : true
  }
}
