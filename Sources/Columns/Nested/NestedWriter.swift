package import Schemas

/// Writes the slots of a list or struct where they stand in the buffer, and values of no fixed
/// width behind them. Values come in order: so the data has no gaps.
package struct SlotWriter {
  private let buffer: ByteBuffer
  /// Where the cell's validity begins, if it has one, and its data.
  private let validity: Int?
  private let data: Int

  /// Room for a list of so many elements; `hasNulls`: one of them is null.
  package init(list element: DataType, count: Int, hasNulls: Bool, to buffer: ByteBuffer) {
    let masked = hasNulls ? count : 0
    let size = NestedLayout.listHead + masked + count * element.slotWidth
    self.buffer = buffer
    let start = buffer.count
    let target = buffer.reserve(size)
    (target + NestedLayout.listHead).initialize(
      repeating: 0, count: size - NestedLayout.listHead)
    NestedLayout.store(count, target, 0)
    NestedLayout.store(hasNulls ? 1 : 0, target, 4)
    buffer.commit(size)
    validity = hasNulls ? start + NestedLayout.listHead : nil
    slots = start + NestedLayout.listHead + masked
    data = start + size
  }

  /// Where the first slot of a list begins.
  private let slots: Int

  /// Room for a struct, all of whose fields are null for now.
  package init(_ layout: StructLayout, to buffer: ByteBuffer) {
    self.buffer = buffer
    validity = buffer.count
    slots = buffer.count
    data = buffer.count + layout.size
    buffer.reserve(layout.size).initialize(repeating: 0, count: layout.size)
    buffer.commit(layout.size)
  }

  /// The element of a list: nil for a null, which the list was told of.
  @inline(__always)
  package func put(_ index: Int, _ value: UnsafeBufferPointer<UInt8>?, _ type: DataType) {
    guard let value else { return }
    put(index, slot: slots + index &* type.slotWidth, value, type)
  }

  /// The field of a struct; nil for a null.
  package func put(
    field index: Int, _ value: UnsafeBufferPointer<UInt8>?, _ layout: StructLayout
  ) {
    guard let value else { return }
    put(index, slot: slots + layout.slots[index], value, layout.fields[index])
  }

  @inline(__always)
  private func put(
    _ index: Int, slot: Int, _ value: UnsafeBufferPointer<UInt8>, _ type: DataType
  ) {
    if let validity { buffer.base[validity + index] = 1 }
    if type.isText {
      let start = buffer.count
      buffer.append(value)
      close(slot, from: start)
    } else if let base = value.baseAddress {
      let target = UnsafeMutableRawPointer(buffer.base + slot)
      if type == .float {
        let number = UnsafeRawPointer(base).loadUnaligned(as: Double.self)
        target.storeBytes(of: KeyHasher.canonicalBits(number), as: UInt64.self)
      } else {
        target.copyMemory(from: base, byteCount: type.width)
      }
    }
  }

  /// Says that what was appended to the buffer since `start` is the element; of no fixed width.
  package func close(element index: Int, from start: Int) {
    if let validity { buffer.base[validity + index] = 1 }
    close(slots + index * 8, from: start)
  }

  /// The same of a field.
  package func close(field index: Int, from start: Int, _ layout: StructLayout) {
    buffer.base[slots + index] = 1
    close(slots + layout.slots[index], from: start)
  }

  private func close(_ slot: Int, from start: Int) {
    NestedLayout.store(start - data, buffer.base, slot)
    NestedLayout.store(buffer.count - start, buffer.base, slot + 4)
  }
}

/// Whole nested values from the bytes of their parts, which must not lie in the buffer itself.
package enum NestedWriter {
  package typealias Element = UnsafeBufferPointer<UInt8>?

  package static func list(_ elements: [Element], of type: DataType, to buffer: ByteBuffer) {
    let writer = SlotWriter(
      list: type, count: elements.count, hasNulls: elements.contains { $0 == nil }, to: buffer)
    for (index, element) in elements.enumerated() { writer.put(index, element, type) }
  }

  package static func structure(
    _ fields: [Element], _ layout: StructLayout, to buffer: ByteBuffer
  ) {
    let writer = SlotWriter(layout, to: buffer)
    for (index, field) in fields.enumerated() { writer.put(field: index, field, layout) }
  }

  /// Of equal keys the last wins.
  package static func map(
    _ entries: [(key: UnsafeBufferPointer<UInt8>, value: Element)], of type: DataType,
    to buffer: ByteBuffer
  ) {
    // Not by `sort` alone, which promises no order of equals.
    let order = entries.indices.sorted { a, b in
      let order = TextOrder.order(entries[a].key, entries[b].key)
      return order == 0 ? a < b : order < 0
    }
    var kept: [Int] = []
    for index in order {
      if let last = kept.last, TextOrder.areEqual(entries[last].key, entries[index].key) {
        kept[kept.count - 1] = index
      } else {
        kept.append(index)
      }
    }
    map(keys: kept.map { entries[$0].key }, values: kept.map { entries[$0].value }, type, buffer)
  }

  /// Keys that ascend, each once.
  private static func map(
    keys: [Element], values: [Element], _ type: DataType, _ buffer: ByteBuffer
  ) {
    let start = buffer.count
    NestedLayout.store(0, buffer.reserve(4), 0)
    buffer.commit(4)
    list(keys, of: .string, to: buffer)
    NestedLayout.store(buffer.count - start - 4, buffer.base, start)
    list(values, of: type, to: buffer)
  }
}
