import Compiler
import Diagnostics
import Syntax

/// Diagnostics, and the edits that mend them.
extension EditorSession {
  /// Without an analysis: that there is nothing more to say of a document.
  static func publication(
    _ uri: String, _ version: Int?, _ analysis: Analysis?
  ) -> JSONValue {
    var parameters: [String: JSONValue] = ["uri": .string(uri)]
    if let version { parameters["version"] = .int(version) }
    let own = analysis.map { analysis in
      analysis.compilation.diagnostics.filter { $0.primary.span.file == analysis.file.id }
        .map { diagnostic(uri, $0, analysis.file) }
    }
    parameters["diagnostics"] = .array(own ?? [])
    return [
      "jsonrpc": "2.0", "method": "textDocument/publishDiagnostics",
      "params": .object(parameters),
    ]
  }

  private static func diagnostic(
    _ uri: String, _ diagnostic: Diagnostic, _ file: SourceFile
  ) -> JSONValue {
    let label = diagnostic.primary.text.isEmpty ? "" : ": \(diagnostic.primary.text)"
    let hints = diagnostic.hints.map(\.text).filter { !$0.isEmpty }
    let lines = [diagnostic.title + label] + diagnostic.notes + hints
    let related: [JSONValue] = diagnostic.secondary.filter { $0.span.file == file.id }.map {
      [
        "location": ["uri": .string(uri), "range": file.range($0.span)],
        "message": .string($0.text),
      ]
    }
    return [
      "range": file.range(diagnostic.primary.span),
      "severity": .int(diagnostic.severity == .error ? 1 : 2),
      "code": .string(diagnostic.code), "source": "raudal",
      "message": .string(lines.joined(separator: "\n")), "relatedInformation": .array(related),
    ]
  }
}

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
        guard hint.edits.allSatisfy({ $0.span.file == file.id }) else { continue }
        actions.append(action(hint, diagnostic))
      }
    }
    return .array(actions)
  }

  private func action(_ hint: Hint, _ diagnostic: Diagnostic) -> JSONValue {
    let change = hint.edits.map { $0.replacement.isEmpty ? "remove this" : $0.replacement }
    let title = hint.text.isEmpty ? "write `\(change.joined(separator: " … "))`" : hint.text
    let edits = hint.edits.map { edit($0.span, $0.replacement) }
    return [
      "title": .string("\(diagnostic.code): \(title)"), "kind": "quickfix", "isPreferred": true,
      "edit": ["changes": .object([uri: .array(edits)])],
    ]
  }
}
