import Plans
import Schemas

/// Stages that leave rows as they are and send them elsewhere.
extension PhysicalBuilder {
  /// One worker counts all rows; each other sends it no more than could be taken.
  mutating func addLimit(_ id: LogicalPlan.NodeID, _ count: Int64, _ inputs: [PhysicalEdge]) {
    let node = logical.nodes[id]
    var local = append(
      id, OperatorID("\(node.id).local"), .limit(count, isGlobal: false), inputs, node.schema,
      canFail: false)
    local.exchange = .key([])
    append(
      id, node.id, .limit(count, isGlobal: true), [local], node.schema, canFail: false)
  }

  /// An exchange into a step that passes rows on.
  mutating func addKeyBy(
    _ id: LogicalPlan.NodeID, _ keys: [Expression], _ inputs: [PhysicalEdge]
  ) {
    let node = logical.nodes[id]
    guard let input = inputs.first else { return }
    let spread = spread(id, keys, input)
    guard spread.isWider else {
      append(id, node.id, .union, [spread.edge], node.schema, canFail: false)
      return
    }
    let rows = append(
      id, OperatorID("\(node.id).rows"), .union, [spread.edge], schema(of: spread.edge),
      canFail: false)
    append(id, node.id, .project(identity(node.schema)), [rows], node.schema, canFail: false)
  }

  /// An exchange by key into the step that remembers keys.
  mutating func addDedupe(
    _ id: LogicalPlan.NodeID, _ spec: DedupeSpec, _ inputs: [PhysicalEdge]
  ) {
    let node = logical.nodes[id]
    guard let input = inputs.first else { return }
    let spread = spread(id, spec.keys, input)
    let row = schema(of: spread.edge)
    let kept = append(
      id, node.id, .dedupe(keys: spread.names, span: spec.span), [spread.edge], row,
      canFail: false)
    outputs[LogicalInput(node: id, output: .late)] = PhysicalEdge(from: kept.from, output: .late)
    guard spread.isWider else { return }
    for output in [NodeOutput.main, .late] where output == .main || readers.isRead(id, output) {
      let suffix = output == .main ? "rows" : "late"
      outputs[LogicalInput(node: id, output: output)] = append(
        id, OperatorID("\(node.id).\(suffix)"), .project(identity(node.schema)),
        [PhysicalEdge(from: kept.from, output: output)], node.schema, canFail: false)
    }
  }

  /// An edge that brings rows of equal keys together. Keys that are no plain columns are computed
  /// before, into hidden columns that are to be left out behind.
  mutating func spread(
    _ id: LogicalPlan.NodeID, _ keys: [Expression], _ input: PhysicalEdge
  ) -> (edge: PhysicalEdge, names: [String], isWider: Bool) {
    let node = logical.nodes[id]
    var edge = input
    let row = schema(of: edge)
    let held = HeldValues(keys, stage: node.id)
    let isWider = !held.computed.isEmpty
    if isWider {
      edge = append(
        id, OperatorID("\(node.id).input"), .project(identity(row) + held.computed), [edge],
        Schema(row.fields + held.fields), canFail: held.canFail)
    }
    let names = held.names.distinct
    edge.exchange = .key(names)
    return (edge, names, isWider)
  }
}
