import Diagnostics

extension NameProblem {
  /// Of functions and their parameters.
  func functionProblem(at span: Span) -> Diagnostic {
    switch self {
    case .unknownFunction(let name, let known):
      let suggestion = Suggestion(name, among: known, at: span, otherwise: "not known")
      return .error(
        "E0104", "there is no function `\(name)`", span, suggestion.label,
        hints: suggestion.hints + otherWays(name))
    case .onlyInOptions(let name):
      return .error(
        "E0104", "`\(name)` stands only in options", span, "here it is no function",
        hints: [
          Hint("a value from outside is a param: `--set NAME=VALUE`, or a file of `--params`")
        ])
    case .inconstant(let name):
      return .error(
        "E0104", "there is no `\(name)`", span,
        "a function gives the same whenever it is asked",
        notes: ["a pipeline that is restored computes its rows again"],
        hints: [
          Hint(
            "take the time of the row's event, or a hash of what makes the row one of its kind:"
              + " `xxhash64(id)`; `sample P%` chooses rows")
        ])
    case .unknownInFunction(let name, let own, let params):
      let suggestion = Suggestion(name, among: own + params, at: span)
      return .error(
        "E0102", "`\(name)` is no parameter of this function", span, suggestion.label,
        notes: [own.isEmpty ? "it has none" : "its parameters: \(list(own))"]
          + (params.isEmpty ? [] : ["params: \(list(params))"]), hints: suggestion.hints)
    default: return warning(at: span)
    }
  }

  /// What other languages have a function for.
  private func otherWays(_ name: String) -> [Hint] {
    switch name.lowercased() {
    case "listagg", "string_agg", "group_concat":
      [Hint("join what `collect` gathers: `array_join(collect(x), \",\")`")]
    default: []
    }
  }
}
