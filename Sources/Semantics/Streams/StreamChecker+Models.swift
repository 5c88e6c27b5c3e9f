import Diagnostics
import Plans
import Schemas
import Syntax

/// The settings of models in stages: `decay(half_life: 7d)`.
extension StreamChecker {
  /// What is set, by the settings' names; nil where that is wrong, which is reported.
  func settings(
    _ names: [String], optional: [String] = [], of model: ModelCallSyntax, _ example: String
  ) -> [String: ExpressionSyntax]? {
    func wrong(_ what: String, _ span: Span) -> [String: ExpressionSyntax]? {
      report(
        MarketingProblem.setting(what, model: model.name.text, example: example), at: span)
      return nil
    }
    var found: [String: ExpressionSyntax] = [:]
    for setting in model.settings {
      guard let label = setting.label else {
        return wrong("this setting has no name", setting.value.span)
      }
      guard names.contains(label.text) || optional.contains(label.text) else {
        return wrong("there is no such setting", label.span)
      }
      if found[label.text] != nil { return wrong("`\(label.text)` is set twice", label.span) }
      found[label.text] = setting.value
    }
    if names.allSatisfy({ found[$0] != nil }) { return found }
    return wrong("it needs \(names.map { "`\($0)`" }.joined(separator: " and "))", model.span)
  }
}
