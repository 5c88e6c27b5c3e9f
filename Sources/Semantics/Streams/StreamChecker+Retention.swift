import Diagnostics
import Plans
import Schemas
import Syntax

/// `retention P by c, … [per c, …] [offset D] [zone Z] for N periods`
extension StreamChecker {
  func retention(_ retention: RetentionStageSyntax, _ stage: StageSyntax) {
    requireEventTime("retention", stage)
    let period = retention.period.flatMap { positive($0, "the period of `retention`") }
    let offset = retention.offset.flatMap { duration($0, "the offset") } ?? 0
    let zone = retention.zone.flatMap { self.zone($0) }
    let users = retention.by.isEmpty ? nil : rowKeys(retention.by, of: "retention")
    let groups = groups(retention, stage)
    let periods = retention.periods.flatMap { self.periods($0) }
    if let period, zone != nil, period % Self.day != 0, let written = retention.period {
      report(RetentionProblem.noDays, at: written.span)
    }
    guard !current.isUnknown else { return lose() }
    guard let period, let users, let groups, let periods,
      !definitions.log.hasError(within: stage.span)
    else { return lose() }
    let spec = RetentionSpec(
      period: period, offset: offset, zone: zone, users: users, groups: groups, periods: periods)
    addLowered(RetentionSteps(spec).steps, "retention", stage)
  }

  /// Microseconds.
  private static let day: Int64 = 86_400_000_000

  /// What cohorts are told apart by; nil where it is wrong.
  private func groups(
    _ retention: RetentionStageSyntax, _ stage: StageSyntax
  ) -> [NamedExpression]? {
    guard isBounded(retention.per) else { return nil }
    let keys = keys(retention.per)
    var names = Dictionary(
      RetentionSpec.columns.map { ($0, stage.keyword.span) },
      uniquingKeysWith: { first, _ in first })
    let groups = keys.compactMap { key -> NamedExpression? in
      guard let value = key.expression, isFirst(key.name, key.span, &names) else { return nil }
      return NamedExpression(key.name, value)
    }
    return groups.count == keys.count ? groups : nil
  }

  private func periods(_ syntax: ExpressionSyntax) -> Int64? {
    let place = "the periods of `retention`"
    guard case .int(let count)? = definitions.constant(syntax, as: .int, place: place) else {
      return nil
    }
    guard count > 0 else {
      report(StageProblem.notPositive(place), at: syntax.span)
      return nil
    }
    guard count <= RetentionSpec.mostPeriods else {
      report(RetentionProblem.tooManyPeriods, at: syntax.span)
      return nil
    }
    return count
  }
}
