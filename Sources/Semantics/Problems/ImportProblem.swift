import Diagnostics

/// An import that brings nothing, or what can't be imported.
enum ImportProblem: Problem {
  case unreadable(String, reason: String)
  case circle([String])
  case tooMany(Int)
  case notShared(String, importedAt: Span)

  func diagnostic(at span: Span) -> Diagnostic {
    switch self {
    case .unreadable(let path, let reason):
      return .error(
        "E0120", "this file can't be imported", span, reason,
        notes: ["looked for at `\(path)`: a path is relative to the file that imports it"])
    case .circle(let files):
      return .error(
        "E0121", "this file is imported by what it imports", span, "part of a circle",
        notes: ["the circle: \(files.joined(separator: " → "))"])
    case .tooMany(let limit):
      return .error("E0123", "more than \(limit) files are imported", span)
    case .notShared(let word, let importedAt):
      return Diagnostic(
        code: "E0122", title: "only types and functions can be imported",
        primary: Label(span, "a `\(word)` belongs to the pipeline's own file"),
        secondary: [Label(importedAt, "imported here")])
    }
  }
}
