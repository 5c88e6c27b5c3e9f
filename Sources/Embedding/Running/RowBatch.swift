import Columns
import Plans
import Schemas

/// Between rows of the program and batches.
enum RowBatch {
  /// - Throws: where a row has no value for a column that is never null, or one of another type.
  static func batch(
    of rows: [Row], as schema: Schema, for name: String
  ) throws(Run.InputError) -> Batch {
    var columns: [StoredColumn] = []
    for field in schema.fields {
      let builder = ColumnBuilder(field.type, capacity: max(rows.count, 1))
      for row in rows { try append(row, field, to: builder, name) }
      columns.append(builder.finish())
    }
    return Batch(schema: schema, columns: columns, rowCount: rows.count)
  }

  private static func append(
    _ row: Row, _ field: Field, to builder: ColumnBuilder, _ name: String
  ) throws(Run.InputError) {
    guard let value = row.value(named: field.name) else {
      guard field.isNullable || field.isHidden else {
        throw Run.InputError(description: "a row for `\(name)` has no `\(field.name)`")
      }
      return builder.appendNull()
    }
    if let problem = append(value, field.fieldType, to: builder) {
      throw Run.InputError(description: "`\(field.name)` of a row for `\(name)`: \(problem)")
    }
  }

  /// Why the value can't stand in the column; then it was not appended.
  private static func append<Value: ColumnValue>(
    _ value: Value, _ type: FieldType, to builder: ColumnBuilder
  ) -> String? {
    let cells = Value.cells
    guard cells.type.type.isKind(of: type.type) else {
      return "a value of type \(cells.type.type) is no \(type.type)"
    }
    if let problem = cells.misfit(value, type) { return problem }
    cells.append(value, builder)
    return nil
  }

  static func rows(of batch: Batch) -> [Row] {
    let batch = batch.gathered()
    return (0..<batch.rowCount).map { number in
      var row = Row()
      for (field, column) in zip(batch.schema.fields, batch.columns) where !field.isHidden {
        read(field, column, number, into: &row)
      }
      return row
    }
  }

  private static func read(
    _ field: Field, _ column: StoredColumn, _ number: Int, into row: inout Row
  ) {
    func set<Value: ColumnValue>(_ type: Value.Type) where Value.Base == Value {
      guard column.isValid(number) else { return }
      let (source, place) = column.entry(number)
      row.set(Value.cells.read(source, place), named: field.name)
    }
    switch field.type {
    case .bool: set(Bool.self)
    case .int, .date: set(Int.self)
    case .float: set(Double.self)
    case .decimal: set(ExactDecimal.self)
    case .timestamp: set(Timestamp.self)
    case .duration: set(Duration.self)
    case .list, .map, .structure:
      guard column.isValid(number) else { return }
      let (source, place) = column.entry(number)
      let one = ColumnBuilder(field.type, capacity: 1)
      one.append(from: source, row: place)
      row.set(nested: one.finish(), json: source.json(place), named: field.name)
    default: set(String.self)
    }
  }
}

extension DataType {
  /// Whether values of this type can stand where the plan has the other: decimals of other digits,
  /// structs of which the plan reads fewer fields, or has more that may be null.
  fileprivate func isKind(of wanted: DataType) -> Bool {
    switch (self, wanted) {
    case (.list(let own), .list(let other)): own.type.isKind(of: other.type)
    case (.structure(let own), .structure(let fields)):
      fields.allSatisfy { field in
        own.first { $0.name == field.name }.map { $0.type.isKind(of: field.type) }
          ?? field.isNullable
      }
    default: isSameKind(as: wanted)
    }
  }
}
