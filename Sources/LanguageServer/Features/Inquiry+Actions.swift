import Compiler
import Diagnostics

/// The edits that mend what is wrong.
extension Inquiry {
  /// The fixes of the messages whose place touches the range.
  func actions() -> JSONValue {
    let start = TextPosition(parameters["range"]?["start"]).map(file.offset(of:)) ?? 0
    let end = TextPosition(parameters["range"]?["end"]).map(file.offset(of:)) ?? file.bytes.count
    var actions: [JSONValue] = []
    for diagnostic in analysis.compilation.diagnostics {
      let span = diagnostic.primary.span
      guard span.file == file.id, Int(span.start) <= end, start <= Int(span.end) else { continue }
      for hint in diagnostic.hints where !hint.edits.isEmpty {
        actions.append(action(hint, diagnostic))
      }
    }
    return .array(actions)
  }

  private func action(_ hint: Hint, _ diagnostic: Diagnostic) -> JSONValue {
    [
      "title": .string("\(diagnostic.code): \(title(hint))"), "kind": "quickfix",
      "isPreferred": true, "edit": changes(hint.edits),
    ]
  }

  /// What the edits do: a hint may name other ways too, which they don't go.
  private func title(_ hint: Hint) -> String {
    if hint.edits.allSatisfy(\.replacement.isEmpty) {
      return "remove " + hint.edits.map { "`\(start(of: $0.span))`" }.joined(separator: " and ")
    }
    let isAddition = hint.edits.allSatisfy { $0.span.count == 0 }
    let written = hint.edits.map { $0.replacement.trimming { $0.isWhitespace } }
    if hint.text.isEmpty || isAddition && hint.text.contains(" or ") {
      return (isAddition ? "add" : "write") + " `\(written.joined(separator: " … "))`"
    }
    return hint.text
  }

  /// The first line of a piece of text, if need be cut.
  private func start(of span: Span) -> String {
    let text = analysis.file(of: span).text(span).trimming { $0.isWhitespace }
    let line = text.prefix { !$0.isNewline }
    return line.count > 40 || line.count < text.count ? "\(line.prefix(40))…" : String(line)
  }
}

extension String {
  /// Without such characters at both ends.
  fileprivate func trimming(_ isIdle: (Character) -> Bool) -> String {
    let start = drop(while: isIdle)
    return String(start.reversed().drop(while: isIdle).reversed())
  }
}
