import Plans
import Schemas

extension PhysicalBuilder {
  /// On each side what comes too late is set aside, of the rest only what the join reads goes on,
  /// for its rows are state, and an exchange brings equal keys together.
  mutating func addJoin(_ id: LogicalPlan.NodeID, _ spec: JoinSpec, _ inputs: [PhysicalEdge]) {
    guard inputs.count == 2 else { return }
    if let running = spec.running { return addRunningJoin(id, spec, running, inputs) }
    let node = logical.nodes[id]
    // Keys that are shown are those of the exchange: both sides have them in one type.
    let shown = spec.columns.contains { if case .key = $0.source { true } else { false } }
    let left = side(id, "", spec.leftKeys, spec.leftColumns, inputs[0], computesKeys: shown)
    let right = side(
      id, ".other", spec.rightKeys, spec.rightColumns, inputs[1], computesKeys: shown)
    outputs[LogicalInput(node: id, output: .late)] = PhysicalEdge(
      from: left.punctual, output: .late)
    let join = PhysicalJoin(
      kind: spec.kind, leftKeys: left.keys, rightKeys: right.keys, before: spec.before,
      after: spec.after, columns: spec.columns)
    append(id, node.id, .join(join), [left.edge, right.edge], node.schema, canFail: false)
    outputs[LogicalInput(node: id)] = PhysicalEdge(from: plan.operators.count - 1)
  }

  private mutating func side(
    _ id: LogicalPlan.NodeID, _ suffix: String, _ keys: [Expression], _ carried: [String],
    _ input: PhysicalEdge, computesKeys: Bool
  ) -> (edge: PhysicalEdge, keys: [String], punctual: PhysicalPlan.Index) {
    let stage = logical.nodes[id].id
    let row = schema(of: input)
    let punctual = append(
      id, OperatorID("\(stage)\(suffix).punctual"), .punctual, [input], row, canFail: false)
    let side = projected(id, suffix, keys, carried, punctual, computesKeys: computesKeys)
    return (side.edge, side.keys, punctual.from)
  }

  /// What a join reads of a side, behind an exchange by its keys.
  mutating func projected(
    _ id: LogicalPlan.NodeID, _ suffix: String, _ keys: [Expression], _ carried: [String],
    _ input: PhysicalEdge, computesKeys: Bool
  ) -> (edge: PhysicalEdge, keys: [String]) {
    let stage = logical.nodes[id].id
    let row = schema(of: input)
    var columns: [NamedExpression] = []
    var names: [String] = []
    func add(_ column: NamedExpression) {
      if !columns.contains(where: { $0.name == column.name }) { columns.append(column) }
    }
    for key in keys {
      if case .column(let name) = key.node, !computesKeys {
        names.append(name)
        add(NamedExpression(name, key))
      } else {
        let origin = NamedExpression.Origin(stage: stage, column: nil)
        names.append(columns.name(of: key, origin: origin))
      }
    }
    let wanted = Set(carried)
    for field in row.fields where wanted.contains(field.name) {
      add(NamedExpression(field.name, .column(field)))
    }
    var edge = append(
      id, OperatorID("\(stage)\(suffix).input"), .project(columns), [input],
      Schema(columns.map(\.field)), canFail: columns.contains { $0.expression.isFallible })
    edge.exchange = .key(names)
    return (edge, names)
  }
}
