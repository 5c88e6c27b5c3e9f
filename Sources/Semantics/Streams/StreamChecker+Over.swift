import Diagnostics
import Plans
import Schemas
import Syntax

/// `over by c, … rows N|D preceding { … }`
extension StreamChecker {
  func over(_ over: OverStageSyntax, _ stage: StageSyntax) {
    let frame = frame(over.frame)
    requireEventTime("over", stage)
    guard isBounded(over.columns) else { return lose() }
    let keys = rowKeys(over.by, of: "over")
    let aggregation = Aggregation(
      input: checker, keyNames: current.scope.fields.map(\.name) + current.scope.sides)
    let block = ExpressionChecker(definitions, current.scope, aggregation: aggregation)
    let taken = Set(current.scope.fields.map(\.name) + current.scope.sides)
    var names: [String: Span] = [:]
    var results: [NamedExpression] = []
    var added: [Field] = []
    var isWrong = false
    for column in over.columns {
      let name = column.name.text
      if taken.contains(name) {
        report(StageProblem.sideClash(name), at: column.name.span)
        isWrong = true
        continue
      }
      guard isFirst(name, column.name.span, &names) else { continue }
      let value = block.check(column.value)
      if value.isUntyped { report(TypeProblem.untyped(value.type), at: column.value.span) }
      if value.type.holdsUnknown { isWrong = true }
      results.append(NamedExpression(name, value.expression))
      added.append(Field(name, value.fieldType))
    }
    guard !current.isUnknown else { return lose() }
    guard let frame, let keys, !isWrong else {
      current.scope.fields += added
      return
    }
    let spec = OverSpec(
      keys: keys, frame: frame, aggregates: aggregation.calls, results: results)
    var scope = current.scope
    scope.fields += added
    _ = add(.over(spec), "over", scope, stage)
  }

  private func frame(_ frame: OverStageSyntax.Frame) -> OverSpec.Frame? {
    switch frame {
    case .time(let length):
      if case .literal(.int) = length.kind {
        report(StageProblem.framesOfRows(definitions.text(length.span)), at: length.span)
        return nil
      }
      return positive(length, "the time of `over`").map { .time($0) }
    case .rows(let rows):
      let place = "the rows of `over`"
      guard case .int(let count)? = definitions.constant(rows, as: .int, place: place) else {
        return nil
      }
      if count > 0 { return .rows(count) }
      report(StageProblem.notPositive(place), at: rows.span)
      return nil
    }
  }
}
