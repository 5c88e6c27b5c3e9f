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
    var step = PhysicalTask(
      task: plan.tasks.count, carried: kept.fields.map(\.name), read: task.columnsRead,
      columns: spec.columns)
    var edges = [edge]
    if let steering = spec.steering {
      step.steering = steer(steering, key: names[steering.key] ?? steering.key)
      edges += inputs.dropFirst().map { orders(id, steering, $0) }
    }
    plan.tasks.append(task)
    let done = append(id, node.id, .execute(step), edges, node.schema, canFail: false)
    outputs[LogicalInput(node: id)] = done
    outputs[LogicalInput(node: id, output: .failed)] = PhysicalEdge(
      from: done.from, output: .failed)
  }

  private func steer(_ spec: SteeringSpec, key: String) -> PhysicalSteering {
    var loaded: Int?
    if case .loaded(let table) = spec.rows { loaded = tables[table] }
    return PhysicalSteering(
      table: spec.table, key: key, tableKey: spec.tableKey, state: SteeringSpec.stateColumn,
      rate: spec.hasRate ? SteeringSpec.rateColumn : nil, deleted: Self.deletedColumn,
      loaded: loaded, isReadFirst: spec.rows == .table, isRequired: spec.isRequired)
  }

  private static let deletedColumn = "$deleted"

  /// The rows of a table to all workers, those of a key in one order everywhere: that of its owner.
  private mutating func orders(
    _ id: LogicalPlan.NodeID, _ spec: SteeringSpec, _ table: PhysicalEdge
  ) -> PhysicalEdge {
    let (stage, held) = (logical.nodes[id].id, schema(of: table))
    let stamps = [
      Field("$version", .timestamp, hidden: true),
      Field(Self.deletedColumn, .bool, hidden: true),
    ]
    var rows = append(
      id, OperatorID("\(stage).table"), .latestRows, [table], Schema(held.fields + stamps),
      canFail: false)
    rows.exchange = .key([spec.tableKey])
    let kept = Schema(spec.columns.compactMap { held.field(named: $0) } + stamps.suffix(1))
    var orders = append(
      id, OperatorID("\(stage).orders"), .project(identity(kept)), [rows], kept, canFail: false)
    orders.exchange = .broadcast
    return orders
  }
}
