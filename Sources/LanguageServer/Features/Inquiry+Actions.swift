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
    let change = hint.edits.map { $0.replacement.isEmpty ? "remove this" : $0.replacement }
    let title = hint.text.isEmpty ? "write `\(change.joined(separator: " … "))`" : hint.text
    return [
      "title": .string("\(diagnostic.code): \(title)"), "kind": "quickfix", "isPreferred": true,
      "edit": changes(hint.edits),
    ]
  }
}
