import Diagnostics
import Plans
import Schemas
import Syntax

/// `[left|right|full|semi|anti] join OTHER [as n] on … within …`
extension StreamChecker {
  func join(_ join: JoinStageSyntax, _ stage: StageSyntax) {
    let other = graph.output(join.other)
    let bounds = bounds(of: join, stage)
    if let time = join.expireAfter { report(StageProblem.later("`expire after`"), at: time.span) }
    requireEventTime("join", stage)
    if !other.isUnknown { requireEventTime("join", of: other, at: join.other.span) }
    guard !current.isUnknown, !other.isUnknown else { return lose() }
    checkAlias(join, other)
    let windowed = isSameWindow(join) ? haveWindows(join, other, stage) : []
    let named = join.on.compactMap { sharedColumn($0, join, other) }
    let row = JoinedRow(
      JoinSpec.Kind(join.kind), current.scope, other.scope, alias: join.alias?.text,
      shared: named + windowed)
    if let clash = row.clash, !row.isFilter {
      report(JoinProblem.clash(clash, stream: name(join.other)), at: join.other.span)
    }
    var conditions = JoinConditions()
    let equal = ExpressionChecker(definitions, row.condition)
    for name in named + windowed { addKey(name, other, equal, join, to: &conditions) }
    for item in join.on where !item.isName {
      let condition = equal.condition(item, place: "what `on` takes")
      if condition.type != .unknown { conditions.add(condition, at: item.span, row) }
    }
    finish(join, stage, other, row, conditions, bounds, named + windowed)
  }

  /// Adds the step, or after a mistake only its columns.
  private func finish(
    _ join: JoinStageSyntax, _ stage: StageSyntax, _ other: StreamOutput, _ row: JoinedRow,
    _ conditions: JoinConditions, _ bounds: (before: Int64, after: Int64)?, _ shared: [String]
  ) {
    let word = row.kind.word
    var types: [String: (number: Int, type: DataType)] = [:]
    for (number, key) in conditions.keys.enumerated() {
      if let name = key.shared { types[name] = (number, key.left.type) }
    }
    let columns = row.columns(keyTypes: types)
    let result = row.result(columns)
    let isWrong = definitions.log.hasError(within: stage.span)
    if conditions.keys.isEmpty, !isWrong {
      let place = join.on.first?.span ?? stage.keyword.span
      report(JoinProblem.noEquality(alias: join.alias?.text), at: place)
    }
    let undecided = conditions.rest.filter { !$0.isDecidable(row.kind) }
    if !isWrong, let first = undecided.first {
      report(JoinProblem.undecided(stage: word), at: first.span)
    }
    guard let bounds, !isWrong, !conditions.keys.isEmpty, undecided.isEmpty else {
      return current.scope = result
    }
    let left = filtered(current, conditions.rest.filter { $0.reads == .left }, stage)
    let right = filtered(other, conditions.rest.filter { $0.reads == .right }, stage)
    let spec = JoinSpec(
      kind: row.kind, leftKeys: conditions.keys.map(\.left),
      rightKeys: conditions.keys.map(\.right), before: bounds.before, after: bounds.after,
      columns: columns.map { JoinedColumn($0.field.name, $0.source) })
    var steps = [left, right].map(\.node).filter {
      $0 != current.input.node && $0 != other.input.node
    }
    steps.append(
      add(.join(spec), "join", result, stage, inputs: [left, right], hasEventTime: true))
    let both = conditions.rest.filter { $0.reads == .both }.map(\.condition)
    if !both.isEmpty { steps.append(add(.filter(Self.all(both)), "on", result, stage)) }
    // Where rows go that fail is said of all of them.
    guard steps.contains(where: { graph.nodes[$0].kind.isFallible }) else { return }
    for step in steps where !graph.nodes[step].kind.isFallible { graph.writtenRoutes[step] = nil }
  }

  private func isSameWindow(_ join: JoinStageSyntax) -> Bool {
    if case .sameWindow? = join.bounds { true } else { false }
  }

  private static func all(_ conditions: [Expression]) -> Expression {
    if conditions.count == 1 { return conditions[0] }
    let isNullable = conditions.contains(where: \.isNullable)
    return Expression(.and(conditions), FieldType(.bool, nullable: isNullable))
  }

  /// The rows of a side that can have a match at all.
  private func filtered(
    _ output: StreamOutput, _ conditions: [JoinConditions.Rest], _ stage: StageSyntax
  ) -> LogicalInput {
    guard !conditions.isEmpty else { return output.input }
    let route = stage.errorRoute.flatMap { graph.route($0) }
    let node = graph.add(
      LogicalNode(
        id: graph.makeID(stream, "on"), kind: .filter(Self.all(conditions.map(\.condition))),
        inputs: [output.input], schema: output.scope.schema, hasEventTime: output.hasEventTime,
        errorRoute: route, line: definitions.line(stage.span)), at: stage.keyword.span)
    graph.routePlaces[node] = stage.span.after
    if graph.nodes[node].kind.isFallible {
      stages.append(
        ResolvedStream.Stage(
          name: stage.name?.text, outputs: [.errors: graph.errors(of: node)]))
    }
    return LogicalInput(node: node)
  }

  private func name(_ reference: StreamReferenceSyntax) -> String {
    definitions.text(reference.span)
  }

  private func checkAlias(_ join: JoinStageSyntax, _ other: StreamOutput) {
    guard let alias = join.alias else { return }
    let scope = current.scope
    let taken = scope.sides + (scope.fields + other.scope.fields).map(\.name) + ["meta", "param"]
    if taken.contains(alias.text) { report(StageProblem.sideClash(alias.text), at: alias.span) }
  }

  /// `on c`: the name, if both streams have it.
  private func sharedColumn(
    _ item: ExpressionSyntax, _ join: JoinStageSyntax, _ other: StreamOutput
  ) -> String? {
    guard case .name(let name) = item.kind else { return nil }
    let there = other.scope.field(named: name.text).flatMap { $0.isHidden ? nil : $0 }
    guard current.scope.field(named: name.text) != nil, there != nil else {
      report(
        JoinProblem.notShared(
          name.text, stream: self.name(join.other), here: there == nil,
          there: other.scope.visibleNames), at: item.span)
      return nil
    }
    return name.text
  }

  /// A key of a name that both streams have.
  private func addKey(
    _ name: String, _ other: StreamOutput, _ equal: ExpressionChecker, _ join: JoinStageSyntax,
    to conditions: inout JoinConditions
  ) {
    guard let left = current.scope.field(named: name), let right = other.scope.field(named: name)
    else { return }
    let place = join.on.first { $0.isName(name) }?.span ?? join.other.span
    let both = equal.compare("equal", Typed(.column(left)), Typed(.column(right)), at: place)
    guard case .call(_, let operands) = both.expression.node, operands.count == 2 else { return }
    conditions.keys.append(
      JoinConditions.Key(left: operands[0], right: operands[1], shared: name, span: place))
  }
}

/// Spans of time.
extension StreamChecker {
  /// Microseconds before and after; nil where they are wrong or come later, which is reported.
  private func bounds(
    of join: JoinStageSyntax, _ stage: StageSyntax
  ) -> (before: Int64, after: Int64)? {
    switch join.bounds {
    case .around(let span): return bound(span).map { ($0, $0) }
    case .before(let span): return bound(span).map { ($0, 0) }
    case .after(let span): return bound(span).map { (0, $0) }
    case .beforeAndAfter(let first, let second):
      let (before, after) = (bound(first), bound(second))
      guard let before, let after else { return nil }
      return (before, after)
    case .sameWindow: return (0, 0)
    case .between(let low, let high):
      report(StageProblem.later("`within between`"), at: low.span.joined(high.span))
      return nil
    case nil:
      report(
        StageProblem.later("a `\(JoinSpec.Kind(join.kind).word)` without `within`"),
        at: stage.keyword.span)
      return nil
    }
  }

  private func bound(_ syntax: ExpressionSyntax) -> Int64? {
    positive(syntax, "a bound of `within`")
  }

  /// The columns that say a row's window, where both streams are of windows.
  private func haveWindows(
    _ join: JoinStageSyntax, _ other: StreamOutput, _ stage: StageSyntax
  ) -> [String] {
    if !isWindowed(current.input) {
      report(JoinProblem.noWindows(stream: nil), at: stage.keyword.span)
      return []
    }
    if !isWindowed(other.input) {
      report(JoinProblem.noWindows(stream: name(join.other)), at: join.other.span)
      return []
    }
    let bounds = ["window_start", "window_end"]
    return bounds.filter { bound in !join.on.contains { $0.isName(bound) } }
  }

  /// Whether rows have the bounds of the window that they came out of.
  private func isWindowed(_ input: LogicalInput) -> Bool {
    guard input.output == .main || input.output == .late || input.output == .unmatched else {
      return false
    }
    let node = graph.nodes[input.node]
    if input.output == .main {
      switch node.kind {
      case .window: return true
      case .project(let columns):
        let names = ["window_start", "window_end"]
        let kept = columns.filter {
          names.contains($0.name) && $0.expression.node == .column($0.name)
        }
        guard kept.count == names.count else { return false }
      case .source, .table, .fold, .funnel, .sink: return false
      case .join(let spec): return isWindowed(node, spec)
      case .filter, .enrich, .union, .flatten, .sample, .limit, .keyBy, .dedupe, .top, .over,
        .throttle:
        break
      }
    }
    let before = input.output == .main ? node.inputs : Array(node.inputs.prefix(1))
    return !before.isEmpty && before.allSatisfy(isWindowed)
  }
}

extension StreamChecker {
  /// The bounds may be of either side, or of both.
  private func isWindowed(_ node: LogicalNode, _ spec: JoinSpec) -> Bool {
    let kept = ["window_start", "window_end"].map { name -> Set<Int> in
      switch spec.columns.first(where: { $0.name == name })?.source {
      case .left(name)?: [0]
      case .right(name)?: [1]
      case .key(let number)? where spec.leftKeys[number].node == .column(name): [0, 1]
      default: []
      }
    }
    guard !kept[0].isEmpty, kept[0] == kept[1] else { return false }
    return kept[0].allSatisfy { isWindowed(node.inputs[$0]) }
  }
}

extension JoinSpec.Kind {
  fileprivate init(_ kind: JoinStageSyntax.Kind) {
    switch kind {
    case .inner: self = .inner
    case .left: self = .left
    case .right: self = .right
    case .full: self = .full
    case .semi: self = .semi
    case .anti: self = .anti
    }
  }
}

extension ExpressionSyntax {
  fileprivate var isName: Bool { if case .name = kind { true } else { false } }

  fileprivate func isName(_ text: String) -> Bool {
    if case .name(let name) = kind { name.text == text } else { false }
  }
}
