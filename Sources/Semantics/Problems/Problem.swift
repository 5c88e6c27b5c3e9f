package import Diagnostics

/// A fact about a definition that its author must know. Each kind of problem is a closed enum; what
/// is said about it stands beside the cases.
protocol Problem {
  func diagnostic(at span: Span) -> Diagnostic
}

/// What the checker has to say, collected: independent mistakes only.
package final class DiagnosticLog {
  /// More than these are not kept: a few of them are shown, and comparing each with each, and each
  /// misspelt name with all others, takes time.
  private static let limit = 200

  private var collected: [Diagnostic] = []
  private var seen: Set<Diagnostic> = []

  package init() {}

  /// Whether anything but warnings was reported.
  package private(set) var hasErrors = false

  /// Whether a mistake inside this place was reported already.
  func hasError(within span: Span) -> Bool {
    collected.contains { $0.severity == .error && span.contains($0.primary.span) }
  }

  /// The problem is put together only if it is still told.
  func report<P: Problem>(_ problem: @autoclosure () -> P, at span: Span) {
    guard collected.count < Self.limit || !hasErrors else { return }
    let diagnostic = problem().diagnostic(at: span)
    let isError = diagnostic.severity == .error
    guard collected.count < Self.limit || isError else { return }
    hasErrors = hasErrors || isError
    if seen.insert(diagnostic).inserted { collected.append(diagnostic) }
  }

  /// In the order of the file.
  package var diagnostics: [Diagnostic] {
    let sorted = collected.enumerated().sorted {
      let (a, b) = ($0.element.primary.span, $1.element.primary.span)
      return (a.file.index, a.start, $0.offset) < (b.file.index, b.start, $1.offset)
    }
    return sorted.map(\.element)
  }
}

extension Diagnostic {
  /// The usual shape: a title, a word at the place, notes and hints.
  static func error(
    _ code: String, _ title: String, _ span: Span, _ label: String = "", notes: [String] = [],
    hints: [Hint] = []
  ) -> Diagnostic {
    Diagnostic(
      code: code, title: title, primary: Label(span, label), notes: notes, hints: hints)
  }

  static func warning(
    _ code: String, _ title: String, _ span: Span, _ label: String = "", secondary: [Label] = [],
    notes: [String] = [], hints: [Hint] = []
  ) -> Diagnostic {
    Diagnostic(
      code: code, severity: .warning, title: title, primary: Label(span, label),
      secondary: secondary, notes: notes, hints: hints)
  }
}

/// "did you mean": what to say at a misspelt name, and the edit that mends it.
struct Suggestion {
  let label: String
  let hints: [Hint]

  init(_ name: String, among names: [String], at span: Span, otherwise: String = "") {
    guard let nearest = Spelling.nearest(to: name, among: names) else {
      label = otherwise
      hints = []
      return
    }
    label = "did you mean `\(nearest)`?"
    hints = [Hint("", edits: [Edit(span, nearest)])]
  }
}
