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
    let left = side(
      id, "", spec.leftInputs, spec.leftKeys.count, spec.leftColumns, inputs[0], shown)
    let right = side(
      id, ".other", spec.rightInputs, spec.rightKeys.count, spec.rightColumns, inputs[1], shown)
    outputs[LogicalInput(node: id, output: .late)] = PhysicalEdge(
      from: left.punctual, output: .late)
    var join = PhysicalJoin(
      kind: spec.kind, leftKeys: left.keys, rightKeys: right.keys, before: spec.before,
      after: spec.after, columns: spec.columns)
    if let bounds = spec.columnBounds {
      let names = (bounds.areRight ? right : left).further
      join.columnBounds = PhysicalJoin.ColumnBounds(
        areRight: bounds.areRight, low: names[0], high: names[1])
    }
    append(id, node.id, .join(join), [left.edge, right.edge], node.schema, canFail: false)
    outputs[LogicalInput(node: id)] = PhysicalEdge(from: plan.operators.count - 1)
  }

  private typealias JoinInput = (
    edge: PhysicalEdge, keys: [String], further: [String], punctual: PhysicalPlan.Index
  )

  /// `inputs` are the keys and what else is computed of a row.
  private mutating func side(
    _ id: LogicalPlan.NodeID, _ suffix: String, _ inputs: [Expression], _ keyCount: Int,
    _ carried: [String], _ input: PhysicalEdge, _ computesKeys: Bool
  ) -> JoinInput {
    let stage = logical.nodes[id].id
    let row = schema(of: input)
    let punctual = append(
      id, OperatorID("\(stage)\(suffix).punctual"), .punctual(), [input], row, canFail: false)
    let side = projected(id, suffix, inputs, keyCount, carried, punctual, computesKeys)
    return (side.edge, side.keys, side.further, punctual.from)
  }

  /// What a join reads of a side, behind an exchange by its keys.
  mutating func projected(
    _ id: LogicalPlan.NodeID, _ suffix: String, _ inputs: [Expression], _ keyCount: Int,
    _ carried: [String], _ input: PhysicalEdge, _ computesKeys: Bool
  ) -> (edge: PhysicalEdge, keys: [String], further: [String]) {
    let stage = logical.nodes[id].id
    let row = schema(of: input)
    var columns: [NamedExpression] = []
    var names: [String] = []
    var known: Set<String> = []
    func add(_ column: NamedExpression) {
      if known.insert(column.name).inserted { columns.append(column) }
    }
    for (place, value) in inputs.enumerated() {
      if case .column(let name) = value.node, !computesKeys || place >= keyCount {
        names.append(name)
        add(NamedExpression(name, value))
      } else {
        let origin = NamedExpression.Origin(stage: stage, column: nil)
        names.append(columns.name(of: value, origin: origin))
        known.formUnion(names.suffix(1))
      }
    }
    let keys = Array(names[..<keyCount])
    let wanted = Set(carried)
    for field in row.fields where wanted.contains(field.name) {
      add(NamedExpression(field.name, .column(field)))
    }
    var edge = append(
      id, OperatorID("\(stage)\(suffix).input"), .project(columns), [input],
      Schema(columns.map(\.field)), canFail: columns.contains { $0.expression.isFallible })
    edge.exchange = .key(keys)
    return (edge, keys, Array(names[keyCount...]))
  }
}
