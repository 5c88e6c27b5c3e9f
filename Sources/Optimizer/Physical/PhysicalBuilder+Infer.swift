import Plans
import Schemas

extension PhysicalBuilder {
  /// Arguments that are no plain columns are computed before, and left out behind.
  mutating func addInfer(
    _ id: LogicalPlan.NodeID, _ spec: InferSpec, _ inputs: [PhysicalEdge]
  ) {
    let node = logical.nodes[id]
    guard let input = inputs.first else { return }
    if !spec.next.isEmpty { return addChain(id, spec, input) }
    let row = schema(of: input)
    let held = HeldValues(spec.inputs, stage: node.id)
    let kind = add(spec, of: held.names)
    guard !held.computed.isEmpty else {
      outputs[LogicalInput(node: id)] = append(
        id, node.id, kind, [input], node.schema, canFail: true)
      return
    }
    let before = append(
      id, OperatorID("\(node.id).input"), .project(identity(row) + held.computed), [input],
      Schema(row.fields + held.fields), canFail: held.canFail)
    let added = node.schema.fields.suffix(spec.columns.count)
    let edge = append(
      id, node.id, kind, [before], Schema(row.fields + held.fields + added), canFail: true)
    outputs[LogicalInput(node: id)] = append(
      id, OperatorID("\(node.id).result"), .project(identity(node.schema)), [edge], node.schema,
      canFail: false)
  }

  /// The model, or where a server runs it the table that it is, and the step that asks it. `names`:
  /// of the columns of its own inputs.
  mutating func add(_ spec: InferSpec, of names: [String]) -> PhysicalKind {
    if let remote = spec.model.remote {
      if remote.isGiven { return given(spec, names) }
      let first = plan.lookups.count
      plan.lookups += spec.model.tables(remote, hasPayer: spec.payer != nil)
      return .ask(lookup: first, keys: names, columns: spec.columns, isRequired: false)
    }
    plan.models.append(spec.model)
    let choosing = names.dropFirst(spec.arguments.count)
    return .infer(
      PhysicalInference(
        model: plan.models.count - 1, arguments: Array(names.prefix(spec.arguments.count)),
        sticky: spec.sticky == nil ? nil : choosing.first,
        choice: spec.choice == nil ? nil : choosing.last, columns: spec.columns))
  }

  /// The look-up of answers that a test gives.
  private mutating func given(_ spec: InferSpec, _ names: [String]) -> PhysicalKind {
    let table = spec.model.givenTable(ConnectorSpec(connector: "memory", options: []))
    let place = plan.tables.firstIndex(of: table) ?? plan.tables.count
    if place == plan.tables.count { plan.tables.append(table) }
    return .enrich(table: place, keys: names, columns: spec.columns, isRequired: false)
  }
}
