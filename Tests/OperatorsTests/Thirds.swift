import Columns
import Plans
import Schemas
import TestKit

/// A column of thirds, far apart in size, and their sum: it is another one, in its last bits, where
/// rows or parts of it are added in another order.
///
/// The model's other floats are so even that all of their sums are exact.
enum Thirds {
  private static let field = Field("thirds", .float)
  /// The model's columns, and it.
  static let schema = Schema(WindowModel.schema.fields + [field])

  static func sum(filtered: Bool) -> PhysicalWindow.Aggregate {
    PhysicalWindow.Aggregate(
      name: "sum_thirds", function: "sum", arguments: [.column(field)],
      filter: filtered ? "pass" : nil, fieldType: FieldType(.float, nullable: true))
  }

  /// The batch of the model that has these rows, with the column.
  static func added(to batch: Batch, _ rows: [ModelRow]) -> Batch {
    let column = Column(.float, rows.map { .float(value($0)) })
    return Batch(
      schema: schema, columns: batch.columns + [column], rowCount: batch.rowCount,
      hidden: batch.hidden)
  }

  /// Of a row, by where it came from.
  private static func value(_ row: ModelRow) -> Double {
    let number = Int(row.place) * 11 + row.partition * 3
    let third = [1.0, 2, 4, 5, 7][number % 5] / 3
    return third * [1e-9, 1, 1e9][number % 3] * (number % 2 == 0 ? 1 : -1)
  }

  /// Up to rounding.
  static func total(_ rows: [ModelRow]) -> Cell {
    rows.isEmpty ? .null : .float(rows.reduce(0) { $0 + value($1) })
  }

  /// Whether two sums are equal up to the rounding of the largest values; a third of a small one
  /// is more.
  static func same(_ a: Cell, _ b: Cell) -> Bool {
    guard case .float(let x) = a, case .float(let y) = b else { return a == b }
    return abs(x - y) < 0.1
  }
}
