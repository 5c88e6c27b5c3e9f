import Diagnostics
import Plans
import Schemas
import Syntax

/// `window tumbling|hopping … by … { … }`
extension StreamChecker {
  /// Windows that may hold one row, and those from which on it is told what they cost.
  private static let mostWindows: Int64 = 100_000
  private static let manyWindows: Int64 = 1_000

  func window(_ window: WindowStageSyntax, _ stage: StageSyntax) {
    let kind = kind(of: window)
    let offset = window.offset.flatMap { duration($0, "the offset") } ?? 0
    let zone = window.zone.flatMap { self.zone($0) }
    if let kind { reportWithoutEffect(window, kind) }
    let refresh = refresh(of: window, kind)
    requireEventTime("window", stage)
    guard isBounded(window.by), isBounded(window.columns) else { return lose() }
    let keys = keys(window.by)
    let keyFields = keys.compactMap { key in key.expression.map { Field(key.name, $0.fieldType) } }
    let bounds = WindowBound.allCases.map { Field($0.rawValue, .timestamp) }
    var names: [String: Span] = [:]
    for key in keys { _ = isFirst(key.name, key.span, &names) }
    for bound in bounds { names[bound.name] = stage.keyword.span }
    let aggregation = Aggregation(input: checker, keyNames: keys.map(\.name) + bounds.map(\.name))
    var scope = RowScope(keyFields + bounds)
    scope.hasUnknownColumns = current.isUnknown || keyFields.count < keys.count
    let block = ExpressionChecker(definitions, scope, aggregation: aggregation)
    var results: [NamedExpression] = []
    var fields = keyFields + bounds
    var isWrong = keyFields.count < keys.count
    for column in window.columns {
      guard isFirst(column.name.text, column.name.span, &names) else { continue }
      let value = block.check(column.value)
      if value.isUntyped { report(TypeProblem.untyped(value.type), at: column.value.span) }
      if value.type.holdsUnknown { isWrong = true }
      results.append(NamedExpression(column.name.text, value.expression))
      fields.append(Field(column.name.text, value.fieldType))
    }
    guard !current.isUnknown else { return lose() }
    var row = RowScope(fields)
    // Of windows that change later no stage can say when they are done.
    if refresh.isNone {
      for bound in WindowBound.allCases { row.windowBounds[bound.rawValue] = bound }
    }
    guard let kind, !isWrong else { return current.scope = row }
    var spec = WindowSpec(
      kind: kind, offset: offset, zone: zone,
      keys: keys.compactMap { key in key.expression.map { NamedExpression(key.name, $0) } },
      aggregates: aggregation.calls, results: results)
    (spec.emitEvery, spec.allowLate) = (refresh.every, refresh.late)
    _ = add(.window(spec), "window", row, stage, hasEventTime: true, mode: spec.mode)
  }

  func isFirst(_ name: String, _ span: Span, _ seen: inout [String: Span]) -> Bool {
    if let first = seen[name] {
      report(NameProblem.columnTwice(name, first: first), at: span)
      return false
    }
    seen[name] = span
    return true
  }

  private func kind(of window: WindowStageSyntax) -> WindowSpec.Kind? {
    switch window.kind {
    case .tumbling(let size):
      return positive(size, "the window").map { .tumbling(size: $0) }
    case .hopping(let size, let every):
      guard let length = positive(size, "the window"), let slide = positive(every, "`every`")
      else { return nil }
      if slide > length {
        report(StageProblem.slideAboveSize, at: every.span)
        return nil
      }
      guard isBounded((length - 1) / slide + 1, every.span) else { return nil }
      return slide == length ? .tumbling(size: length) : .hopping(size: length, slide: slide)
    case .cumulative(let size, let every): return cumulative(size, every)
    case .session(let gap, let most):
      let between = positive(gap, "the gap")
      guard let most else { return between.map { .session(gap: $0, limit: nil) } }
      guard let limit = positive(most, "`max`"), let between else { return nil }
      if limit < between { report(StageProblem.gapAboveLimit, at: most.span) }
      return .session(gap: between, limit: limit)
    case .count(let rows):
      let place = "the rows of a window"
      guard case .int(let count)? = definitions.constant(rows, as: .int, place: place) else {
        return nil
      }
      if count > 0 { return .count(count) }
      report(StageProblem.notPositive(place), at: rows.span)
      return nil
    case .missing: return nil
    }
  }

  private func cumulative(
    _ size: ExpressionSyntax, _ every: ExpressionSyntax
  ) -> WindowSpec.Kind? {
    guard let length = positive(size, "the window"), let step = positive(every, "`every`")
    else { return nil }
    guard step <= length, length % step == 0 else {
      report(StageProblem.unevenSteps, at: every.span)
      return nil
    }
    guard isBounded(length / step, every.span) else { return nil }
    return step == length ? .tumbling(size: length) : .cumulative(size: length, step: step)
  }

  /// What only windows at fixed times have.
  private func reportWithoutEffect(_ window: WindowStageSyntax, _ kind: WindowSpec.Kind) {
    guard !kind.isGrid else { return }
    if let offset = window.offset { report(StageProblem.noGrid("offset"), at: offset.span) }
    if let zone = window.zone { report(StageProblem.noGrid("zone"), at: zone.span) }
  }

  /// Whether so many windows over one row can be put out at all.
  private func isBounded(_ count: Int64, _ span: Span) -> Bool {
    let isError = count > Self.mostWindows
    if isError || count > Self.manyWindows {
      report(
        StageProblem.windowsPerRow(count, isError: isError, at: Self.mostWindows), at: span)
    }
    return !isError
  }

  func zone(_ syntax: ExpressionSyntax) -> String? {
    guard case .string(let name)? = definitions.constant(syntax, as: .string, place: "the zone")
    else { return nil }
    definitions.checkZone(name, at: syntax.span)
    return name
  }

  func duration(_ syntax: ExpressionSyntax, _ place: String) -> Int64? {
    guard case .duration(let value)? = definitions.constant(syntax, as: .duration, place: place)
    else { return nil }
    return value
  }

  func positive(_ syntax: ExpressionSyntax, _ place: String) -> Int64? {
    guard let value = duration(syntax, place) else { return nil }
    if value > 0 { return value }
    report(StageProblem.notPositive(place), at: syntax.span)
    return nil
  }

  /// A duration of which nothing at all is one too: rows of the same instant.
  func notNegative(_ syntax: ExpressionSyntax, _ place: String) -> Int64? {
    guard let value = duration(syntax, place) else { return nil }
    if value >= 0 { return value }
    report(StageProblem.negative(place), at: syntax.span)
    return nil
  }

  struct Key {
    var name: String
    /// Nil where it is wrong.
    var expression: Expression?
    var span: Span
  }

  func keys(_ by: [GroupKeySyntax]) -> [Key] {
    let checker = checker
    return by.map { key in
      let value = checker.check(key.value)
      let expression = value.type.holdsUnknown ? nil : value.expression
      if value.isUntyped { report(TypeProblem.untyped(value.type), at: key.value.span) }
      if let name = key.name {
        return Key(name: name.text, expression: expression, span: name.span)
      }
      switch key.value.kind {
      case .name(let name): return Key(name: name.text, expression: expression, span: key.span)
      case .member(_, let name):
        return Key(name: name.text, expression: expression, span: key.span)
      default:
        if !value.isWrong { report(StageProblem.unnamedKey, at: key.span) }
        return Key(name: "", expression: nil, span: key.span)
      }
    }
  }
}
