import Plans
import Schemas

extension PhysicalBuilder {
  /// Arguments that are no plain columns are computed before, and left out behind.
  mutating func addInfer(
    _ id: LogicalPlan.NodeID, _ spec: InferSpec, _ inputs: [PhysicalEdge]
  ) {
    let node = logical.nodes[id]
    guard let input = inputs.first else { return }
    let row = schema(of: input)
    let held = HeldValues(spec.inputs, stage: node.id)
    let kind = PhysicalKind.infer(
      PhysicalInference(
        model: plan.models.count, arguments: Array(held.names.prefix(spec.arguments.count)),
        sticky: spec.sticky == nil ? nil : held.names.last, columns: spec.columns))
    plan.models.append(spec.model)
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
}
