import Columns
import Expressions
import Plans
import Schemas
import TestKit

/// Expressions written short, for tests.
func column(_ name: String, _ type: DataType, nullable: Bool = true) -> Expression {
  Expression(.column(name), FieldType(type, nullable: nullable))
}

func literal(_ value: Int64) -> Expression { .literal(.int(value), .int) }
func literal(_ value: String) -> Expression { .literal(.string(value), .string) }
func float(_ value: Double) -> Expression { .literal(.float(value), .float) }

func call(_ name: String, _ result: DataType, _ operands: Expression...) -> Expression {
  Expression(.call(name, operands), FieldType(result, nullable: true))
}

func cast(_ operand: Expression, _ type: DataType, try isTry: Bool = false) -> Expression {
  Expression(.cast(operand, isTry: isTry), FieldType(type, nullable: true))
}

/// The values of one expression over rows, and the rows that failed.
func evaluate(
  _ expression: Expression, _ schema: Schema, _ rows: [[Cell]], selecting: [Int]? = nil
) throws -> (cells: [Cell], failures: [RowFailure]) {
  let batch = Batch(schema, rows, selecting: selecting)
  let bound = try BoundExpression(expression, schema: schema)
  let result = bound.evaluate(batch)
  return (batch.countedRows.map { result.column.cell($0) }, result.failures)
}

/// The value of an expression without columns, computed on a row and not beforehand: text and int
/// literals come from columns.
func value(_ expression: Expression) throws -> Cell {
  let (cells, failures) = try evaluate(
    expression, Schema([Field("unused", .int)]), [[0]])
  if let failure = failures.first { throw failure }
  return cells[0]
}
