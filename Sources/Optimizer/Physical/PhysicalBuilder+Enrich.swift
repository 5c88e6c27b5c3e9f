import Plans
import Schemas

extension PhysicalBuilder {
  /// Keys that are no plain columns are computed before, and left out behind.
  mutating func addEnrich(
    _ id: LogicalPlan.NodeID, _ spec: EnrichSpec, _ inputs: [PhysicalEdge]
  ) {
    let node = logical.nodes[id]
    guard let input = inputs.first else { return }
    let row = schema(of: input)
    let held = HeldValues(spec.keys, stage: node.id)
    let kind: PhysicalKind
    let isAsked: Bool
    if let lookup = lookups[spec.table] {
      kind = .ask(
        lookup: lookup, keys: held.names, columns: spec.columns, isRequired: spec.isRequired)
      isAsked = true
    } else if let table = tables[spec.table] {
      kind = .enrich(
        table: table, keys: held.names, columns: spec.columns, isRequired: spec.isRequired)
      isAsked = false
    } else {
      return
    }
    let unmatched = LogicalInput(node: id, output: .unmatched)
    guard !held.computed.isEmpty else {
      let edge = append(id, node.id, kind, [input], node.schema, canFail: isAsked)
      outputs[LogicalInput(node: id)] = edge
      outputs[unmatched] = PhysicalEdge(from: edge.from, output: .unmatched)
      return
    }
    let before = append(
      id, OperatorID("\(node.id).input"), .project(identity(row) + held.computed), [input],
      Schema(row.fields + held.fields), canFail: held.canFail)
    let added = node.schema.fields.dropFirst(row.count)
    let wide = Schema(row.fields + held.fields + added)
    let edge = append(id, node.id, kind, [before], wide, canFail: isAsked)
    outputs[LogicalInput(node: id)] = append(
      id, OperatorID("\(node.id).result"), .project(identity(node.schema)), [edge], node.schema,
      canFail: false)
    if readers.isRead(id, .unmatched) {
      let aside = PhysicalEdge(from: edge.from, output: .unmatched)
      outputs[unmatched] = append(
        id, OperatorID("\(node.id).unmatched"), .project(identity(row)), [aside], row,
        canFail: false)
      outputs[LogicalInput(node: id)] = PhysicalEdge(from: plan.operators.count - 2)
    }
  }

  /// Every column as it is.
  func identity(_ schema: Schema) -> [NamedExpression] {
    schema.fields.map { NamedExpression($0.name, .column($0)) }
  }
}
