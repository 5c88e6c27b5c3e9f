package import Diagnostics
package import Syntax

/// What must hold of the result of parsing any bytes; an oracle for properties and fuzzing.
package enum SyntaxInvariants {
  /// Nil if all is well.
  package static func complaint(
    about result: (tree: SyntaxTree, diagnostics: [Diagnostic]), of file: SourceFile
  ) -> String? {
    lossless(result.tree, file) ?? bounded(result.diagnostics, file)
      ?? placed(result.tree.declarations, file)
  }

  /// Between the tokens and comments lies nothing but white space and what was reported.
  private static func lossless(_ tree: SyntaxTree, _ file: SourceFile) -> String? {
    let spans = (tree.tokens.map(\.span) + tree.comments.map(\.span)).sorted {
      ($0.start, $0.end) < ($1.start, $1.end)
    }
    var end = file.bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
    for span in spans {
      guard Int(span.start) >= end, Int(span.end) <= file.bytes.count else {
        return "the span \(span.range) overlaps another or leaves the file"
      }
      let gap = file.bytes[end..<Int(span.start)]
      guard gap.allSatisfy({ " \t\r\n;".utf8.contains($0) }) else {
        return "bytes before \(span.start) are neither token, comment nor white space"
      }
      end = Int(span.end)
    }
    return nil
  }

  private static func bounded(_ diagnostics: [Diagnostic], _ file: SourceFile) -> String? {
    if diagnostics.count > 20 { return "\(diagnostics.count) diagnostics" }
    var last: UInt32 = 0
    for diagnostic in diagnostics {
      let spans =
        [diagnostic.primary.span] + diagnostic.secondary.map(\.span)
        + diagnostic.hints.flatMap { $0.edits.map(\.span) }
      for span in spans where span.start > span.end || Int(span.end) > file.bytes.count {
        return "\(diagnostic.code) points out of the file: \(span.range)"
      }
      if diagnostic.primary.span.start < last { return "\(diagnostic.code) is out of order" }
      last = diagnostic.primary.span.start
    }
    let text = TextRenderer(files: [file], isColoured: false).render(diagnostics)
    let isClean = text.unicodeScalars.allSatisfy { $0 == "\n" || $0.value >= 0x20 }
    return isClean ? nil : "a message holds control characters"
  }

  private static func placed(
    _ declarations: [DeclarationSyntax], _ file: SourceFile
  ) -> String? {
    var end: UInt32 = 0
    for declaration in declarations {
      let span = declaration.span
      if span.start < end || Int(span.end) > file.bytes.count {
        return "a declaration at \(span.range) overlaps another or leaves the file"
      }
      end = span.end
    }
    return nil
  }
}
