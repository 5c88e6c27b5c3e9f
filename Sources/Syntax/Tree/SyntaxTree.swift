package import Diagnostics

/// A parsed definition file: always there, whatever the bytes were. What could not be read stands
/// in it as `.missing` or is left out, and was reported.
package struct SyntaxTree: Sendable {
  package let file: SourceFile
  package var declarations: [DeclarationSyntax]
  /// Every token in order. What lies between two tokens is white space or comments, so that tokens,
  /// comments and white space together are the whole file, for a formatter.
  package let tokens: [Token]
  /// Every comment in order, documentation included.
  package let comments: [Comment]

  package init(
    file: SourceFile, declarations: [DeclarationSyntax], tokens: [Token], comments: [Comment]
  ) {
    self.file = file
    self.declarations = declarations
    self.tokens = tokens
    self.comments = comments
  }
}

/// A comment to the end of its line.
package struct Comment: Hashable, Sendable {
  /// With its slashes, without the line end.
  package var span: Span
  /// Whether it begins with `///`.
  package var isDocumentation: Bool
}

/// A name as it stands in the file.
package struct Identifier: Hashable, Sendable {
  /// Without backticks.
  package var text: String
  package var span: Span

  package init(_ text: String, _ span: Span) {
    self.text = text
    self.span = span
  }
}

/// A stream or one of its further outputs: `events`, `views.late`, `views.w.late`.
package struct StreamReferenceSyntax: Hashable, Sendable {
  /// Never empty.
  package var path: [Identifier]
  package var span: Span

  /// The stream's own name.
  package var stream: Identifier { path[0] }
  /// What follows it: the name of a stage and of an output.
  package var outputs: ArraySlice<Identifier> { path.dropFirst() }
}

/// A column of the row (`c`) or of a joined side (`n.c`).
package struct ColumnReferenceSyntax: Hashable, Sendable {
  package var side: Identifier?
  package var name: Identifier
  package var span: Span { side.map { $0.span.joined(name.span) } ?? name.span }
}
