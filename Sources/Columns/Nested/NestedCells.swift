import Schemas

/// One nested value at a time, for cold paths: what a program gives and takes.
extension Column {
  /// The elements of the list in a row, as a column of their own. O(bytes of the list).
  package func elements(_ row: Int) -> Column {
    guard case .list(let element) = type else { return ColumnBuilder(type, capacity: 1).finish() }
    let list = NestedList(text(row), element: element.type)
    let builder = PartBuilder(element.type, rowCount: list.count, byteCapacity: text(row).count)
    for index in 0..<list.count { builder.append(list.element(index)) }
    return builder.finish()
  }

  /// The fields of the struct in a row, each as a column of one row. O(bytes of the struct).
  package func fields(_ row: Int) -> [Column] {
    guard case .structure(let fields) = type else { return [] }
    let layout = StructLayout(fields.map(\.type))
    let cell = text(row)
    return fields.indices.map { index in
      let value = layout.field(index, of: cell)
      let builder = PartBuilder(fields[index].type, rowCount: 1, byteCapacity: value?.count ?? 0)
      builder.append(value)
      return builder.finish()
    }
  }
}

extension ColumnBuilder {
  /// A list of the values of a column.
  package func append(elements: Column) {
    let cell = ByteBuffer(capacity: 64)
    NestedWriter.list(
      (0..<elements.rowCount).map { elements.element($0) }, of: elements.type, to: cell)
    append(text: cell.bytes)
  }

  /// A struct of the first values of these columns, one for each of its fields.
  package func append(fields: [Column]) {
    let cell = ByteBuffer(capacity: 64)
    let layout = StructLayout(fields.map(\.type))
    NestedWriter.structure(fields.map { $0.element(0) }, layout, to: cell)
    append(text: cell.bytes)
  }
}
