package import Columns
package import Plans
package import Schemas

/// Makes a value of a plan a column of one row.
package enum LiteralColumn {
  package static func make(
    _ literal: Literal, _ type: DataType
  ) throws(BindingError) -> Column {
    try Constant(literal, type).value
  }
}
