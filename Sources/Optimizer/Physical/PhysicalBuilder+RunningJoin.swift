import Plans
import Schemas

extension PhysicalBuilder {
  /// Of each side only what the join reads goes on, for its rows are state, and an exchange brings
  /// equal keys together.
  mutating func addRunningJoin(
    _ id: LogicalPlan.NodeID, _ spec: JoinSpec, _ running: RunningJoinSpec,
    _ inputs: [PhysicalEdge]
  ) {
    let node = logical.nodes[id]
    let shown = spec.columns.contains { if case .key = $0.source { true } else { false } }
    let left = projected(
      id, "", spec.leftKeys, spec.leftKeys.count, spec.leftColumns, inputs[0], shown)
    let right = projected(
      id, ".other", spec.rightKeys, spec.rightKeys.count, spec.rightColumns, inputs[1], shown)
    let join = PhysicalJoin(
      kind: spec.kind, leftKeys: left.keys, rightKeys: right.keys, before: 0, after: 0,
      columns: spec.columns)
    let names = Set(spec.columns.map(\.name))
    var pairs: [String] = []
    // Of a key of which nobody reads a part nothing can be said.
    if case .updates(let key?) = running.mode, names.isSuperset(of: key) { pairs = key }
    let kind = PhysicalRunningJoin(
      join: join, running: running, pairs: pairs, origin: origin(of: node, spec, running))
    append(id, node.id, .runningJoin(kind), [left.edge, right.edge], node.schema, canFail: false)
    outputs[LogicalInput(node: id)] = PhysicalEdge(from: plan.operators.count - 1)
  }

  private func origin(
    of node: LogicalNode, _ spec: JoinSpec, _ running: RunningJoinSpec
  ) -> String {
    let keys = zip(spec.leftKeys, spec.rightKeys).map { "\($0) == \($1)" }
    let computed = keys.joined(separator: ", ")
    guard running.takesUpdates else { return computed }
    let read = (spec.leftKeys + spec.rightKeys).reduce(
      into: Set(spec.leftColumns + spec.rightColumns)
    ) { $0.formUnion($1.columnNames) }
    // A row is taken back by all that is kept of it.
    let kept = [(running.leftUpdates, spec.leftColumns), (running.rightUpdates, spec.rightColumns)]
      .map { $0 ? $1.sorted().joined(separator: ", ") : "" }.joined(separator: " | ")
    return "\(UpdateOrigin(logical).text(before: node, reading: read)) | \(computed) | \(kept)"
  }
}
