/// Diagnostics for editors and other programs: one JSON array, an object for each message.
///
/// Places have `offset` (bytes from 0), `line` and `column` (from 1, in code points).
package struct JSONRenderer: Sendable {
  private let files: [FileID: SourceFile]

  package init(files: [SourceFile]) {
    self.files = Dictionary(files.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
  }

  /// The array, without a line end.
  package func render(_ diagnostics: [Diagnostic]) -> String {
    array(diagnostics.map(object))
  }

  private func object(_ diagnostic: Diagnostic) -> String {
    object([
      ("code", string(diagnostic.code)),
      ("severity", string(diagnostic.severity.rawValue)),
      ("title", string(diagnostic.title)),
      ("primary", object(diagnostic.primary)),
      ("secondary", array(diagnostic.secondary.map(object))),
      ("notes", array(diagnostic.notes.map(string))),
      ("hints", array(diagnostic.hints.map(object))),
    ])
  }

  private func object(_ label: Label) -> String {
    object(places(label.span) + [("text", string(label.text))])
  }

  private func object(_ hint: Hint) -> String {
    let edits = hint.edits.map {
      object(places($0.span) + [("replacement", string($0.replacement))])
    }
    return object([("text", string(hint.text)), ("edits", array(edits))])
  }

  private func places(_ span: Span) -> [(String, String)] {
    guard let file = files[span.file] else { return [] }
    return [
      ("file", string(file.path)),
      ("start", place(Int(span.start), file)),
      ("end", place(Int(span.end), file)),
    ]
  }

  private func place(_ offset: Int, _ file: SourceFile) -> String {
    let (line, column) = file.position(at: offset)
    return object([("offset", "\(offset)"), ("line", "\(line)"), ("column", "\(column)")])
  }

  private func object(_ members: [(String, String)]) -> String {
    "{" + members.map { "\(string($0)):\($1)" }.joined(separator: ",") + "}"
  }

  private func array(_ elements: [String]) -> String {
    "[" + elements.joined(separator: ",") + "]"
  }

  private func string(_ text: String) -> String { Self.quoted(text) }

  /// A text as JSON writes it.
  package static func quoted(_ text: String) -> String {
    var quoted = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": quoted += "\\\""
      case "\\": quoted += "\\\\"
      case "\n": quoted += "\\n"
      case "\r": quoted += "\\r"
      case "\t": quoted += "\\t"
      case _ where scalar.value < 0x20:
        let hexadecimal = String(scalar.value, radix: 16)
        quoted += "\\u" + String(repeating: "0", count: 4 - hexadecimal.utf8.count) + hexadecimal
      default: quoted.unicodeScalars.append(scalar)
      }
    }
    return quoted + "\""
  }
}
