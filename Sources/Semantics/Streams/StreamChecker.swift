import Diagnostics
import Plans
import Schemas
import Syntax

/// Checks one stream, stage after stage; each stage adds its steps to the plan.
final class StreamChecker {
  let graph: StreamGraph
  let definitions: Definitions
  let declaration: StreamDeclaration
  var current: StreamOutput
  var stages: [ResolvedStream.Stage] = []
  private var lacksStages = false
  private var documentation: String

  init(_ graph: StreamGraph, _ declaration: StreamDeclaration) {
    self.graph = graph
    self.declaration = declaration
    definitions = graph.definitions
    documentation = declaration.head.documentation
    current = .unknown
  }

  var stream: String { declaration.name.text }

  func check() -> ResolvedStream {
    if let input = declaration.input { current = graph.output(input) }
    var names: [String: Span] = [:]
    for stage in declaration.stages {
      // What was told; the rest would take its time.
      if graph.isFull { return ResolvedStream(main: .unknown) }
      if let name = stage.name { _ = definitions.isFirst(name, "stage", &names) }
      let count = stages.count
      definitions.recorder?.record(row: current.scope, before: stage.span)
      if takesUpdates(stage) { check(stage) }
      switch stage.kind {
      case .window, .dedupe, .fold, .funnel, .match, .join, .over, .attribute, .frequencyCap,
        .anomaly, .sessionize, .retention, .experiment, .execute:
        lacksStages = lacksStages || stages.count == count
      case .top: lacksStages = lacksStages || stages.count == count && !isRunningTop
      case .enrich(let enrich) where enrich.isRequired:
        lacksStages = lacksStages || stages.count == count
      default: break
      }
    }
    // A stream without a stage of its own has the outputs of nobody.
    return ResolvedStream(main: current, stages: stages, lacksStages: lacksStages)
  }

  /// Whether the step before is one that has no rows that are late.
  private var isRunningTop: Bool {
    guard graph.nodes.indices.contains(current.input.node),
      case .top(let spec) = graph.nodes[current.input.node].kind
    else { return false }
    return spec.running != nil
  }

  func report<P: Problem>(_ problem: @autoclosure () -> P, at span: Span) {
    definitions.log.report(problem(), at: span)
  }

  var checker: ExpressionChecker { ExpressionChecker(definitions, current.scope) }

  private func check(_ stage: StageSyntax) {
    switch stage.kind {
    case .filter(let condition): filter(condition, stage)
    case .map(let items): map(items, stage)
    case .with(let assignments): with(assignments, stage)
    case .drop(let columns): drop(columns, stage)
    case .rename(let renames): rename(renames, stage)
    case .union(let others): union(others, stage)
    case .flatten(let list, let name): flatten(list, as: name, stage)
    case .enrich(let enrich): self.enrich(enrich, stage)
    case .join(let join): self.join(join, stage)
    case .window(let window): self.window(window, stage)
    case .sample(let share): sample(share, stage)
    case .limit(let count): limit(count, stage)
    case .throttle(let rate): throttle(rate, stage)
    case .key(let keys): keyBy(keys, stage)
    case .dedupe(let dedupe): self.dedupe(dedupe, stage)
    case .top(let top): self.top(top, stage)
    case .fold(let fold): self.fold(fold, stage)
    case .funnel(let funnel): self.funnel(funnel, stage)
    case .match(let match): self.match(match, stage)
    case .over(let over): self.over(over, stage)
    case .attribute(let attribute): self.attribute(attribute, stage)
    case .frequencyCap(let caps): frequencyCap(caps, stage)
    case .anomaly(let anomaly): self.anomaly(anomaly, stage)
    case .sessionize(let sessions): sessionize(sessions, stage)
    case .retention(let retention): self.retention(retention, stage)
    case .experiment(let experiment): self.experiment(experiment, stage)
    case .aggregate(let by, let columns): running(by, columns, stage)
    case .infer(let model, let arguments, let name):
      infer(model, arguments, as: name, stage)
    case .execute(let execute): self.execute(execute, stage)
    case .missing: lose()
    }
  }

  /// From here on nothing is known of the rows, and nothing more is said about their columns.
  func lose() {
    current = .unknown
  }

  /// Adds a step behind the current one.
  func add(
    _ kind: LogicalKind, _ word: String, _ scope: RowScope, _ stage: StageSyntax,
    inputs: [LogicalInput]? = nil, hasEventTime: Bool? = nil, mode: StreamMode? = nil
  ) -> LogicalPlan.NodeID {
    let route = stage.errorRoute.flatMap { graph.route($0) }
    let input = current
    let node = graph.add(
      LogicalNode(
        id: graph.makeID(stream, word, name: stage.name?.text), kind: kind,
        inputs: inputs ?? [current.input], schema: scope.schema,
        mode: mode ?? graph.mode(of: current.input),
        hasEventTime: hasEventTime ?? current.hasEventTime, errorRoute: route,
        line: definitions.line(stage.span), documentation: takeDocumentation()),
      at: stage.keyword.span)
    graph.routePlaces[node] = stage.span.after
    graph.columnSpans[node] = stage.kind.columnSpans
    graph.writtenRoutes[node] = stage.errorRoute?.span
    current = StreamOutput(
      input: LogicalInput(node: node), scope: scope,
      hasEventTime: hasEventTime ?? input.hasEventTime)
    let outputs = asideOutputs(of: node, kind, scope, input)
    if !outputs.isEmpty {
      stages.append(ResolvedStream.Stage(name: stage.name?.text, outputs: outputs))
    }
    return node
  }

  /// What a step with these columns sets aside of its input.
  private func asideOutputs(
    of node: LogicalPlan.NodeID, _ kind: LogicalKind, _ scope: RowScope, _ input: StreamOutput
  ) -> [NodeOutput: StreamOutput] {
    var outputs: [NodeOutput: StreamOutput] = [:]
    if kind.isFallible { outputs[.errors] = graph.errors(of: node) }
    if kind.hasLateRows {
      // They come when their windows are long closed.
      var late = input.scope
      late.windowBounds = [:]
      outputs[.late] = StreamOutput(
        input: LogicalInput(node: node, output: .late), scope: late, hasEventTime: true)
    }
    if kind.setsUnmatchedAside {
      outputs[.unmatched] = StreamOutput(
        input: LogicalInput(node: node, output: .unmatched), scope: input.scope,
        hasEventTime: input.hasEventTime)
    }
    if case .frequencyCap = kind {
      outputs[.capped] = StreamOutput(
        input: LogicalInput(node: node, output: .capped), scope: scope, hasEventTime: true)
    }
    if kind.makesCalls {
      outputs[.failed] = StreamOutput(
        input: LogicalInput(node: node, output: .failed), scope: scope, hasEventTime: true)
    }
    if let expired = kind.expiredSchema {
      outputs[.expired] = StreamOutput(
        input: LogicalInput(node: node, output: .expired), scope: RowScope(expired.fields),
        hasEventTime: true)
    }
    return outputs
  }

  /// The stream's documentation, for its first step.
  private func takeDocumentation() -> String {
    defer { documentation = "" }
    return documentation
  }

  private func filter(_ syntax: ExpressionSyntax, _ stage: StageSyntax) {
    let condition = checker.condition(syntax, place: "what `where` takes")
    guard condition.type != .unknown, !current.isUnknown else { return }
    let facts = Facts.whenTrue(condition)
    var scope = current.scope
    for index in scope.fields.indices where facts.contains(scope.fields[index].name) {
      scope.fields[index].fieldType.isNullable = false
    }
    scope.settledParts.formUnion(facts)
    _ = add(.filter(condition), "where", scope, stage)
  }

  private func union(_ others: [StreamReferenceSyntax], _ stage: StageSyntax) {
    let outputs = [current] + others.map { graph.output($0) }
    guard !outputs.contains(where: \.isUnknown) else { return lose() }
    var fits = true
    for (reference, other) in zip(others, outputs.dropFirst()) {
      let differences = differences(current.scope, other.scope)
      if !differences.isEmpty {
        let name = definitions.text(reference.span)
        report(StageProblem.unionMismatch(stream: name, differences), at: reference.span)
        fits = false
      }
    }
    guard fits else { return }
    var scope = current.scope
    scope.settledParts = []
    scope.windowBounds = scope.windowBounds.filter { name, bound in
      outputs.allSatisfy { $0.scope.windowBounds[name] == bound }
    }
    scope.fields = scope.fields.compactMap { field in
      let same = outputs.compactMap { $0.scope.field(named: field.name) }
      // Only visible columns must be everywhere.
      guard same.count == outputs.count, same.allSatisfy({ $0.type == field.type }) else {
        return nil
      }
      let nullable = same.contains(where: \.isNullable)
      return Field(
        field.name, FieldType(field.type, nullable: nullable), hidden: field.isHidden)
    }
    let inputs = outputs.map { aligned($0, to: scope, stage) }
    let hasEventTime = outputs.allSatisfy(\.hasEventTime)
    // Two streams may have rows of one key.
    let isUpdating = outputs.contains { graph.mode(of: $0.input).isUpdating }
    _ = add(
      .union, "union", scope, stage, inputs: inputs, hasEventTime: hasEventTime,
      mode: isUpdating ? .updates(key: nil) : .append)
  }

  private func differences(_ a: RowScope, _ b: RowScope) -> [String] {
    var result: [String] = []
    for field in a.fields where !field.isHidden {
      guard let other = b.field(named: field.name), !other.isHidden else {
        result.append("it lacks `\(field)`")
        continue
      }
      if other.type != field.type {
        result.append("its `\(field.name)` is \(other.fieldType), here \(field.fieldType)")
      }
    }
    for field in b.fields where !field.isHidden && a.field(named: field.name) == nil {
      result.append("here is no `\(field)`")
    }
    return result
  }

  /// The columns of a union's input in the order of its output.
  private func aligned(
    _ output: StreamOutput, to scope: RowScope, _ stage: StageSyntax
  ) -> LogicalInput {
    if output.scope.fields.map(\.name) == scope.fields.map(\.name) { return output.input }
    let columns = scope.fields.compactMap { field in
      output.scope.field(named: field.name).map {
        NamedExpression(field.name, .column($0))
      }
    }
    let fields = columns.map { column in
      Field(
        column.name, column.expression.fieldType,
        hidden: scope.field(named: column.name)?.isHidden ?? false)
    }
    let node = graph.add(
      LogicalNode(
        id: graph.makeID(stream, "align"), kind: .project(columns), inputs: [output.input],
        schema: Schema(fields), mode: graph.mode(of: output.input, behind: columns),
        hasEventTime: output.hasEventTime,
        line: definitions.line(stage.span)), at: stage.keyword.span)
    return LogicalInput(node: node)
  }
}

extension StageKindSyntax {
  /// Where the names of new columns stand.
  fileprivate var columnSpans: [String: Span] {
    let names: [Identifier] =
      switch self {
      case .map(let items):
        items.compactMap { if case .computed(let it) = $0 { it.name } else { nil } }
      case .with(let columns): columns.map(\.name)
      case .window(let window): window.by.compactMap(\.name) + window.columns.map(\.name)
      case .over(let over): over.columns.map(\.name)
      case .aggregate(let by, let columns): by.compactMap(\.name) + columns.map(\.name)
      case .fold(let fold): fold.columns.map(\.name)
      case .match(let match):
        match.emit.compactMap { if case .computed(let it) = $0 { it.name } else { nil } }
      case .attribute(let attribute): [attribute.credit].compactMap(\.self)
      case .anomaly(let anomaly): [anomaly.name].compactMap(\.self)
      case .sessionize(let sessions): [sessions.name].compactMap(\.self)
      case .retention(let retention): retention.per.compactMap(\.name)
      default: []
      }
    return Dictionary(names.map { ($0.text, $0.span) }, uniquingKeysWith: { first, _ in first })
  }
}
