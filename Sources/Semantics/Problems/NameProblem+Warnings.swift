import Diagnostics

extension NameProblem {
  /// Names that mislead, or do nothing.
  func warning(at span: Span) -> Diagnostic {
    switch self {
    case .columnHidesParameter(let name):
      return .warning(
        "W0101", "column `\(name)` hides the param of that name", span, "this is the column",
        hints: [Hint("`param.\(name)` is the param")])
    case .unusedStream(let name, let what, let removal):
      return .warning(
        "W0102", "\(what) `\(name)` is never used", span, "no sink depends on it",
        hints: removal.map { [Hint("", edits: [$0])] } ?? [])
    case .unusedName(let name, let what, let removal):
      let code =
        switch what {
        case .param: "W0103"
        case .type: "W0104"
        case .function: "W0105"
        case .model: "W0108"
        case .task: "W0109"
        }
      return .warning(
        code, "\(what.rawValue) `\(name)` is never used", span, "nothing names it",
        hints: removal.map { [Hint("", edits: [$0])] } ?? [])
    case .unusedImport(let path, let removal):
      return .warning(
        "W0106", "nothing of `\(path)` is used", span, "no type or function of it",
        hints: removal.map { [Hint("", edits: [$0])] } ?? [])
    case .unusedParameter(let name, let function):
      return .warning(
        "W0107", "parameter `\(name)` is never used", span, "the body does not name it",
        hints: [Hint("leave it out, here and where `\(function)` is called")])
    default:
      return .error("E0100", "a name is wrong here", span)
    }
  }
}
