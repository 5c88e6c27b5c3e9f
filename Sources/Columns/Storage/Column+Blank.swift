package import Schemas

extension Column {
  /// A column of zeros, empty texts or, where it may, nulls.
  package static func blank(_ field: Field, _ count: Int) -> Column {
    let builder = ColumnBuilder(field.type, capacity: count)
    for _ in 0..<count {
      if field.isNullable {
        builder.appendNull()
      } else if field.type.isText {
        builder.append(string: "")
      } else {
        switch field.type {
        case .bool: builder.append(bool: false)
        case .float: builder.append(float: 0)
        case .decimal: builder.append(decimal: 0)
        default: builder.append(int: 0)
        }
      }
    }
    return builder.finish()
  }
}
