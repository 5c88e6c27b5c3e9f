import Diagnostics
import Plans
import Schemas
import Syntax

/// `anomaly of EXPR by c, … using MODEL above T after N rows [ignore anomalies] [expire after D]
/// as c`
extension StreamChecker {
  func anomaly(_ anomaly: AnomalyStageSyntax, _ stage: StageSyntax) {
    requireEventTime("anomaly", stage)
    let value = anomaly.value.flatMap { number($0) }
    let keys = anomaly.by.isEmpty ? nil : rowKeys(anomaly.by, of: "anomaly")
    let model = anomaly.model.flatMap { baseline($0) }
    let threshold = anomaly.threshold.flatMap { bound($0, "what `above` takes", least: 0) }
    let warmUp = anomaly.warmUp.flatMap { rows($0) }
    let expiry = anomaly.expireAfter.flatMap { positive($0, "`expire after`") }
    if let season = model?.season, let expiry, expiry <= season.period,
      let written = anomaly.expireAfter
    {
      let period = TimeRendering.duration(season.period)
      report(AnomalyProblem.expiresBefore(period: period), at: written.span)
    }
    guard !current.isUnknown else { return lose() }
    guard let name = anomaly.name, isFree(name) else { return lose() }
    guard let value, let keys, let model, let threshold, let warmUp,
      anomaly.expireAfter == nil || expiry != nil
    else {
      current.scope.fields.append(Field(name.text, FieldType(.unknown)))
      return
    }
    let spec = AnomalySpec(
      value: value, keys: keys, forgetting: model.forgetting, season: model.season,
      floor: model.floor, threshold: threshold, warmUp: warmUp,
      ignoresAnomalies: anomaly.ignoresAnomalies, expiry: expiry, name: name.text)
    let fold = add(spec, stage)
    guard expiry == nil, let place = anomaly.by.last?.span.after else { return }
    graph.expiryPlaces[fold] = (place, " expire after 30d")
  }

  private func add(_ spec: AnomalySpec, _ stage: StageSyntax) -> LogicalPlan.NodeID {
    let steps = AnomalySteps(spec)
    return addFold(steps.columns, of: spec.name, steps.states, "anomaly", "judged", stage) {
      FoldSpec(
        keys: steps.keys, expiry: spec.expiry, states: steps.states, columns: $0, title: spec.text)
    }
  }

  /// Adds the fold that a stage is which puts one column beside those of a row, and behind it a
  /// step, `suffix`, that leaves out what it remembers. Returns the fold.
  func addFold(
    _ columns: [NamedExpression], of name: String, _ states: [FoldSpec.State], _ word: String,
    _ suffix: String, _ stage: StageSyntax, _ fold: ([NamedExpression]) -> FoldSpec
  ) -> LogicalPlan.NodeID {
    let before = current.scope
    let carried = before.fields.map {
      NewColumn(named: NamedExpression($0.name, .column($0)), isHidden: $0.isHidden)
    }
    let made = columns.map { NewColumn(named: $0, isHidden: $0.name != name) }
    project(carried + made, word, stage, isWrong: false, sides: before.sides, names: []) {
      .fold(fold($0))
    }
    let node = current.input.node
    let states = Set(states.map(\.field.name))
    current.scope.fields.removeAll { states.contains($0.name) }
    let rest = graph.add(
      LogicalNode(
        id: OperatorID("\(graph.nodes[node].id.name).\(suffix)"),
        kind: .project(current.scope.fields.map { NamedExpression($0.name, .column($0)) }),
        inputs: [current.input], schema: current.scope.schema, hasEventTime: true,
        line: definitions.line(stage.span)), at: stage.keyword.span)
    current.input = LogicalInput(node: rest)
    return node
  }

  /// Whether nothing has the name of a new column yet; reports it otherwise.
  func isFree(_ name: Identifier) -> Bool {
    let scope = current.scope
    let isTaken =
      scope.hasName(name.text) || scope.hasSide(name.text) || scope.hasSide("$\(name.text)")
    if isTaken { report(StageProblem.sideClash(name.text), at: name.span) }
    return !isTaken
  }

  private func number(_ syntax: ExpressionSyntax) -> Expression? {
    let value = checker.check(syntax)
    if value.isUntyped { report(TypeProblem.untyped(value.type), at: syntax.span) }
    guard !value.type.holdsUnknown else { return nil }
    if value.type.isNumeric { return value.expression }
    report(AnomalyProblem.noNumber(value.fieldType), at: syntax.span)
    return nil
  }

  /// A number that is known before the first row, above this one.
  private func bound(_ syntax: ExpressionSyntax, _ place: String, least: Double) -> Double? {
    guard case .float(let number)? = definitions.constant(syntax, as: .float, place: place) else {
      return nil
    }
    if number > least, number.isFinite { return number }
    report(StageProblem.notPositive(place), at: syntax.span)
    return nil
  }

  private func rows(_ syntax: ExpressionSyntax) -> Int64? {
    let place = "the rows that `after` takes"
    guard case .int(let rows)? = definitions.constant(syntax, as: .int, place: place) else {
      return nil
    }
    if rows > 0 { return rows }
    report(StageProblem.notPositive(place), at: syntax.span)
    return nil
  }
}

/// Models of what is expected.
extension StreamChecker {
  private struct Baseline {
    var forgetting: AnomalySpec.Forgetting
    var season: AnomalySpec.Season?
    var floor: Double
  }

  private func baseline(_ model: ModelCallSyntax) -> Baseline? {
    let shared = ["half_life", "alpha", "floor"]
    switch model.name.text {
    case "ewma":
      let example = "ewma(half_life: 6h)"
      return settings([], optional: shared, of: model, example).flatMap {
        baseline($0, season: nil, of: model, example)
      }
    case "seasonal":
      let example = "seasonal(period: 7d, step: 1h, half_life: 28d)"
      guard let found = settings(["period", "step"], optional: shared, of: model, example),
        let season = season(found, of: model, example)
      else { return nil }
      return baseline(found, season: season, of: model, example)
    default:
      report(AnomalyProblem.unknownModel(model.name.text), at: model.name.span)
      return nil
    }
  }

  private func baseline(
    _ found: [String: ExpressionSyntax], season: AnomalySpec.Season?, of model: ModelCallSyntax,
    _ example: String
  ) -> Baseline? {
    var floor: Double? = 0
    if let written = found["floor"] { floor = bound(written, "`floor`", least: 0) }
    var forgetting: AnomalySpec.Forgetting?
    switch (found["half_life"], found["alpha"]) {
    case (let span?, nil): forgetting = positive(span, "`half_life`").map { .halfLife($0) }
    case (nil, let share?): forgetting = self.share(share, of: model, example)
    default:
      report(
        MarketingProblem.setting(
          "it needs one of `half_life` and `alpha`", model: model.name.text, example: example),
        at: model.span)
    }
    guard let floor, let forgetting else { return nil }
    return Baseline(forgetting: forgetting, season: season, floor: floor)
  }

  private func share(
    _ syntax: ExpressionSyntax, of model: ModelCallSyntax, _ example: String
  ) -> AnomalySpec.Forgetting? {
    guard
      case .float(let share)? = definitions.constant(syntax, as: .float, place: "`alpha`")
    else { return nil }
    if share > 0, share < 1 { return .share(share) }
    report(
      MarketingProblem.setting(
        "a share of weight is between 0 and 1", model: model.name.text, example: example),
      at: syntax.span)
    return nil
  }

  private func season(
    _ found: [String: ExpressionSyntax], of model: ModelCallSyntax, _ example: String
  ) -> AnomalySpec.Season? {
    guard let period = found["period"].flatMap({ positive($0, "`period`") }),
      let step = found["step"].flatMap({ positive($0, "`step`") })
    else { return nil }
    func wrong(_ what: String) -> AnomalySpec.Season? {
      report(
        MarketingProblem.setting(what, model: model.name.text, example: example), at: model.span)
      return nil
    }
    guard period % step == 0 else { return wrong("`period` is no multiple of `step`") }
    let most = AnomalySpec.Season.mostSlots
    guard period / step <= most else {
      return wrong("a period has \(period / step) steps, and may have \(most)")
    }
    return AnomalySpec.Season(period: period, step: step)
  }
}
