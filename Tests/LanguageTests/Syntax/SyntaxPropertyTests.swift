import Diagnostics
import Syntax
import TestKit
import Testing

/// What holds for every file, however broken.
@Suite struct SyntaxPropertyTests {
  private static let sources = SyntaxGoldenTests.valid.cases() + SyntaxGoldenTests.broken.cases()

  /// Big goldens are about size, and every prefix of them would take minutes.
  private static let small = sources.filter { ((try? $0.bytes().count) ?? 0) < 3_000 }

  @Test(arguments: sources)
  func `Tokens, comments and white space are the whole file`(
    _ golden: GoldenDirectory.Case
  ) throws {
    let file = SourceFile(path: golden.name, bytes: try golden.bytes())
    let complaint = SyntaxInvariants.complaint(about: Parser.parse(file), of: file)
    #expect(complaint == nil)
  }

  @Test(arguments: small)
  func `Every prefix of a file is parsed`(_ golden: GoldenDirectory.Case) throws {
    let bytes = try golden.bytes()
    for end in stride(from: 0, to: bytes.count, by: max(1, bytes.count / 150)) {
      let file = SourceFile(path: golden.name, bytes: Array(bytes[..<end]))
      let complaint = SyntaxInvariants.complaint(about: Parser.parse(file), of: file)
      #expect(complaint == nil, "cut at byte \(end)")
    }
  }

  @Test(arguments: SyntaxGoldenTests.valid.cases())
  func `A missing token is at most a few mistakes`(_ golden: GoldenDirectory.Case) throws {
    let bytes = try golden.bytes()
    let tokens = Parser.parse(SourceFile(path: golden.name, bytes: bytes)).tree.tokens
    for token in tokens.dropLast() {
      var shorter = bytes
      shorter.removeSubrange(token.span.range)
      let file = SourceFile(path: golden.name, bytes: shorter)
      let result = Parser.parse(file)
      #expect(SyntaxInvariants.complaint(about: result, of: file) == nil)
      #expect(
        result.diagnostics.count <= 6,
        """
        without `\(SourceFile(path: "", bytes: bytes).text(token.span))` at \(token.span.start):
        \(TextRenderer(files: [file]).render(result.diagnostics))
        """)
    }
  }

  @Test func `Parsing is the same each time`() throws {
    for golden in Self.small {
      let file = SourceFile(path: golden.name, bytes: try golden.bytes())
      let (first, second) = (Parser.parse(file), Parser.parse(file))
      #expect(TreeDump.text(first.tree) == TreeDump.text(second.tree))
      #expect(first.diagnostics == second.diagnostics)
    }
  }
}
