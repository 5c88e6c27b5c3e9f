import Diagnostics
import Plans
import Schemas
import Syntax

/// `[left|right|full|semi|anti] join OTHER [as n] on … [within …]`
extension StreamChecker {
  func join(_ join: JoinStageSyntax, _ stage: StageSyntax) {
    // Of a stream that is not there it was told.
    guard !join.other.stream.text.isEmpty else { return lose() }
    let other = graph.output(join.other)
    let bounds = bounds(join.bounds, of: join, stage)
    guard checkStreams(join, stage, other) else { return lose() }
    checkAlias(join, other)
    var keys = sharedColumns(join, other)
    let windows = windowKeys(join, other, stage)
    keys += windows ?? []
    let row = JoinedRow(
      JoinSpec.Kind(join.kind), current.scope, other.scope, alias: join.alias?.text,
      shared: keys.compactMap(\.name),
      bounds: Dictionary(
        (windows ?? []).filter { $0.name == nil }.map { ($0.left.name, $0.right.name) },
        uniquingKeysWith: { first, _ in first }),
      isSameWindow: isSameWindow(join))
    // Of rows that are of no windows, the bounds might be called alike as well.
    if let clash = row.clash, !row.isFilter, windows != nil {
      report(clash: clash, join, other)
    }
    let both = row.condition
    definitions.recorder?.record(joined: both, in: stage.span)
    var conditions = JoinConditions()
    let equal = ExpressionChecker(definitions, both)
    for key in keys { add(key, equal, to: &conditions) }
    for item in join.on where !item.isName {
      let condition = equal.condition(item, place: "what `on` takes")
      if condition.type != .unknown { conditions.add(condition, at: item.span, row) }
    }
    let most = StreamGraph.mostColumns
    if conditions.keys.count > most {
      report(StageProblem.tooManyKeys(most), at: conditions.keys[most].span)
      return lose()
    }
    let further = columnBounds(of: join, equal, row)
    finish(join, stage, other, row, conditions, bounds.map { ($0.before, $0.after, further) })
  }

  /// Adds the step, or after a mistake only its columns.
  private func finish(
    _ join: JoinStageSyntax, _ stage: StageSyntax, _ other: StreamOutput, _ row: JoinedRow,
    _ conditions: JoinConditions,
    _ bounds: (before: Int64, after: Int64, columns: JoinSpec.ColumnBounds?)?
  ) {
    let word = row.kind.word
    let columns = row.columns(keyTypes: conditions.keyTypes)
    var result = row.result(columns)
    // Their rows come at any time.
    if join.bounds == nil { result.windowBounds = [:] }
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
    var spec = JoinSpec(
      kind: row.kind, leftKeys: conditions.keys.map(\.left),
      rightKeys: conditions.keys.map(\.right), before: bounds.before, after: bounds.after,
      columns: columns.map { JoinedColumn($0.field.name, $0.source) })
    spec.columnBounds = bounds.columns
    spec.running = running(join, spec, result, other)
    var steps = [left, right].map(\.node).filter {
      $0 != current.input.node && $0 != other.input.node
    }
    steps.append(
      add(
        .join(spec), "join", result, stage, inputs: [left, right],
        hasEventTime: spec.running == nil, mode: spec.running?.mode ?? .append))
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
        inputs: [output.input], schema: output.scope.schema, mode: graph.mode(of: output.input),
        hasEventTime: output.hasEventTime, errorRoute: route, line: definitions.line(stage.span)),
      at: stage.keyword.span)
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

  /// Both streams have a column or side of this name.
  func report(clash: String, _ join: JoinStageSyntax, _ other: StreamOutput) {
    let isSide = current.scope.sides.contains(clash)
    let alias = RowScope.freeSide(current.scope, other.scope)
    report(
      JoinProblem.clash(clash, stream: name(join.other), isSide: isSide, alias: alias),
      at: join.other.span)
  }

  func checkAlias(_ join: JoinStageSyntax, _ other: StreamOutput) {
    guard let alias = join.alias else { return }
    let isTaken = [current.scope, other.scope].contains {
      $0.hasName(alias.text) || $0.hasSide(alias.text)
    }
    guard isTaken || ["meta", "param"].contains(alias.text) else { return }
    report(StageProblem.sideClash(alias.text), at: alias.span)
  }

  /// A column of each stream, which are to be equal.
  struct Pair {
    var left: Field
    var right: Field
    var span: Span

    /// What both are called.
    var name: String? { left.name == right.name ? left.name : nil }
  }

  /// Of `on c` and `on (a, b)`, those that both streams have.
  func sharedColumns(_ join: JoinStageSyntax, _ other: StreamOutput) -> [Pair] {
    let (here, there) = (ColumnIndex(current.scope), ColumnIndex(other.scope))
    return join.on.compactMap { item in
      guard case .name(let name) = item.kind else { return nil }
      let right = there[name.text].flatMap { $0.isHidden ? nil : $0 }
      if let left = here[name.text], let right {
        return Pair(left: left, right: right, span: item.span)
      }
      report(
        JoinProblem.notShared(
          name.text, stream: self.name(join.other), here: right == nil,
          there: other.scope.visibleNames), at: item.span)
      return nil
    }
  }

  func add(
    _ pair: Pair, _ equal: ExpressionChecker, to conditions: inout JoinConditions
  ) {
    let both = equal.compare(
      "equal", Typed(.column(pair.left)), Typed(.column(pair.right)), at: pair.span)
    guard case .call(_, let operands) = both.expression.node, operands.count == 2 else { return }
    conditions.keys.append(
      JoinConditions.Key(
        left: operands[0], right: operands[1], name: pair.left.name, span: pair.span))
  }
}

/// Spans of time.
extension StreamChecker {
  /// Microseconds before and after; nil where they are wrong or come later, which is reported.
  private func bounds(
    _ bounds: JoinStageSyntax.Bounds?, of join: JoinStageSyntax, _ stage: StageSyntax
  ) -> (before: Int64, after: Int64)? {
    switch bounds {
    case .around(let span): return bound(span).map { ($0, $0) }
    case .before(let span): return bound(span).map { ($0, 0) }
    case .after(let span): return bound(span).map { (0, $0) }
    case .beforeAndAfter(let first, let second):
      let (before, after) = (bound(first), bound(second))
      guard let before, let after else { return nil }
      return (before, after)
    case .sameWindow: return (0, 0)
    case .between(_, _, let span?): return self.bounds(span, of: join, stage)
    case .between(let low, let high, nil):
      report(JoinProblem.endlessBounds, at: low.span.joined(high.span))
      return nil
    case nil: return (0, 0)
    }
  }

  /// The values of one of the two rows between which the other's event time must lie; nil where
  /// there are none, or wrong ones, which is reported.
  private func columnBounds(
    of join: JoinStageSyntax, _ both: ExpressionChecker, _ row: JoinedRow
  ) -> JoinSpec.ColumnBounds? {
    guard case .between(let first, let last, _)? = join.bounds,
      let low = moment(first, both), let high = moment(last, both)
    else { return nil }
    let sides = Set([low, high].compactMap { row.side(of: $0) })
    if sides == [.left] {
      return JoinSpec.ColumnBounds(areRight: false, low: low, high: high)
    }
    if sides == [.right] {
      return JoinSpec.ColumnBounds(
        areRight: true, low: row.ofOther(low), high: row.ofOther(high))
    }
    report(JoinProblem.boundsOfBoth, at: first.span.joined(last.span))
    return nil
  }

  private func moment(_ syntax: ExpressionSyntax, _ both: ExpressionChecker) -> Expression? {
    let value = both.check(syntax)
    if value.type.holdsUnknown { return nil }
    if value.type == .timestamp { return value.expression }
    let problem = TypeProblem.expected(
      "a timestamp", found: value.fieldType, where: "a bound of a join")
    report(problem, at: syntax.span)
    return nil
  }

  private func bound(_ syntax: ExpressionSyntax) -> Int64? {
    notNegative(syntax, "a bound of `within`")
  }

  /// The columns that say a row's window, under whatever names; nil where not both streams are of
  /// windows, which is reported.
  private func windowKeys(
    _ join: JoinStageSyntax, _ other: StreamOutput, _ stage: StageSyntax
  ) -> [Pair]? {
    guard isSameWindow(join) else { return [] }
    guard isWindowed(current) else {
      report(JoinProblem.noWindows(stream: nil), at: stage.keyword.span)
      return nil
    }
    guard isWindowed(other) else {
      report(JoinProblem.noWindows(stream: name(join.other)), at: join.other.span)
      return nil
    }
    let pairs = WindowBound.allCases.compactMap { bound -> Pair? in
      let left = current.scope.columns(of: bound)
      let right = other.scope.columns(of: bound)
      let both = left.first { field in right.contains { $0.name == field.name } }
      guard let first = both ?? left.first,
        let second = right.first(where: { $0.name == first.name }) ?? right.first
      else { return nil }
      return Pair(left: first, right: second, span: join.other.span)
    }
    return pairs.filter { pair in
      !join.on.contains { item in pair.name.map(item.isName) ?? false }
    }
  }

  /// Whether rows have the bounds of the window that they came out of.
  private func isWindowed(_ output: StreamOutput) -> Bool {
    WindowBound.allCases.allSatisfy { !output.scope.columns(of: $0).isEmpty }
  }
}

extension JoinSpec.Kind {
  init(_ kind: JoinStageSyntax.Kind) {
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
  var isName: Bool { if case .name = kind { true } else { false } }

  fileprivate func isName(_ text: String) -> Bool {
    if case .name(let name) = kind { name.text == text } else { false }
  }
}
