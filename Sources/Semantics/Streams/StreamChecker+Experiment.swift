import Diagnostics
import Plans
import Schemas
import Syntax

/// `experiment of EXPR by c, … converted EXPR within D every P [confidence S] [effect S]
/// [expire after D] { variant: share … }`
extension StreamChecker {
  func experiment(_ experiment: ExperimentStageSyntax, _ stage: StageSyntax) {
    requireEventTime("experiment", stage)
    let shown = experiment.variant.flatMap { text($0) }
    let users = experiment.by.isEmpty ? nil : rowKeys(experiment.by, of: "experiment")
    let condition = experiment.conversion.map {
      checker.condition($0, place: "what `converted` takes")
    }
    let span = experiment.within.flatMap { positive($0, "the span of `within`") }
    let period = experiment.every.flatMap { positive($0, "`every`") }
    let confidence = share(
      experiment.confidence, "the confidence", usually: ExperimentSpec.usualConfidence)
    let effect = share(experiment.effect, "the effect", usually: ExperimentSpec.usualEffect)
    let expiry = experiment.expireAfter.flatMap { positive($0, "`expire after`") }
    let variants = variants(experiment.variants)
    if let span, let expiry, expiry < span, let written = experiment.expireAfter {
      report(ExperimentProblem.expiresBefore, at: written.span)
    }
    guard !current.isUnknown else { return lose() }
    guard let shown, let users, let condition, condition.type != .unknown, let span, let period,
      let confidence, let effect, let variants, !definitions.log.hasError(within: stage.span)
    else { return lose() }
    let spec = ExperimentSpec(
      variant: shown, users: users, isConversion: condition, span: span, period: period,
      variants: variants, confidence: confidence, effect: effect, expiry: expiry)
    let first = addLowered(ExperimentSteps(spec).steps, "experiment", stage)
    guard expiry == nil, let place = experiment.by.last?.span.after else { return }
    graph.expiryPlaces[first] = (place, " expire after 30d")
  }

  private func text(_ syntax: ExpressionSyntax) -> Expression? {
    let value = checker.check(syntax)
    if value.isUntyped { report(TypeProblem.untyped(value.type), at: syntax.span) }
    guard !value.type.holdsUnknown else { return nil }
    if value.type == .string { return value.expression }
    report(ExperimentProblem.noText(value.fieldType), at: syntax.span)
    return nil
  }

  /// A share between none and all; nil where it is wrong.
  private func share(
    _ syntax: ExpressionSyntax?, _ place: String, usually: Double = 0
  ) -> Double? {
    guard let syntax else { return usually }
    guard case .float(let share)? = definitions.constant(syntax, as: .float, place: place) else {
      return nil
    }
    if share > 0, share < 1 { return share }
    report(ExperimentProblem.noShare(place), at: syntax.span)
    return nil
  }

  private func variants(_ written: [AssignmentSyntax]) -> [ExperimentSpec.Variant]? {
    let most = ExperimentSpec.mostVariants
    if written.count > most {
      report(MarketingProblem.tooMany("variants", most), at: written[most].name.span)
      return nil
    }
    var names: [String: Span] = [:]
    let variants = written.compactMap { variant -> ExperimentSpec.Variant? in
      let name = variant.name
      let isFirst = isFirst(name.text, name.span, &names)
      let share = share(variant.value, "the share of a variant")
      guard isFirst, let share else { return nil }
      return ExperimentSpec.Variant(name: name.text, share: share)
    }
    guard variants.count == written.count, let first = written.first, let last = written.last
    else { return nil }
    let whole = variants.reduce(0) { $0 + $1.share }
    // Thirds are written with some digits.
    if variants.count < 2 || abs(whole - 1) > 0.001 {
      let span = first.name.span.joined(last.value.span)
      report(ExperimentProblem.noWhole(count: variants.count, sum: whole), at: span)
      return nil
    }
    return variants.map { ExperimentSpec.Variant(name: $0.name, share: $0.share / whole) }
  }
}
