package import Plans
import Schemas

/// Turns a logical plan into operators: windows in two phases with an exchange by key between them,
/// expressions of keys and arguments in projections, error routes as sinks.
package enum PhysicalPlanner {
  /// Steps that no sink and no call depends on are left out. O(nodes + edges).
  package static func plan(_ logical: LogicalPlan) -> PhysicalPlan {
    var builder = PhysicalBuilder(logical)
    let used = logical.usedNodes
    for id in logical.nodes.indices where used.contains(id) { builder.add(id) }
    builder.addDeadLetters()
    var plan = builder.plan
    TimeTelling.mark(&plan)
    AnswerStability.decide(&plan)
    HandOver.insert(into: &plan)
    SegmentNumbering.number(&plan)
    return plan
  }
}

/// A physical plan while it is made.
struct PhysicalBuilder {
  let logical: LogicalPlan
  let readers: ReaderCounts
  var plan: PhysicalPlan
  /// Where the outputs of each step come out.
  var outputs: [LogicalInput: PhysicalEdge] = [:]
  var tables: [LogicalPlan.NodeID: Int] = [:]
  /// Tables that are asked.
  var lookups: [LogicalPlan.NodeID: Int] = [:]
  /// The operators of each step that can fail.
  var fallible: [LogicalPlan.NodeID: [PhysicalPlan.Index]] = [:]
  private let largestWindow: Int64

  init(_ logical: LogicalPlan) {
    self.logical = logical
    readers = ReaderCounts(logical)
    plan = PhysicalPlan(
      pipeline: logical.pipeline, operators: [], tables: [], checkpoints: logical.checkpoints)
    largestWindow =
      logical.nodes.map { node in
        guard case .window(let spec) = node.kind else { return 0 }
        if case .session(let gap, _) = spec.kind { return gap }
        return spec.kind.length ?? 0
      }.max() ?? 0
  }

  mutating func add(_ id: LogicalPlan.NodeID) {
    let node = logical.nodes[id]
    let inputs = node.inputs.map { edge(to: $0) }
    switch node.kind {
    case .source(let spec): addSource(id, withDrift(spec))
    case .table(let spec) where spec.lookup != nil:
      lookups[id] = plan.lookups.count
      plan.lookups.append(spec)
      return
    case .table(let spec):
      tables[id] = plan.tables.count
      plan.tables.append(spec)
      return
    case .filter(let condition):
      append(id, node.id, .filter(condition), inputs, node.schema, canFail: condition.isFallible)
    case .project(let columns):
      append(
        id, node.id, .project(columns), inputs, node.schema,
        canFail: columns.contains { $0.expression.isFallible })
    case .flatten(let spec):
      append(id, node.id, .flatten(spec), inputs, node.schema, canFail: spec.list.isFallible)
    case .union: append(id, node.id, .union, inputs, node.schema, canFail: false)
    case .sink(let spec): addSink(id, spec, inputs)
    case .enrich(let spec): addEnrich(id, spec, inputs)
    case .infer(let spec): addInfer(id, spec, inputs)
    case .execute(let spec): addExecute(id, spec, inputs)
    case .window(let spec): addWindow(id, spec, inputs)
    case .sample(let spec):
      append(id, node.id, .sample(spec), inputs, node.schema, canFail: false)
    case .limit(let count): addLimit(id, count, inputs)
    case .keyBy(let keys): addKeyBy(id, keys, inputs)
    case .dedupe(let spec) where spec.keepsLast: addKeepLast(id, spec, inputs)
    case .dedupe(let spec): addDedupe(id, spec, inputs)
    case .top(let spec): addTop(id, spec, inputs)
    case .fold(let spec): addFold(id, spec, inputs)
    case .funnel(let spec): addFunnel(id, spec, inputs)
    case .match(let spec): addMatch(id, spec, inputs)
    case .join(let spec): addJoin(id, spec, inputs)
    case .attribute(let spec): addAttribute(id, spec, inputs)
    case .frequencyCap(let spec): addFrequencyCap(id, spec, inputs)
    case .asOf(let spec): addAsOf(id, spec, inputs)
    case .over(let spec): addOver(id, spec, inputs)
    case .running(let spec): addRunning(id, spec, inputs)
    case .throttle(let spec):
      append(id, node.id, .throttle(spec), inputs, node.schema, canFail: false)
    }
    if outputs[LogicalInput(node: id)] == nil {
      outputs[LogicalInput(node: id)] = PhysicalEdge(from: plan.operators.count - 1)
    }
  }

  /// The edge behind an output; several failing operators of a step come together in a union.
  private mutating func edge(to input: LogicalInput) -> PhysicalEdge {
    if let known = outputs[input] { return known }
    guard input.output == .errors else { return PhysicalEdge(from: 0) }
    // Where constants were computed no row may fail any more: an output that gives none.
    let main = outputs[LogicalInput(node: input.node)].map { [$0.from] }
    let sources = fallible[input.node] ?? main ?? []
    let edge = merged(
      sources.map { PhysicalEdge(from: $0, output: .errors) },
      OperatorID("\(logical.nodes[input.node].id).errors"))
    outputs[input] = edge
    return edge
  }

  /// One edge for several of the error schema.
  mutating func merged(_ edges: [PhysicalEdge], _ id: OperatorID) -> PhysicalEdge {
    if edges.count == 1 { return edges[0] }
    plan.operators.append(
      PhysicalOperator(
        id: id, kind: .union, inputs: edges, schema: PhysicalOperator.errorSchema, segment: 0))
    return PhysicalEdge(from: plan.operators.count - 1)
  }

  /// Adds an operator of a step. An operator that can't fail has no route.
  @discardableResult
  mutating func append(
    _ node: LogicalPlan.NodeID, _ id: OperatorID, _ kind: PhysicalKind, _ inputs: [PhysicalEdge],
    _ schema: Schema, canFail: Bool
  ) -> PhysicalEdge {
    let index = plan.operators.count
    if canFail { fallible[node, default: []].append(index) }
    plan.operators.append(
      PhysicalOperator(
        id: id, kind: kind, inputs: inputs, schema: schema, segment: 0,
        errorRoute: canFail ? route(of: node) : .fail))
    return PhysicalEdge(from: index)
  }

  private func route(of node: LogicalPlan.NodeID) -> PhysicalErrorRoute {
    if readers.isRead(node, .errors) { return .output }
    switch logical.route(of: node) {
    case .fail: return .fail
    case .skip: return .skip
    case .deadLetter: return .output
    }
  }

  /// A partition may run ahead by the largest window and the lateness, at least a minute.
  private func withDrift(_ spec: SourceSpec) -> SourceSpec {
    guard var time = spec.eventTime, time.maxDrift == nil else { return spec }
    let (sum, overflow) = largestWindow.addingReportingOverflow(time.lateness)
    time.maxDrift = max(60_000_000, overflow ? .max : sum)
    var result = spec
    result.eventTime = time
    return result
  }

  /// The fields that an edge brings.
  func schema(of edge: PhysicalEdge) -> Schema {
    let source = plan.operators[edge.from]
    switch edge.output {
    case .main, .capped, .failed: return source.schema
    case .expired: return source.kind.expiredSchema ?? source.schema
    case .errors: return PhysicalOperator.errorSchema
    case .late, .unmatched:
      return source.inputs.first.map { schema(of: $0) } ?? source.schema
    }
  }
}
