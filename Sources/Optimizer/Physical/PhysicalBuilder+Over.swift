import Plans
import Schemas

extension PhysicalBuilder {
  /// The rows in order behind an exchange by key, the step that looks at frames, and a projection
  /// of what it has found.
  mutating func addOver(_ id: LogicalPlan.NodeID, _ spec: OverSpec, _ inputs: [PhysicalEdge]) {
    let node = logical.nodes[id]
    guard let input = inputs.first else { return }
    let kept = Schema(Array(node.schema.fields.dropLast(spec.results.count)))
    let values = spec.inputs
    let held = hold(id, values, kept, punctual(id, input))
    let names = Dictionary(zip(values, held.names), uniquingKeysWith: { first, _ in first })
    let readers = spec.results.firstReaders
    let over = PhysicalOver(
      keys: spec.keys.compactMap { names[$0] }.distinct, frame: spec.frame,
      aggregates: spec.aggregates.map { aggregate($0, names, of: readers[$0.name]) })
    var edge = ordered(id, by: over.keys, held.edge)
    let row = schema(of: edge)
    let canFail = over.aggregates.contains {
      AggregateCatalogue.signature(named: $0.function, arguments: $0.arguments.count)?.isFallible
        ?? true
    }
    edge = append(id, node.id, .over(over), [edge], over.resultSchema(of: row), canFail: canFail)
    let results = spec.results.map { result in
      NamedExpression(
        result.name, result.expression,
        origin: NamedExpression.Origin(stage: node.id, column: result.name))
    }
    outputs[LogicalInput(node: id)] = append(
      id, OperatorID("\(node.id).result"), .project(identity(kept) + results), [edge], node.schema,
      canFail: spec.results.contains { $0.expression.isFallible })
  }

  /// A call whose arguments and filter are the columns of these names.
  func aggregate(
    _ call: AggregateCall, _ names: [Expression: String], of result: String?
  ) -> PhysicalWindow.Aggregate {
    PhysicalWindow.Aggregate(
      name: call.name, result: result, function: call.function,
      arguments: call.arguments.indices.map { index in
        if let setting = call.setting(index) { return .constant(setting) }
        let argument = call.arguments[index]
        return .column(Field(names[argument] ?? "", argument.fieldType))
      }, filter: call.filter.flatMap { names[$0] }, fieldType: call.fieldType)
  }
}

extension [String] {
  /// Each once, in their order.
  var distinct: [String] {
    var seen: Set<String> = []
    return filter { seen.insert($0).inserted }
  }
}
