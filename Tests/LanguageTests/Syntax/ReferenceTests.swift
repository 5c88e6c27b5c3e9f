import Diagnostics
import Syntax
import Testing

/// The examples of the language's reference, so that none can rot.
@Suite struct ReferenceTests {
  private static let page = Page("Documentation/language.md")

  private func expectParsed(_ text: String, line: Int) {
    let file = SourceFile(path: "language.md", text: text)
    let messages = TextRenderer(files: [file]).render(Parser.parse(file).diagnostics)
    #expect(messages == "", "the example at line \(line) of language.md")
  }

  @Test func `Every whole example is parsed`() {
    let examples = Self.page.examples("raudal")
    #expect(examples.count >= 6)
    for example in examples { expectParsed(example.text, line: example.line) }
  }

  @Test func `Every example of stages is parsed`() {
    let examples = Self.page.examples("raudal-stages")
    #expect(examples.count >= 3)
    for example in examples { expectParsed("stream s = t\n" + example.text, line: example.line) }
  }

  @Test func `Every example of expressions is parsed`() {
    let examples = Self.page.examples("raudal-expressions")
    #expect(examples.count >= 2)
    for example in examples {
      for line in example.text.split(separator: "\n") {
        expectParsed("function f(): int = \(line)\n", line: example.line)
      }
    }
  }

  @Test func `Every code of a syntax mistake has its line in the reference`() {
    for code in SyntaxProblem.Code.allCases {
      #expect(Self.page.text.contains("| \(code.rawValue) |"))
    }
  }

  @Test func `Every stage and declaration is in the reference`() {
    for word in Keywords.declarations {
      #expect(Self.page.text.contains("| `\(word)` |"), "\(word)")
    }
    for word in Keywords.stages { #expect(Self.page.text.contains(word), "\(word)") }
  }
}
