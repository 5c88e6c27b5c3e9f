import Diagnostics
import Plans
import Schemas
import Syntax

extension StreamChecker {
  /// `flatten LIST as c`
  func flatten(_ syntax: ExpressionSyntax, as name: Identifier, _ stage: StageSyntax) {
    let list = checker.check(syntax)
    guard !current.isUnknown else { return lose() }
    if list.isUntyped {
      report(TypeProblem.untyped(list.type), at: syntax.span)
      return lose()
    }
    guard !list.isWrong else { return lose() }
    guard case .list = list.type else {
      report(NestedProblem.notAList("`flatten`", found: list.fieldType), at: syntax.span)
      return lose()
    }
    let spec = FlattenSpec(list: list.expression, name: name.text)
    var scope = current.scope
    scope.fields.removeAll { $0.name == spec.droppedColumn }
    if scope.field(named: name.text) != nil || scope.sides.contains(name.text) {
      return report(StageProblem.sideClash(name.text), at: name.span)
    }
    scope.settledParts = scope.settledParts.filter {
      $0 != spec.droppedColumn && !$0.hasPrefix("\(spec.droppedColumn ?? name.text).")
    }
    scope.fields.append(spec.element)
    let isUpdating = graph.mode(of: current.input).isUpdating
    _ = add(
      .flatten(spec), "flatten", scope, stage, mode: isUpdating ? .updates(key: nil) : .append)
  }
}
