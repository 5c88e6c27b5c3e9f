package import Diagnostics
import Syntax

/// What must hold of the layout of any definition; an oracle for properties and fuzzing.
package enum FormatInvariants {
  /// Nil if all is well, or if the file has mistakes of form and so no layout.
  package static func complaint(about file: SourceFile) -> String? {
    let (tree, mistakes) = Parser.parse(file)
    guard mistakes.isEmpty else { return nil }
    let text = DefinitionFormatter.format(tree)
    let formatted = SourceFile(path: file.path, text: text)
    let (again, newMistakes) = Parser.parse(formatted)
    guard newMistakes.isEmpty else {
      return "the layout has mistakes:\n"
        + TextRenderer(files: [formatted]).render(newMistakes) + "\n\(text)"
    }
    if TreeDump.text(tree) != TreeDump.text(again) { return "the meaning changed:\n\(text)" }
    if words(of: tree) != words(of: again) { return "tokens were lost or made:\n\(text)" }
    if comments(of: tree) != comments(of: again) { return "comments were lost:\n\(text)" }
    let twice = DefinitionFormatter.format(again)
    if twice != text { return "it is another one at the second time:\n\(text)\n---\n\(twice)" }
    return shape(of: text)
  }

  /// All tokens but commas, which the layout may add and drop.
  private static func words(of tree: SyntaxTree) -> [String] {
    tree.tokens.filter { $0.kind != .comma }.map {
      tree.file.text($0.span).replacing("\r\n", with: "\n")
    }
  }

  /// The texts of all comments, in any order: one that has no place where it stands moves up. A
  /// `///` that documents nothing there may lose a slash.
  private static func comments(of tree: SyntaxTree) -> [String] {
    let texts = tree.comments.map { comment -> String in
      var text = Substring(tree.file.text(comment.span)).drop { $0 == "/" }
      while let last = text.last, last == " " || last == "\t" || last == "\r" { text.removeLast() }
      return String(text)
    }
    return texts.sorted()
  }

  /// One line end at the end, no blank line at the beginning or twice, no space at a line's end.
  private static func shape(of text: String) -> String? {
    // Texts of many lines may hold anything.
    if text.isEmpty || text.contains("\"\"\"") { return nil }
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    if lines.first == "" { return "the layout begins with a blank line" }
    guard lines.last == "", lines.dropLast().last != "" else {
      return "the layout does not end in one line end:\n\(text)"
    }
    for (place, line) in lines.enumerated().dropLast() {
      if line.last == " " { return "line \(place + 1) ends in a space:\n\(text)" }
      if line.isEmpty, lines[place + 1].isEmpty { return "two blank lines:\n\(text)" }
    }
    return nil
  }
}
