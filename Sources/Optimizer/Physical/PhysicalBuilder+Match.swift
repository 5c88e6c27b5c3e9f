import Plans
import Schemas

extension PhysicalBuilder {
  /// The steps' conditions are computed where rows are read, so that rows which meet none go no
  /// further; of the others only the keys and what aggregates read wait for their turn.
  mutating func addMatch(_ id: LogicalPlan.NodeID, _ spec: MatchSpec, _ inputs: [PhysicalEdge]) {
    let node = logical.nodes[id]
    guard let input = inputs.first else { return }
    let mask = HeldName.mask("steps", spec.steps.map(\.expression))
    let readers = spec.results.firstReaders
    var names = Dictionary(
      spec.keys.map { ($0.expression, $0.name) }, uniquingKeysWith: { first, _ in first })
    var columns = spec.keys
    for call in spec.aggregates + spec.before {
      let origin = NamedExpression.Origin(stage: node.id, column: readers[call.name])
      for value in call.inputs where names[value] == nil {
        if value.node == .column(MatchSpec.timeName) {
          names[value] = MatchSpec.timeName
          continue
        }
        names[value] = columns.name(of: value, origin: origin)
      }
    }
    let origin = NamedExpression.Origin(stage: node.id, column: nil)
    let asks = asks(spec, names, &columns, schema(of: input), origin)
    columns.append(NamedExpression(mask, spec.steps.mask, origin: origin))
    let keys = spec.keys.map(\.field)
    let rows = rowsInOrder(
      id, input, columns, Schema(columns.map(\.field)), keys: keys.map(\.name),
      where: .isMet(mask))
    let match = PhysicalMatch(
      keys: keys, steps: spec.steps.map(\.name),
      conditions: spec.steps.map(\.expression.description), mask: mask, asks: asks,
      before: spec.before.map { measure($0, spec, names, of: nil) }, pattern: spec.pattern,
      span: spec.span, skip: spec.skip,
      measures: spec.aggregates.map { measure($0, spec, names, of: readers[$0.name]) })
    // There may be too many ways to go on, where steps ask.
    let canFail =
      !asks.isEmpty
      || match.measures.map(\.aggregate).contains {
        AggregateCatalogue.signature(named: $0.function, arguments: $0.arguments.count)?.isFallible
          ?? true
      }
    let found = append(id, node.id, .match(match), [rows], match.schema, canFail: canFail)
    let results = spec.results.map { result in
      NamedExpression(
        result.name, result.expression,
        origin: NamedExpression.Origin(stage: node.id, column: result.name))
    }
    outputs[LogicalInput(node: id)] = append(
      id, OperatorID("\(node.id).result"), .project(results), [found], node.schema,
      canFail: spec.results.contains { $0.expression.isFallible })
  }

  private func measure(
    _ call: AggregateCall, _ spec: MatchSpec, _ names: [Expression: String], of result: String?
  ) -> PhysicalMatch.Measure {
    PhysicalMatch.Measure(
      aggregate: aggregate(call, names, of: result),
      step: spec.steps.firstIndex { $0.name == call.step }, choice: call.choice)
  }

  /// What steps ask, over the columns that rows wait with.
  private func asks(
    _ spec: MatchSpec, _ names: [Expression: String], _ columns: inout [NamedExpression],
    _ row: Schema, _ origin: NamedExpression.Origin
  ) -> [PhysicalMatch.Ask] {
    var held: [String: String] = [:]
    for case .column(let name) in spec.askedColumns.map(\.node) where held[name] == nil {
      // What is known of a value within a condition is not known of the column.
      guard let field = row.field(named: name) else { continue }
      held[name] = names[.column(field)] ?? columns.name(of: .column(field), origin: origin)
    }
    return spec.asks.compactMap { ask in
      spec.steps.firstIndex { $0.name == ask.name }.map {
        PhysicalMatch.Ask(step: $0, condition: ask.expression.renaming(held))
      }
    }
  }
}
