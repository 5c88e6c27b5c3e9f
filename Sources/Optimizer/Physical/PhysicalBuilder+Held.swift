import Plans
import Schemas

/// Stages that hold rows until the watermark is past them. What comes too late they set aside as it
/// is; of the other rows only what is read goes on, for rows that wait are state.
extension PhysicalBuilder {
  /// The rows in order behind an exchange by key, and the step that keeps one of each.
  mutating func addKeepLast(
    _ id: LogicalPlan.NodeID, _ spec: DedupeSpec, _ inputs: [PhysicalEdge]
  ) {
    let node = logical.nodes[id]
    guard let input = inputs.first else { return }
    let held = hold(id, spec.keys, node.schema, punctual(id, input))
    var edge = held.edge
    let row = schema(of: edge)
    let keys = held.names.distinct
    edge.exchange = .key(keys)
    edge = append(
      id, OperatorID("\(node.id).order"), .order(keys: keys), [edge], row, canFail: false)
    edge = append(
      id, node.id, .keepLast(keys: keys, span: spec.span), [edge], row, canFail: false)
    if row.fields != node.schema.fields { edge = shown(id, edge) }
    outputs[LogicalInput(node: id)] = edge
  }

  /// The rows in order behind an exchange by key, and the step that lets them pass or not.
  mutating func addFrequencyCap(
    _ id: LogicalPlan.NodeID, _ spec: FrequencyCapSpec, _ inputs: [PhysicalEdge]
  ) {
    let node = logical.nodes[id]
    guard let input = inputs.first else { return }
    let held = hold(id, spec.keys, node.schema, punctual(id, input))
    var edge = held.edge
    let row = schema(of: edge)
    let keys = held.names.distinct
    edge.exchange = .key(keys)
    edge = append(
      id, OperatorID("\(node.id).order"), .order(keys: keys), [edge], row, canFail: false)
    edge = append(
      id, node.id, .frequencyCap(keys: keys, spec.caps), [edge], row, canFail: false)
    let isShown = row.fields == node.schema.fields
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

  /// Rows in time; the others are the step's output `late`.
  mutating func punctual(_ id: LogicalPlan.NodeID, _ input: PhysicalEdge) -> PhysicalEdge {
    let edge = append(
      id, OperatorID("\(logical.nodes[id].id).punctual"), .punctual, [input],
      schema(of: input), canFail: false)
    outputs[LogicalInput(node: id, output: .late)] = PhysicalEdge(from: edge.from, output: .late)
    return edge
  }

  /// The columns that a step keeps, and beside them its values that are no plain columns; the names
  /// of all its values.
  mutating func hold(
    _ id: LogicalPlan.NodeID, _ values: [Expression], _ kept: Schema, _ input: PhysicalEdge
  ) -> (edge: PhysicalEdge, names: [String]) {
    let stage = logical.nodes[id].id
    let row = schema(of: input)
    var columns = identity(Schema(kept.fields.filter { row.index(of: $0.name) != nil }))
    var fields = kept.fields
    var names: [String] = []
    for value in values {
      if case .column(let name) = value.node {
        names.append(name)
        continue
      }
      let name = "$key\(names.count)"
      let origin = NamedExpression.Origin(stage: stage, column: nil)
      columns.append(NamedExpression(name, value, origin: origin))
      fields.append(Field(name, value.fieldType, hidden: true))
      names.append(name)
    }
    guard fields.map(\.name) != row.fields.map(\.name) else { return (input, names) }
    let edge = append(
      id, OperatorID("\(stage).input"), .project(columns), [input], Schema(fields),
      canFail: values.contains { $0.isFallible })
    return (edge, names)
  }

  /// The step's columns without those that it has made for itself.
  mutating func shown(_ id: LogicalPlan.NodeID, _ input: PhysicalEdge) -> PhysicalEdge {
    let node = logical.nodes[id]
    return append(
      id, OperatorID("\(node.id).rows"), .project(identity(node.schema)), [input], node.schema,
      canFail: false)
  }
}
