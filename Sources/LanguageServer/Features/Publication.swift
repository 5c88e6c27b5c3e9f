import Compiler
import Diagnostics

/// What is to be said of files, by their URIs, as the protocol has it.
struct Publication {
  private let files: EditorFiles
  private(set) var messages: [String: [JSONValue]] = [:]

  init(_ files: EditorFiles) { self.files = files }

  /// What an analysis says of its own file, or of those that it imports. Of an imported file that
  /// is open too, its own analysis says most of it as well.
  mutating func add(_ analysis: Analysis, imported: Bool) {
    for diagnostic in analysis.compilation.diagnostics
    where (diagnostic.primary.span.file != analysis.file.id) == imported {
      let uri = files.uri(of: analysis.file(of: diagnostic.primary.span))
      let message = message(diagnostic, analysis)
      let isTold = messages[uri, default: []].contains {
        $0["code"] == message["code"] && $0["range"] == message["range"]
      }
      if !isTold { messages[uri, default: []].append(message) }
    }
  }

  static func notification(
    _ uri: String, _ version: Int?, _ messages: [JSONValue]
  ) -> JSONValue {
    var parameters: [String: JSONValue] = ["uri": .string(uri), "diagnostics": .array(messages)]
    if let version { parameters["version"] = .int(version) }
    return [
      "jsonrpc": "2.0", "method": "textDocument/publishDiagnostics",
      "params": .object(parameters),
    ]
  }

  private func message(_ diagnostic: Diagnostic, _ analysis: Analysis) -> JSONValue {
    let label = diagnostic.primary.text.isEmpty ? "" : ": \(diagnostic.primary.text)"
    let hints = diagnostic.hints.map(\.text).filter { !$0.isEmpty }
    let lines = [diagnostic.title + label] + diagnostic.notes + hints
    let related: [JSONValue] = diagnostic.secondary.map {
      let file = analysis.file(of: $0.span)
      return [
        "location": ["uri": .string(files.uri(of: file)), "range": file.range($0.span)],
        "message": .string($0.text),
      ]
    }
    return [
      "range": analysis.file(of: diagnostic.primary.span).range(diagnostic.primary.span),
      "severity": .int(diagnostic.severity == .error ? 1 : 2),
      "code": .string(diagnostic.code), "source": "raudal",
      "message": .string(lines.joined(separator: "\n")), "relatedInformation": .array(related),
    ]
  }
}
