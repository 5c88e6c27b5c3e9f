package import Plans

/// Leaves out what no sink and no call depends on.
package struct UnusedStepRemoval: OptimizerRule {
  package let name = "UnusedStepRemoval"

  package init() {}

  package func apply(_ plan: LogicalPlan) -> LogicalPlan {
    plan.keeping(plan.usedNodes)
  }
}

extension LogicalPlan {
  /// The plan without the other steps; no step that stays may read one that goes.
  func keeping(_ kept: Set<NodeID>) -> LogicalPlan {
    var places: [NodeID: NodeID] = [:]
    var result = self
    result.nodes = []
    for id in nodes.indices where kept.contains(id) {
      places[id] = result.nodes.count
      result.nodes.append(nodes[id].moving(places))
    }
    return result
  }

  /// The plan without these steps, which have an input: what read one reads its input.
  /// O(nodes + edges).
  func bypassing(_ gone: Set<NodeID>) -> LogicalPlan {
    if gone.isEmpty { return self }
    var result = self
    // A step that goes stands before its readers, so where it reads is known by then.
    for index in result.nodes.indices {
      result.nodes[index].inputs = result.nodes[index].inputs.map { input in
        guard input.output == .main, gone.contains(input.node) else { return input }
        return result.nodes[input.node].inputs.first ?? input
      }
    }
    return result.keeping(Set(nodes.indices).subtracting(gone))
  }
}

extension LogicalNode {
  /// With its inputs (and its table) at their new places.
  func moving(_ places: [LogicalPlan.NodeID: LogicalPlan.NodeID]) -> LogicalNode {
    var result = self
    result.inputs = inputs.map {
      LogicalInput(node: places[$0.node] ?? $0.node, output: $0.output)
    }
    result.kind = kind.movingTable { places[$0] ?? $0 }
    return result
  }

  /// With all its expressions changed.
  func mapExpressions(_ change: (Expression) -> Expression) -> LogicalNode {
    func named(_ columns: [NamedExpression]) -> [NamedExpression] {
      columns.map { $0.replacing(change($0.expression)) }
    }
    var result = self
    switch kind {
    case .source, .table, .union, .sample, .limit, .throttle: break
    case .dedupe(var spec):
      spec.keys = spec.keys.map(change)
      result.kind = .dedupe(spec)
    case .top(let spec): result.kind = .top(spec.mapExpressions(change))
    case .fold(let spec): result.kind = .fold(spec.mapExpressions(change))
    case .funnel(let spec): result.kind = .funnel(spec.mapExpressions(change))
    case .match(let spec): result.kind = .match(spec.mapExpressions(change))
    case .join(let spec): result.kind = .join(spec.mapExpressions(change))
    case .frequencyCap(let spec): result.kind = .frequencyCap(spec.mapExpressions(change))
    case .attribute(let spec): result.kind = .attribute(spec.mapExpressions(change))
    case .over(let spec): result.kind = .over(spec.mapExpressions(change))
    case .infer(let spec): result.kind = .infer(spec.mapExpressions(change))
    case .execute(let spec): result.kind = .execute(spec.mapExpressions(change))
    case .running(let spec): result.kind = .running(spec.mapExpressions(change))
    case .keyBy(let keys): result.kind = .keyBy(keys.map(change))
    case .filter(let condition): result.kind = .filter(change(condition))
    case .project(let columns): result.kind = .project(named(columns))
    case .enrich(var spec):
      spec.keys = spec.keys.map(change)
      result.kind = .enrich(spec)
    case .asOf(var spec):
      spec.keys = spec.keys.map(change)
      result.kind = .asOf(spec)
    case .flatten(var spec):
      // The column that is dropped stays one.
      if spec.droppedColumn == nil { spec.list = change(spec.list) }
      result.kind = .flatten(spec)
    case .window(var spec):
      spec.keys = named(spec.keys)
      spec.results = named(spec.results)
      spec.aggregates = spec.aggregates.map { $0.mapExpressions(change) }
      result.kind = .window(spec)
    case .sink(var spec):
      spec.encoding.headers = named(spec.encoding.headers)
      spec.encoding.tombstone = spec.encoding.tombstone.map(change)
      result.kind = .sink(spec)
    }
    return result
  }
}

extension AggregateCall {
  func mapExpressions(_ change: (Expression) -> Expression) -> AggregateCall {
    var result = self
    result.arguments = arguments.map(change)
    result.filter = filter.map(change)
    return result
  }
}
