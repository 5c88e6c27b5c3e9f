import Optimizer
package import Plans
import Schemas

/// Plans that show what a definition computes without writing anywhere.
extension Compilation {
  /// All that `plan(observing:)` knows: streams and their further outputs (`views`, `views.late`)
  /// in alphabetical order, then the stages (`views.enrich`) in the plan's. What comes of calls is
  /// not among them, for who only looks calls nobody.
  package var observable: [String] {
    let stages = logical?.nodes.filter(\.isStream).map(\.id.name) ?? []
    let names = streams.keys.sorted() + stages.filter { streams[$0] == nil }
    return names.filter { outputs(of: $0) != nil }
  }

  /// The plan that carries out a test: all sources and tables are `memory` connectors under their
  /// own names, and so are the sinks, one for each stream that the test expects rows of. Tasks stay
  /// as they are: who runs the test answers their calls.
  package func plan(for test: PipelineTest) -> PhysicalPlan? {
    let names = Set(test.expectations.map(\.stream)).sorted()
    guard let plan = plan(observing: names, makesCalls: true) else { return nil }
    return physical(withMemoryInputs(plan))
  }

  /// The plan whose only output is a `memory` sink of that name with the rows that leave a stream
  /// or a stage. Nil for a name that is not `observable`.
  package func plan(observing name: String) -> PhysicalPlan? {
    guard outputs(of: name) != nil, let plan = plan(observing: [name]) else { return nil }
    return physical(plan)
  }

  private func physical(_ plan: LogicalPlan) -> PhysicalPlan {
    PhysicalPlanner.plan(Optimization.optimise(plan).plan)
  }

  /// The definition's own sinks are not in it, and what it would send to dead letters is skipped.
  /// A name that this definition does not have is left out.
  private func plan(observing names: [String], makesCalls: Bool = false) -> LogicalPlan? {
    guard var plan = logical else { return nil }
    for index in plan.nodes.indices {
      plan.nodes[index].errorRoute = plan.nodes[index].errorRoute.map(withoutDeadLetter)
      // A step that nobody reads is left out. Where no calls are made nothing that is observed
      // stands behind one.
      let kind = plan.nodes[index].kind
      if kind.isEnd, !(makesCalls && kind.makesCalls) { plan.nodes[index].kind = .union }
    }
    plan.errorRoute = withoutDeadLetter(plan.errorRoute)
    for name in names {
      guard let outputs = outputs(of: name, behindCalls: makesCalls) else { continue }
      addSink(name, joined(outputs, name, &plan), to: &plan)
    }
    return plan
  }

  private func outputs(of name: String, behindCalls: Bool = false) -> [LogicalInput]? {
    let outputs =
      streams[name]
      ?? logical?.nodes.firstIndex { $0.isStream && $0.id.name == name }
      .map { [LogicalInput(node: $0)] }
    guard let outputs, behindCalls || !isBehindCalls(outputs) else { return nil }
    return outputs
  }

  private func isBehindCalls(_ outputs: [LogicalInput]) -> Bool {
    guard let logical else { return false }
    var open = outputs.map(\.node)
    var seen: Set<LogicalPlan.NodeID> = []
    while let next = open.popLast() {
      guard seen.insert(next).inserted else { continue }
      if logical.nodes[next].kind.makesCalls { return true }
      open += logical.nodes[next].inputs.map(\.node)
    }
    return false
  }

  private func withMemoryInputs(_ plan: LogicalPlan) -> LogicalPlan {
    var plan = plan
    let memory = ConnectorSpec(connector: "memory", options: [])
    for index in plan.nodes.indices {
      switch plan.nodes[index].kind {
      case .source(var spec):
        spec.connector = memory
        plan.nodes[index].kind = .source(spec)
      case .table(var spec):
        spec.connector = memory
        // Its rows are given, so there is nobody to ask.
        (spec.lookup, spec.refresh) = (nil, nil)
        plan.nodes[index].kind = .table(spec)
      case .infer(let spec): plan.nodes[index].kind = .infer(spec.given)
      default: break
      }
    }
    return plan
  }

  private func withoutDeadLetter(_ route: ErrorRoute) -> ErrorRoute {
    if case .deadLetter = route { return .skip }
    return route
  }

  /// Several outputs, all of errors, as one.
  private func joined(
    _ outputs: [LogicalInput], _ name: String, _ plan: inout LogicalPlan
  ) -> LogicalInput {
    if outputs.count == 1 { return outputs[0] }
    plan.nodes.append(
      LogicalNode(
        id: OperatorID("\(name).observed"), kind: .union, inputs: outputs,
        schema: PhysicalOperator.errorSchema, hasEventTime: false))
    return LogicalInput(node: plan.nodes.count - 1)
  }

  private func addSink(_ name: String, _ output: LogicalInput, to plan: inout LogicalPlan) {
    let node = plan.nodes[output.node]
    let schema: Schema =
      switch output.output {
      case .main, .capped, .failed: node.schema
      case .late, .unmatched:
        node.inputs.first.map { plan.nodes[$0.node].schema } ?? node.schema
      case .expired: node.kind.expiredSchema ?? node.schema
      case .errors: PhysicalOperator.errorSchema
      }
    let spec = SinkSpec(
      name: name, connector: ConnectorSpec(connector: "memory", options: []),
      encoding: EncodingSpec(), delivery: .exactlyOnce)
    plan.nodes.append(
      LogicalNode(
        id: OperatorID("\(name).test"), kind: .sink(spec), inputs: [output], schema: schema,
        hasEventTime: node.hasEventTime))
  }
}
