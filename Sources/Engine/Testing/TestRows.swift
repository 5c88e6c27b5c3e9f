import Columns
import Formats
import Plans
import Schemas

/// Between the rows that a test writes and batches.
enum TestRowConversion {
  /// The given rows as a batch of the columns that the plan reads; others are left out. What a row
  /// does not say of its record is that it is number *n* of partition 0, from `first` on.
  static func batch(
    of given: TestRows, as columns: [DecodedColumn], from first: Int = 0
  ) -> Batch {
    let made = columns.map { column -> Column in
      let builder = ColumnBuilder(column.field.type, capacity: max(given.rows.count, 1))
      let place = given.schema.index(of: column.field.name)
      for (number, row) in given.rows.enumerated() {
        let value =
          place.flatMap { row.values.indices.contains($0) ? row.values[$0] : nil }
          ?? column.origin.metaName.flatMap { row.record[$0] }
          ?? origin(column.origin, first + number, given.stream)
        if row.isDeletion, value == .null, !column.field.isNullable {
          builder.append(from: .blank(column.field, 1), row: 0)
        } else {
          append(value, to: builder)
        }
      }
      return builder.finish()
    }
    let schema = Schema(columns.map(\.field))
    let batch = Batch(schema: schema, columns: made, rowCount: given.rows.count)
    if given.rows.contains(where: \.isDeletion) {
      batch.hidden.rowKinds = .kinds(given.rows.map { $0.isDeletion ? .delete : .insert })
    }
    return batch
  }

  /// The same of a source, with the event times that its connector would give.
  static func batch(of given: TestRows, as source: SourceSpec, from first: Int) -> Batch {
    let batch = batch(of: given, as: source.decoding.columns, from: first)
    guard source.eventTime?.origin == .recordTimestamp else { return batch }
    let builder = ColumnBuilder(.timestamp, capacity: max(given.rows.count, 1))
    for row in given.rows { append(row.record["meta.timestamp"] ?? .null, to: builder) }
    batch.hidden.eventTimes = builder.finish()
    return batch
  }

  /// Why a source can't read the rows.
  static func misfit(of given: TestRows, as source: SourceSpec) -> String? {
    if source.eventTime?.origin == .recordTimestamp,
      given.rows.contains(where: { $0.record["meta.timestamp"] == nil })
    {
      return "takes its event time from `meta.timestamp`, which these rows have not"
    }
    return misfit(of: given, as: source.decoding.columns)
  }

  /// Why a plan can't read the rows: columns of another type, or that the rows don't have.
  static func misfit(of given: TestRows, as columns: [DecodedColumn]) -> String? {
    for column in columns where !column.field.isHidden {
      let field = column.field
      guard let place = given.schema.index(of: field.name) else {
        if field.isNullable || isSaid(column.origin, by: given) { continue }
        return "reads `\(field.name)` from `\(given.stream)`, which these rows have not"
      }
      let found = given.schema.fields[place].type
      if !field.type.isLeft(of: found) {
        return "reads `\(given.stream).\(field.name)` as \(field.type), and it is \(found) here"
      }
    }
    return nil
  }

  private static func isSaid(_ origin: DecodedColumn.Origin, by given: TestRows) -> Bool {
    guard let name = origin.metaName else { return false }
    return given.rows.allSatisfy { $0.record[name].map { $0 != .null } ?? false }
  }

  private static func origin(
    _ origin: DecodedColumn.Origin, _ number: Int, _ stream: String
  ) -> Literal {
    switch origin {
    case .offset: .int(Int64(number))
    case .partition: .int(0)
    case .topic: .string(stream)
    case .timestamp: .timestamp(0)
    case .field, .key, .header: .null
    }
  }

  static func append(_ literal: Literal, to builder: ColumnBuilder) {
    switch (literal, builder.type) {
    case (.bool(let value), .bool): builder.append(bool: value)
    case (.int(let value), .int), (.timestamp(let value), .timestamp),
      (.date(let value), .date), (.duration(let value), .duration):
      builder.append(int: value)
    case (.int(let value), .float): builder.append(float: Double(value))
    case (.float(let value), .float): builder.append(float: value)
    case (.int(let value), .decimal(_, let scale)):
      builder.append(decimal: rescaled(Int128(value), from: 0, to: scale))
    case (.decimal(let unscaled, let from), .decimal(_, let scale)):
      builder.append(decimal: rescaled(unscaled, from: from, to: scale))
    case (.string(let text), .string), (.string(let text), .json), (.string(let text), .bytes):
      builder.append(string: text)
    case (.bytes(let bytes), .bytes), (.bytes(let bytes), .string):
      builder.append(string: String(decoding: bytes, as: UTF8.self))
    case (.string(let text), let type) where type.isNested: append(json: text, to: builder)
    default: builder.appendNull()
    }
  }

  /// A nested value, which the checker has made sure of.
  private static func append(json text: String, to builder: ColumnBuilder) {
    let reading = try? NestedReading(builder.type)
    if reading?.append(json: text, to: builder) == nil { builder.appendNull() }
  }

  /// The value of a row; `.null` for a null, and JSON for a nested one.
  static func literal(_ column: Column, _ row: Int) -> Literal {
    guard column.isValid(row) else { return .null }
    switch column.type {
    case .bool: return .bool(column.bool(row))
    case .int: return .int(column.int(row))
    case .float: return .float(column.float(row))
    case .decimal(_, let scale):
      return .decimal(unscaled: column.decimal(row), scale: scale)
    case .timestamp: return .timestamp(column.int(row))
    case .date: return .date(column.int(row))
    case .duration: return .duration(column.int(row))
    case .list, .map, .structure:
      return .string(column.json(row))
    default: return .string(column.string(row))
    }
  }

  /// Whether a value is what was expected; decimals by value, floats to the last few bits, nested
  /// values by what their JSON says in that type.
  static func matches(_ actual: Literal, _ expected: Literal, _ type: DataType) -> Bool {
    switch (actual, expected) {
    case (.string, .string) where type.isNested:
      let builder = ColumnBuilder(type, capacity: 1)
      append(expected, to: builder)
      return literal(builder.finish(), 0) == actual
    case (.decimal(let a, let scaleA), .decimal(let b, let scaleB)):
      let scale = max(scaleA, scaleB)
      return rescaled(a, from: scaleA, to: scale) == rescaled(b, from: scaleB, to: scale)
    case (.decimal(let a, let scale), .int(let b)):
      return a == rescaled(Int128(b), from: 0, to: scale)
    case (.float(let a), .float(let b)):
      return a == b || (a.isNaN && b.isNaN) || abs(a - b) <= 1e-12 * max(abs(a), abs(b))
    case (.float(let a), .int(let b)): return a == Double(b)
    default: return actual == expected
    }
  }

  /// The checker has made sure that the value fits the type.
  private static func rescaled(_ value: Int128, from: Int, to scale: Int) -> Int128 {
    var value = value
    if scale > from { for _ in from..<scale { value = value &* 10 } }
    if scale < from { for _ in scale..<from { value /= 10 } }
    return value
  }
}

extension DataType {
  /// Whether it is the type, or what is left of it where nobody reads some fields of its structs.
  fileprivate func isLeft(of whole: DataType) -> Bool {
    guard case .structure(let own) = self, case .structure(let all) = whole else {
      return self == whole
    }
    return own.allSatisfy { field in
      all.contains {
        $0.name == field.name && $0.isNullable == field.isNullable && field.type.isLeft(of: $0.type)
      }
    }
  }
}
