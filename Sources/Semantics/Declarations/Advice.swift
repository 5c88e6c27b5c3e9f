import Diagnostics
import Plans
import Schemas
import Syntax

/// Warnings of a sound definition: what is never used, and what stops the pipeline when a row
/// fails.
struct Advice {
  let graph: StreamGraph
  /// What tests look at.
  let expected: [String: LogicalInput]

  let declarations: [DeclarationSyntax]

  func give() {
    let inputs = graph.nodes.flatMap(\.inputs)
    let readErrors = Set(inputs.filter { $0.output == .errors }.map(\.node))
    for (index, node) in graph.nodes.enumerated() {
      warnOfRoute(node, index, readErrors)
      warnOfIdleRoute(node, index)
      warnOfState(node, index)
      warnOfSpread(node, index)
    }
    warnOfIdleness()
    warnOfUnusedNames()
    warnOfUnusedParameters()
    warnOfPrints()
  }

  private func warnOfRoute(_ node: LogicalNode, _ index: Int, _ readErrors: Set<Int>) {
    guard node.errorRoute == nil, graph.pipelineRoute == nil, !readErrors.contains(index) else {
      return
    }
    switch node.kind {
    case .source(let source):
      if source.connector.connector == "memory" { return }
      let fix = graph.adding("on_error: skip", toSource: source.name)
      graph.definitions.log.report(
        StageProblem.undecodable(source: source.name, fix: fix), at: graph.spans[index])
    case .sink, .table: return
    default:
      var labels = failures(node, index)
      if labels.isEmpty { return }
      let first = labels.removeFirst()
      let fix = graph.routePlaces[index].map { Edit($0, " on_error skip") }
      graph.definitions.log.report(
        StageProblem.fallible(
          stage: graph.word(ofStep: index), reasons: first.text, others: labels, fix: fix),
        at: first.span)
    }
  }

  /// Of a stage of hundreds of columns that may fail a reader wants to see some.
  private static let mostFailures = 8

  /// What can fail in a step, each at its column, or at the stage where it is for none.
  private func failures(_ node: LogicalNode, _ index: Int) -> [Label] {
    let (made, given) = (NonzeroFacts(columns: node.kind.counts), nonzero(node))
    var labels: [Label] = []
    for (column, expression, seesRow) in node.kind.values {
      let place = column.flatMap { graph.columnSpans[index]?[$0] }
      let span = place ?? graph.spans[index]
      guard !labels.contains(where: { $0.span == span }),
        let reason = reason(expression, seesRow ? given : made)
      else { continue }
      labels.append(Label(span, place == nil ? reason : "`\(column ?? "")`: \(reason)"))
      if labels.count == Self.mostFailures { break }
    }
    return labels
  }

  /// A route that no row can take.
  private func warnOfIdleRoute(_ node: LogicalNode, _ index: Int) {
    guard let route = graph.writtenRoutes[index], !node.kind.isFallible else { return }
    let stage = graph.word(ofStep: index)
    let clause = graph.definitions.clause("on_error", before: route)
    graph.definitions.log.report(
      StageProblem.infallible(
        stage: stage, removal: clause.map { Edit(graph.definitions.withBlanksBefore($0), "") }),
      at: clause ?? route)
  }

  /// What can happen on ordinary data, if anything. `nonzero`: what is known not to be zero.
  private func reason(_ expression: Expression, _ nonzero: NonzeroFacts) -> String? {
    guard expression.fallibility == .data else { return nil }
    // What can be computed now and does not fail never will.
    if expression.isConstant, ConstantEvaluation.value(of: expression) != nil { return nil }
    for (operand, known) in nonzero.operands(of: expression) {
      if let reason = reason(operand, known) { return reason }
    }
    switch expression.node {
    case .cast(let operand, let isTry):
      let isTotal = CastRules.verdict(from: operand.type, to: expression.type) == .total
      if isTry || isTotal { return nil }
      return "not every \(operand.type) is \(article(FieldType(expression.type)))"
    case .call(let name, let arguments) where ["divide", "modulo", "div"].contains(name):
      if let divisor = arguments.last, nonzero.isOtherThanZero(divisor) { return nil }
      return "a division by zero"
    case .call(let name, let arguments):
      let signature = FunctionCatalogue.signature(of: name, types: arguments.map(\.type))
      if signature?.fallibility == .data { return "`\(name)` can fail" }
      guard let signature, FunctionSignature.name(triedBy: name) == nil,
        signature.hasVaryingSetting(arguments)
      else { return nil }
      return "`\(name)` fails where a pattern, zone or path of a row makes no sense"
    default: return nil
    }
  }

  /// Of a chain of thousands the last few are looked at, or it would take its time.
  private static let mostFilters = 16

  /// What is known of a step's rows: of the aggregates that it makes, and what the steps before
  /// have left.
  private func nonzero(_ node: LogicalNode) -> NonzeroFacts {
    var facts = NonzeroFacts(columns: node.kind.counts)
    guard let input = node.inputs.first, input.output == .main else { return facts }
    var behind = input.node
    // Of the filters that stand directly before the step.
    for _ in 0..<Self.mostFilters {
      guard case .filter(let condition) = graph.nodes[behind].kind else { break }
      facts.add(.whenTrue(condition))
      guard let next = graph.nodes[behind].inputs.first, next.output == .main else { break }
      behind = next.node
    }
    return facts
  }
}

extension LogicalKind {
  /// What is computed, for which column where it is for one, and whether its names are those of the
  /// step's rows.
  fileprivate var values: [(column: String?, expression: Expression, seesRow: Bool)] {
    switch self {
    case .project(let columns): return columns.map { ($0.name, $0.expression, true) }
    case .window(let spec):
      return Self.named(spec.keys) + Self.values(spec.aggregates, spec.results)
    case .over(let spec):
      return spec.keys.map { (nil, $0, true) }
        + Self.values(spec.aggregates, spec.results, seeRow: true)
    case .running(let spec):
      return Self.named(spec.keys) + Self.values(spec.aggregates, spec.results)
    case .match(let spec):
      return Self.named(spec.keys) + spec.steps.map { (nil, $0.expression, true) }
        + spec.before.flatMap(\.inputs).map { (nil, $0, true) }
        + Self.values(spec.aggregates, spec.results)
    case .fold(let spec):
      return spec.keys.map { (nil, $0, true) } + Self.named(spec.columns)
    case .join(let spec):
      return spec.leftInputs.map { (nil, $0, true) }
        + spec.rightInputs.map { (nil, $0, false) }
    case .attribute(let spec):
      return spec.leftKeys.map { (nil, $0, true) } + [(spec.credit, spec.value, true)]
        + (spec.rightKeys + spec.conditions).map { (nil, $0, false) }
    default: return expressions.map { (nil, $0, true) }
    }
  }

  private static func named(
    _ columns: [NamedExpression]
  ) -> [(column: String?, expression: Expression, seesRow: Bool)] {
    columns.map { ($0.name, $0.expression, true) }
  }

  /// Results see the keys, which may be called as columns of the row are.
  private static func values(
    _ aggregates: [AggregateCall], _ results: [NamedExpression], seeRow: Bool = false
  ) -> [(column: String?, expression: Expression, seesRow: Bool)] {
    let readers = results.firstReaders
    return aggregates.flatMap { call in call.inputs.map { (readers[call.name], $0, true) } }
      + results.map { ($0.name, $0.expression, seeRow) }
  }

  /// Plain `count()`s: a window or match without rows does not exist, and a row's frame holds
  /// itself.
  fileprivate var counts: Set<String> {
    let aggregates: [AggregateCall]
    switch self {
    case .window(let spec): aggregates = spec.aggregates
    case .over(let spec): aggregates = spec.aggregates
    case .running(let spec): aggregates = spec.aggregates
    case .match(let spec): aggregates = spec.aggregates.filter { $0.step == nil }
    default: return []
    }
    let plain = aggregates.filter {
      $0.function == "count" && $0.arguments.isEmpty && $0.filter == nil
    }
    return Set(plain.map(\.name))
  }
}
