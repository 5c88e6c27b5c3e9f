import Plans
import Schemas

extension PhysicalBuilder {
  /// Versions of the table and rows that look them up become one stream of the same columns, which
  /// comes in the order of event time behind an exchange by key. What comes too late for its own
  /// stream to look anything up is set aside; versions are never too late.
  mutating func addAsOf(_ id: LogicalPlan.NodeID, _ spec: AsOfSpec, _ inputs: [PhysicalEdge]) {
    guard inputs.count == 2 else { return }
    if spec.moment != .eventTime { return addLatest(id, spec, rows: inputs[0], table: inputs[1]) }
    let node = logical.nodes[id]
    let held = schema(of: inputs[1])
    let row = AsOfRow(
      spec, stage: node.id, held: held, carried: carried(id, spec, schema(of: inputs[0])))
    let rows = append(
      id, OperatorID("\(node.id).input"), .project(row.lookups), [punctual(id, inputs[0])],
      row.schema, canFail: spec.keys.contains { $0.isFallible })
    let stamped = append(
      id, OperatorID("\(node.id).table"), .tableRows, [inputs[1]],
      Schema(held.fields + AsOfRow.stamps), canFail: false)
    let versions = append(
      id, OperatorID("\(node.id).versions"), .project(row.versions), [stamped], row.schema,
      canFail: false)
    var edge = append(
      id, OperatorID("\(node.id).both"), .union, [rows, versions], row.schema, canFail: false)
    edge = append(
      id, OperatorID("\(node.id).time"), .versionsInTime(version: AsOfRow.stamps[0].name), [edge],
      row.schema, canFail: false)
    let found = append(
      id, node.id, .asOf(row.plan(spec)), [ordered(id, by: row.keys.map(\.name), edge)],
      Schema(row.carried + node.schema.fields.suffix(spec.columns.count)), canFail: false)
    outputs[LogicalInput(node: id)] =
      schema(of: found) == node.schema ? found : shown(id, found)
    if readers.isRead(id, .unmatched) { addUnmatched(id, found) }
  }

  /// The columns of rows that go to the look-up: what is set aside has all that it came with.
  func carried(
    _ id: LogicalPlan.NodeID, _ spec: AsOfSpec, _ row: Schema
  ) -> [Field] {
    if readers.isRead(id, .unmatched) { return row.fields }
    return Array(logical.nodes[id].schema.fields.dropLast(spec.columns.count))
  }

  mutating func addUnmatched(_ id: LogicalPlan.NodeID, _ found: PhysicalEdge) {
    guard let input = logical.nodes[id].inputs.first, let before = outputs[input] else { return }
    let row = schema(of: before)
    outputs[LogicalInput(node: id, output: .unmatched)] = append(
      id, OperatorID("\(logical.nodes[id].id).unmatched"), .project(identity(row)),
      [PhysicalEdge(from: found.from, output: .unmatched)], row, canFail: false)
  }
}

/// The columns in which versions and rows that look them up stand together: those of the others are
/// null in each.
private struct AsOfRow {
  /// What the step before gives versions.
  static let stamps = [
    Field("$version", .timestamp, nullable: true, hidden: true),
    Field("$deleted", .bool, nullable: true, hidden: true),
  ]

  let keys: [Field]
  private let tableKeys: [String]
  let carried: [Field]
  private let values: [Field]
  let lookups: [NamedExpression]
  let versions: [NamedExpression]

  init(_ spec: AsOfSpec, stage: OperatorID, held: Schema, carried: [Field]) {
    let origin = NamedExpression.Origin(stage: stage, column: nil)
    let tableKeys = spec.tableKeys.compactMap { held.field(named: $0) }
    let values = spec.held.compactMap { held.field(named: $0) }
    // What is compared, for it is computed for rows that wait.
    keys = zip(spec.keys, tableKeys).map { key, column in
      let name = HeldName.of("\(column.name) == \(key)")
      let isNullable = key.isNullable || column.isNullable
      return Field(name, column.type, nullable: isNullable, hidden: true)
    }
    self.tableKeys = tableKeys.map(\.name)
    self.values = values.map { Field("$table.\($0.name)", $0.type, nullable: true, hidden: true) }
    self.carried = carried
    lookups =
      zip(keys, spec.keys).map { NamedExpression($0.name, $1, origin: origin) }
      + carried.map { NamedExpression($0.name, .column($0)) }
      + (Self.stamps + self.values).map(\.null)
    versions =
      zip(keys, tableKeys).map { NamedExpression($0.name, .column($1)) } + carried.map(\.null)
      + Self.stamps.map { NamedExpression($0.name, .column($0)) }
      + zip(self.values, values).map { NamedExpression($0.name, .column($1)) }
  }

  /// Columns of rows that wait are what they are, though versions have no value in them: what is
  /// kept of rows must not be given columns that they never had.
  var schema: Schema { Schema(keys + carried + Self.stamps + values) }

  func plan(_ spec: AsOfSpec) -> PhysicalAsOf {
    PhysicalAsOf(
      table: spec.table, keys: keys, tableKeys: tableKeys, version: Self.stamps[0].name,
      deleted: Self.stamps[1].name, values: values,
      columns: spec.columns.map {
        EnrichedColumn(tableColumn: "$table.\($0.tableColumn)", name: $0.name)
      }, isRequired: spec.isRequired, expiry: spec.expiry)
  }
}

extension Field {
  /// A column of this name and type without a value.
  fileprivate var null: NamedExpression {
    NamedExpression(name, .literal(.null, type))
  }
}
