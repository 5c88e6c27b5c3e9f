import Columns
import Schemas

/// `list<T>`: the values of a list in their order.
extension Array: ColumnValue where Element: ColumnValue {
  public typealias Base = [Element]

  public static var cells: Cells<[Element]> {
    let inner = Element.cells
    return Cells(FieldType(.list(inner.type))) { column, row in
      let elements = column.elements(row)
      return (0..<elements.rowCount).map { place in inner.read(elements, place) }
    } append: { values, builder in
      guard case .list(let element) = builder.type else { return builder.appendNull() }
      let elements = ColumnBuilder(element.type, capacity: Swift.max(values.count, 1))
      for value in values { inner.append(value, elements) }
      builder.append(elements: elements.finish())
    } misfit: { values, type in
      guard case .list(let element) = type.type else { return nil }
      for (place, value) in values.enumerated() {
        if let problem = inner.misfit(value, element) { return "element \(place): \(problem)" }
      }
      return nil
    }
  }
}
