import Diagnostics
import Plans
import Schemas
import Syntax

/// `funnel by … within D [strict] { step: EXPR … }`
extension StreamChecker {
  func funnel(_ funnel: FunnelStageSyntax, _ stage: StageSyntax) {
    requireEventTime("funnel", stage)
    guard isBounded(funnel.by), isBounded(funnel) else { return lose() }
    let keys = keys(funnel.by)
    let span = funnel.within.flatMap { notNegative($0, "the span of `funnel`") }
    var names: [String: Span] = [:]
    var isWrong = span == nil
    for key in keys {
      if !isFirst(key.name, key.span, &names) || key.expression == nil { isWrong = true }
    }
    if let taken = names[FunnelSpec.countName] {
      report(NameProblem.columnTwice(FunnelSpec.countName, first: stage.keyword.span), at: taken)
      isWrong = true
    }
    let checker = checker
    var steps: [NamedExpression] = []
    for step in funnel.steps {
      let name = step.name.text
      if !isFirst(FunnelSpec.timeName(of: name), step.name.span, &names) { isWrong = true }
      let condition = checker.condition(step.value, place: "step `\(name)`")
      if condition.type == .unknown { isWrong = true }
      steps.append(NamedExpression(name, condition))
    }
    guard !current.isUnknown else { return lose() }
    let known = keys.compactMap { key in key.expression.map { NamedExpression(key.name, $0) } }
    let spec = FunnelSpec(
      keys: known, span: span ?? 1, steps: steps, isStrict: funnel.isStrict)
    let scope = RowScope(spec.schema.fields)
    if isWrong || steps.isEmpty { return current.scope = scope }
    _ = add(.funnel(spec), "funnel", scope, stage, hasEventTime: true)
  }

  private func isBounded(_ funnel: FunnelStageSyntax) -> Bool {
    let most = FunnelSpec.mostSteps
    guard funnel.steps.count > most else { return true }
    report(StageProblem.tooManyFunnelSteps(most), at: funnel.steps[most].name.span)
    return false
  }
}
