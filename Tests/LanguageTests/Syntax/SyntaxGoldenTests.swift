import Diagnostics
import Foundation
import Syntax
import TestKit
import Testing

/// Definitions whose form alone is looked at: the tree of those that are right, the messages of
/// those that are broken.
@Suite struct SyntaxGoldenTests {
  static let valid = GoldenDirectory("Language/Syntax")
  static let broken = GoldenDirectory("Language/SyntaxErrors")

  @Test(arguments: valid.cases())
  func `A definition is read as the golden tree says`(_ golden: GoldenDirectory.Case) throws {
    let file = SourceFile(path: "\(golden.name).raudal", bytes: try golden.bytes())
    let (tree, diagnostics) = Parser.parse(file)
    let messages = TextRenderer(files: [file]).render(diagnostics)
    #expect(messages == "")
    let mismatch = try GoldenDirectory.mismatch(TreeDump.text(tree), golden)
    #expect(mismatch == nil, "\(mismatch ?? "")")
  }

  @Test(arguments: broken.cases())
  func `A broken definition is told as the golden message says`(
    _ golden: GoldenDirectory.Case
  ) throws {
    let file = SourceFile(path: "\(golden.name).raudal", bytes: try golden.bytes())
    let diagnostics = Parser.parse(file).diagnostics
    #expect(!diagnostics.isEmpty)
    let messages = TextRenderer(files: [file]).render(diagnostics)
    let mismatch = try GoldenDirectory.mismatch(messages, golden)
    #expect(mismatch == nil, "\(mismatch ?? "")")
  }

  @Test func `Enough definitions are held and none is forgotten`() {
    #expect(Self.valid.cases().count + Self.broken.cases().count >= 60)
    #expect(Self.valid.orphans() == [])
    #expect(Self.broken.orphans() == [])
  }

  @Test func `Every code of a syntax mistake has a golden message`() {
    let outputs = Self.broken.cases().map {
      (try? String(contentsOf: $0.expected, encoding: .utf8)) ?? ""
    }
    for code in SyntaxProblem.Code.allCases {
      // A file of more than 1 MiB is no golden; `LimitTests` has it.
      if code == .fileTooLarge { continue }
      #expect(
        outputs.contains { $0.contains("error[\(code.rawValue)]") },
        "\(code) has no golden message")
    }
  }
}
