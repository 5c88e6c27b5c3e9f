import Plans
import Schemas

extension PhysicalBuilder {
  /// What the task says of a row is computed before, and rows of a key come to one worker.
  mutating func addExecute(
    _ id: LogicalPlan.NodeID, _ spec: ExecuteSpec, _ inputs: [PhysicalEdge]
  ) {
    let node = logical.nodes[id]
    guard let input = inputs.first else { return }
    let kept = Schema(Array(node.schema.fields.dropLast(spec.columns.count)))
    let held = hold(id, spec.values.map(\.expression), kept, input)
    let names = Dictionary(
      zip(spec.values.map(\.name), held.names), uniquingKeysWith: { first, _ in first })
    let task = spec.task.renamed { names[$0] ?? $0 }
    var edge = held.edge
    edge.exchange = .key([task.keyColumn])
    let step = PhysicalTask(
      task: plan.tasks.count, carried: kept.fields.map(\.name), read: task.columnsRead,
      columns: spec.columns)
    plan.tasks.append(task)
    let done = append(id, node.id, .execute(step), [edge], node.schema, canFail: false)
    outputs[LogicalInput(node: id)] = done
    outputs[LogicalInput(node: id, output: .failed)] = PhysicalEdge(
      from: done.from, output: .failed)
  }
}
