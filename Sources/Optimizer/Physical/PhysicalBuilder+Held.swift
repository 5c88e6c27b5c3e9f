import Plans
import Schemas

/// Stages that hold rows until the watermark is past them. What comes too late they set aside as it
/// is; of the other rows only what is read goes on, for rows that wait are state.
extension PhysicalBuilder {
  /// The rows in order behind an exchange by key, and the step that keeps one of each.
  mutating func addKeepLast(
    _ id: LogicalPlan.NodeID, _ spec: DedupeSpec, _ inputs: [PhysicalEdge]
  ) {
    guard let input = inputs.first else { return }
    let edge = heldInOrder(id, spec.keys, input) { .keepLast(keys: $0, span: spec.span) }
    let isShown = schema(of: edge).fields == logical.nodes[id].schema.fields
    outputs[LogicalInput(node: id)] = isShown ? edge : shown(id, edge)
  }

  /// The rows in order behind an exchange by key, and the step that lets them pass or not.
  mutating func addFrequencyCap(
    _ id: LogicalPlan.NodeID, _ spec: FrequencyCapSpec, _ inputs: [PhysicalEdge]
  ) {
    let node = logical.nodes[id]
    guard let input = inputs.first else { return }
    let edge = heldInOrder(id, spec.keys, input) { .frequencyCap(keys: $0, spec.caps) }
    let isShown = schema(of: edge).fields == node.schema.fields
    let aside = LogicalInput(node: id, output: .capped)
    outputs[aside] = PhysicalEdge(from: edge.from, output: .capped)
    if !isShown, readers.isRead(id, .capped) {
      outputs[aside] = append(
        id, OperatorID("\(node.id).capped"), .project(identity(node.schema)),
        [PhysicalEdge(from: edge.from, output: .capped)], node.schema, canFail: false)
    }
    outputs[LogicalInput(node: id)] = isShown ? edge : shown(id, edge)
  }

  /// The best rows of each worker, an exchange by group, and the best of those.
  mutating func addTop(_ id: LogicalPlan.NodeID, _ spec: TopSpec, _ inputs: [PhysicalEdge]) {
    let node = logical.nodes[id]
    guard let input = inputs.first else { return }
    let kept = Schema(Array(node.schema.fields.dropLast(spec.added.count)))
    let held = hold(
      id, spec.per + spec.orders.map(\.value), kept,
      spec.running == nil ? punctual(id, input) : input)
    let orders = zip(held.names.dropFirst(spec.per.count), spec.orders).map {
      PhysicalTop.Order(column: $0, isDescending: $1.isDescending)
    }
    let top = PhysicalTop(
      count: spec.count, withTies: spec.withTies, orders: orders,
      per: Array(held.names.prefix(spec.per.count)).distinct, ties: spec.columns, rank: spec.rank)
    let row = schema(of: held.edge)
    if let running = spec.running {
      return addRunningTop(id, top, running, held.edge, isPlain: row.fields == kept.fields)
    }
    var edge = append(
      id, OperatorID("\(node.id).local"), .top(top, isGlobal: false), [held.edge], row,
      canFail: false)
    edge.exchange = .key(top.per)
    edge = append(
      id, node.id, .top(top, isGlobal: true), [edge], top.resultSchema(of: row), canFail: false)
    if row.fields != kept.fields { edge = shown(id, edge) }
    outputs[LogicalInput(node: id)] = edge
  }

  /// A step over rows in the order of event time, behind an exchange by key. It passes rows on as
  /// they are, so its own values may still stand in them.
  private mutating func heldInOrder(
    _ id: LogicalPlan.NodeID, _ keys: [Expression], _ input: PhysicalEdge,
    _ step: ([String]) -> PhysicalKind
  ) -> PhysicalEdge {
    let node = logical.nodes[id]
    let held = hold(id, keys, node.schema, punctual(id, input))
    let names = held.names.distinct
    let edge = ordered(id, by: names, held.edge)
    return append(id, node.id, step(names), [edge], schema(of: edge), canFail: false)
  }

  /// Rows in time; the others are the step's output `late`.
  mutating func punctual(
    _ id: LogicalPlan.NodeID, _ input: PhysicalEdge, allowance: Int64 = 0
  ) -> PhysicalEdge {
    let edge = append(
      id, OperatorID("\(logical.nodes[id].id).punctual"),
      .punctual(allowance: allowance), [input],
      schema(of: input), canFail: false)
    outputs[LogicalInput(node: id, output: .late)] = PhysicalEdge(from: edge.from, output: .late)
    return edge
  }

  /// Rows in the order of event time behind an exchange by key.
  mutating func ordered(
    _ id: LogicalPlan.NodeID, by keys: [String], _ input: PhysicalEdge
  ) -> PhysicalEdge {
    var edge = input
    edge.exchange = .key(keys)
    return append(
      id, OperatorID("\(logical.nodes[id].id).order"), .order(keys: keys), [edge],
      schema(of: input), canFail: false)
  }

  /// The columns that a step keeps, and beside them its values that are no plain columns; the names
  /// of all its values.
  mutating func hold(
    _ id: LogicalPlan.NodeID, _ values: [Expression], _ kept: Schema, _ input: PhysicalEdge
  ) -> (edge: PhysicalEdge, names: [String]) {
    let stage = logical.nodes[id].id
    let row = schema(of: input)
    let held = HeldValues(values, stage: stage)
    let fields = kept.fields + held.fields
    guard fields.map(\.name) != row.fields.map(\.name) else { return (input, held.names) }
    let carried = identity(Schema(kept.fields.filter { row.index(of: $0.name) != nil }))
    let edge = append(
      id, OperatorID("\(stage).input"), .project(carried + held.computed), [input],
      Schema(fields), canFail: held.canFail)
    return (edge, held.names)
  }

  /// The step's columns without those that it has made for itself.
  mutating func shown(_ id: LogicalPlan.NodeID, _ input: PhysicalEdge) -> PhysicalEdge {
    let node = logical.nodes[id]
    return append(
      id, OperatorID("\(node.id).rows"), .project(identity(node.schema)), [input], node.schema,
      canFail: false)
  }
}
