import Plans
import Schemas

extension PhysicalBuilder {
  /// Rows and the table's rows come to the owner of their key by exchanges of their own: those of
  /// the table as soon as they are there, whatever the time is that the others have come to.
  mutating func addLatest(
    _ id: LogicalPlan.NodeID, _ spec: AsOfSpec, rows: PhysicalEdge, table: PhysicalEdge
  ) {
    let node = logical.nodes[id]
    let row = schema(of: rows)
    let own = carried(id, spec, row)
    // What is looked up must come, whether or not it is read behind the look-up.
    let keys = spec.keys.compactMap { key in
      if case .column(let name) = key.node { name } else { nil }
    }
    let names = Set(own.map(\.name))
    let read = keys.distinct.filter { !names.contains($0) }.compactMap { row.field(named: $0) }
    var lookups = hold(id, spec.keys, Schema(own + read), rows)
    lookups.edge.exchange = .key(lookups.names)
    let held = schema(of: table)
    let stamps = [
      Field("$version", .timestamp, hidden: true), Field("$deleted", .bool, hidden: true),
    ]
    var latest = append(
      id, OperatorID("\(node.id).table"), .latestRows, [table], Schema(held.fields + stamps),
      canFail: false)
    let kept = (spec.tableKeys + spec.held).compactMap { held.field(named: $0) } + stamps
    if kept != schema(of: latest).fields {
      latest = append(
        id, OperatorID("\(node.id).latest"), .project(identity(Schema(kept))), [latest],
        Schema(kept), canFail: false)
    }
    latest.exchange = .key(spec.tableKeys)
    let plan = PhysicalLatest(
      table: spec.table, keys: lookups.names,
      tableKeys: spec.tableKeys.compactMap { held.field(named: $0) }, version: stamps[0].name,
      deleted: stamps[1].name,
      values: spec.held.compactMap { held.field(named: $0) }
        .map { Field($0.name, $0.type, nullable: true) },
      columns: spec.columns, isRequired: spec.isRequired, expiry: spec.expiry,
      isReadFirst: spec.moment == .latestOfTable, takesUpdates: node.mode.isUpdating,
      origin: node.mode.isUpdating ? origin(of: node, spec, reading: own + read) : "")
    let found = append(
      id, node.id, .latest(plan), [lookups.edge, latest],
      Schema(own + node.schema.fields.suffix(spec.columns.count)), canFail: false)
    outputs[LogicalInput(node: id)] =
      schema(of: found) == node.schema ? found : shown(id, found)
    if readers.isRead(id, .unmatched) { addUnmatched(id, found) }
  }

  /// By what rows come that are taken back, and what a row finds by and is told.
  private func origin(of node: LogicalNode, _ spec: AsOfSpec, reading row: [Field]) -> String {
    guard let input = node.inputs.first else { return "" }
    let read = spec.keys.reduce(into: Set(row.map(\.name))) { $0.formUnion($1.columnNames) }
    let before = UpdateOrigin(logical).text(behind: input, reading: read)
    let keys = spec.keys.map(\.description).joined(separator: ", ")
    return "\(before) | enrich \(spec.table) on \(keys)\(spec.isRequired ? " required" : "")"
  }
}
