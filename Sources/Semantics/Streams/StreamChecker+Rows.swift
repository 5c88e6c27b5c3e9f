import Diagnostics
import Plans
import Schemas
import Syntax

/// Stages that choose rows or send them elsewhere, and leave their columns.
extension StreamChecker {
  /// `sample P%`
  func sample(_ share: ExpressionSyntax, _ stage: StageSyntax) {
    let value = definitions.constant(share, as: .float, place: "the share of `sample`")
    guard case .float(let share)? = value, !current.isUnknown else { return }
    guard (0...1).contains(share) else {
      return report(TypeProblem.shareRange, at: stage.span)
    }
    let id = graph.idOfNext(stream, "sample", name: stage.name?.text)
    let columns = current.scope.fields.filter { !$0.isHidden && $0.type != .unknown }.map(\.name)
    let spec = SampleSpec(share: share, columns: columns, stage: id.name)
    _ = add(.sample(spec), "sample", current.scope, stage)
  }

  /// `limit N`
  func limit(_ count: ExpressionSyntax, _ stage: StageSyntax) {
    let value = definitions.constant(count, as: .int, place: "what `limit` takes")
    guard case .int(let number)? = value, !current.isUnknown else { return }
    guard number > 0 else {
      return report(StageProblem.notPositive("what `limit` takes"), at: count.span)
    }
    _ = add(.limit(number), "limit", current.scope, stage)
  }

  /// `throttle 500/s`
  func throttle(_ rate: ExpressionSyntax, _ stage: StageSyntax) {
    guard case .literal(.rate(let value)) = rate.kind else {
      if case .missing = rate.kind { return }
      return report(StageProblem.noRate, at: rate.span)
    }
    guard value > 0 else {
      return report(StageProblem.notPositive("what `throttle` takes"), at: rate.span)
    }
    guard !current.isUnknown else { return }
    _ = add(.throttle(ThrottleSpec(rate: value)), "throttle", current.scope, stage)
  }

  /// `key by c, …`
  func keyBy(_ keys: [GroupKeySyntax], _ stage: StageSyntax) {
    guard let expressions = rowKeys(keys, of: "key by"), !current.isUnknown else { return }
    _ = add(.keyBy(expressions), "key", current.scope, stage)
  }

  /// `dedupe by c, … [keep first|last] within D`
  func dedupe(_ dedupe: DedupeStageSyntax, _ stage: StageSyntax) {
    requireEventTime("dedupe", stage)
    let keys = rowKeys(dedupe.by, of: "dedupe")
    let span = dedupe.within.flatMap { positive($0, "the span of `dedupe`") }
    guard let keys, let span, !current.isUnknown else { return }
    let spec = DedupeSpec(keys: keys, span: span, keepsLast: dedupe.keepsLast)
    _ = add(.dedupe(spec), "dedupe", current.scope, stage)
  }

  /// Reports that a stage's rows have no event time.
  func requireEventTime(_ word: String, _ stage: StageSyntax) {
    requireEventTime(word, of: current, at: stage.keyword.span)
  }

  func requireEventTime(_ word: String, of rows: StreamOutput, at span: Span) {
    guard !rows.hasEventTime else { return }
    if graph.isOfErrors(rows.input) {
      return report(StageProblem.errorsLackTime(word), at: span)
    }
    let fix = graph.addingEventTime(behind: rows.input)
    report(StageProblem.needsEventTime(word, fix: fix), at: span)
  }

  /// Whether a stage has no more keys than a row may have columns; reports it otherwise.
  func isBounded(_ keys: [GroupKeySyntax]) -> Bool {
    let most = StreamGraph.mostColumns
    guard keys.count > most else { return true }
    report(StageProblem.tooManyKeys(most), at: keys[most].span)
    return false
  }

  /// Whether a block makes no more columns than a row may have; reports it otherwise.
  func isBounded(_ columns: [AssignmentSyntax]) -> Bool {
    let most = StreamGraph.mostColumns
    guard columns.count > most else { return true }
    report(StageProblem.tooManyColumns(most), at: columns[most].name.span)
    return false
  }

  /// Keys that leave the columns as they are; nil where one is wrong.
  func rowKeys(_ keys: [GroupKeySyntax], of word: String) -> [Expression]? {
    guard isBounded(keys) else { return nil }
    let checker = checker
    var expressions: [Expression] = []
    for key in keys {
      if let name = key.name {
        let place = Span(Int(name.span.start), Int(key.value.span.start), in: name.span.file)
        report(StageProblem.namedKey(stage: word, removal: Edit(place, "")), at: name.span)
      }
      let value = checker.check(key.value)
      if value.isUntyped { report(TypeProblem.untyped(value.type), at: key.value.span) }
      if !value.type.holdsUnknown { expressions.append(value.expression) }
    }
    return expressions.count == keys.count && !keys.isEmpty ? expressions : nil
  }
}
