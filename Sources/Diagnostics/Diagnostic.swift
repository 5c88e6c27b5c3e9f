/// One message to the author of a definition: a value, collected and never thrown. How it looks is
/// the renderers' affair.
package struct Diagnostic: Hashable, Sendable {
  package enum Severity: String, Hashable, Sendable, Codable {
    case error, warning
  }

  /// Stable: `E0102` for mistakes, `W0201` for warnings. Has a page in the documentation.
  package var code: String
  package var severity: Severity
  /// What is wrong, in the user's words, under 60 characters.
  package var title: String
  /// Why here.
  package var primary: Label
  package var secondary: [Label]
  /// Facts that help to decide, a line each: `columns here: a, b`.
  package var notes: [String]
  package var hints: [Hint]
  /// What is wrong was said on the command line, not in the file.
  package var isUsage = false

  package init(
    code: String, severity: Severity = .error, title: String, primary: Label,
    secondary: [Label] = [], notes: [String] = [], hints: [Hint] = []
  ) {
    self.code = code
    self.severity = severity
    self.title = title.cut(to: 160)
    self.primary = primary
    self.secondary = secondary
    self.notes = notes.map { $0.cut(to: 2_000) }
    self.hints = hints
  }
}

/// A place in a file and what is to be said about it; no text: only the place.
package struct Label: Hashable, Sendable {
  package var span: Span
  package var text: String

  package init(_ span: Span, _ text: String = "") {
    self.span = span
    self.text = text.cut(to: 400)
  }
}

/// What to write instead.
package struct Hint: Hashable, Sendable {
  /// A line of its own below the source; none where a label already says it.
  package var text: String
  /// The changes that an editor can make; they do not overlap.
  package var edits: [Edit]

  package init(_ text: String, edits: [Edit] = []) {
    self.text = text.cut(to: 400)
    self.edits = edits
  }
}

/// Replaces a span's text. An empty span inserts, an empty replacement removes.
package struct Edit: Hashable, Sendable {
  package var span: Span
  package var replacement: String

  package init(_ span: Span, _ replacement: String) {
    self.span = span
    self.replacement = replacement
  }
}

extension String {
  /// At most so many characters: what a user has written may be as long as a file, and a message
  /// that quotes it says what is wrong behind it.
  fileprivate func cut(to most: Int) -> String {
    guard utf8.count > most else { return self }
    let length = count
    guard length > most else { return self }
    return "\(prefix(most / 2))…\(suffix(most - most / 2 - 1))"
  }
}
