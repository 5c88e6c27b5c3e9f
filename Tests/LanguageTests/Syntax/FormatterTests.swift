import Diagnostics
import Foundation
import Syntax
import TestKit
import Testing

/// The layout: what it looks like, and what must hold of it for every definition.
@Suite struct FormatterTests {
  static let goldens = GoldenDirectory("Language/Format")

  /// Definitions of all kinds; those that are broken have no layout.
  private static let sources = ["Syntax", "Plans", "Problems", "Format"].flatMap {
    GoldenDirectory("Language/\($0)").cases()
  }

  private static let pipelines = GoldenDirectory("../../Pipelines").cases()

  private static func formatted(_ bytes: [UInt8]) -> String {
    DefinitionFormatter.format(Parser.parse(SourceFile(path: "", bytes: bytes)).tree)
  }

  @Test(arguments: goldens.cases())
  func `A definition is laid out as the golden file says`(_ golden: GoldenDirectory.Case) throws {
    let file = SourceFile(path: "\(golden.name).raudal", bytes: try golden.bytes())
    let (tree, diagnostics) = Parser.parse(file)
    #expect(TextRenderer(files: [file]).render(diagnostics) == "")
    let mismatch = try GoldenDirectory.mismatch(DefinitionFormatter.format(tree), golden)
    #expect(mismatch == nil, "\(mismatch ?? "")")
  }

  @Test func `What its layout would make too large to be read stays as it is`() {
    let rows = String(repeating: "{a:1},", count: ParserLimits.bytes / 10)
    let text = "test \"x\" { expect a [\(rows)] }\n"
    #expect(Self.formatted(Array(text.utf8)) == text)
  }

  @Test func `No expected layout is forgotten`() {
    #expect(Self.goldens.cases().count >= 10)
    #expect(Self.goldens.orphans() == [])
  }

  @Test(arguments: sources + pipelines)
  func `A layout keeps the meaning and the comments and is the same the second time`(
    _ golden: GoldenDirectory.Case
  ) throws {
    let file = SourceFile(path: golden.name, bytes: try golden.bytes())
    let complaint = FormatInvariants.complaint(about: file)
    #expect(complaint == nil, "\(complaint ?? "")")
  }

  @Test func `Every example pipeline has its layout`() throws {
    #expect(Self.pipelines.count >= 4)
    for pipeline in Self.pipelines {
      let bytes = try pipeline.bytes()
      let text = Self.formatted(bytes)
      if GoldenDirectory.isUpdating {
        try text.write(to: pipeline.input, atomically: true, encoding: .utf8)
      } else {
        #expect(text == String(decoding: bytes, as: UTF8.self), "\(pipeline.name)")
      }
    }
  }

  /// Comments between any two tokens, where no author would put them.
  @Test(arguments: sources + pipelines)
  func `No comment is lost wherever it stands`(_ golden: GoldenDirectory.Case) throws {
    let bytes = try golden.bytes()
    guard bytes.count < 4_000 else { return }
    let tokens = Parser.parse(SourceFile(path: "", bytes: bytes)).tree.tokens
    var random = SeededRandom(seed: UInt64(bytes.count))
    for round in 0..<40 {
      var text: [UInt8] = []
      var place = 0
      for token in tokens where Int.random(in: 0..<12, using: &random) == 0 {
        text += bytes[place..<Int(token.span.start)]
        place = Int(token.span.start)
        text += Self.comments.randomElement(using: &random).map { Array($0.utf8) } ?? []
      }
      text += bytes[place...]
      let file = SourceFile(path: golden.name, bytes: text)
      let complaint = FormatInvariants.complaint(about: file)
      #expect(
        complaint == nil,
        "round \(round)\n\(String(decoding: text, as: UTF8.self))\n---\n\(complaint ?? "")")
      if complaint != nil { return }
    }
  }

  /// Comments before and behind the commas of a block.
  @Test func `Comments around commas stay in their order`() {
    let blocks: [(head: String, item: (Int) -> String, end: String)] = [
      ("type E {\n", { "c\($0): int" }, "}\n"),
      ("stream s = e | map {\n", { "c\($0) = \($0)" }, "}\n"),
      ("sink s to file {\n", { "c\($0): \"x\"" }, "}\n"),
      ("param x: int = f([\n", { "\($0)" }, "])\n"),
      ("test \"t\" {\n  given e [\n", { "{ a: \($0), b: 1 }" }, "]\n}\n"),
    ]
    for seed in 0..<400 {
      var random = SeededRandom(seed: UInt64(seed))
      var count = 0
      func comments() -> String {
        (0..<Int.random(in: 0...2, using: &random)).reduce(into: "") { text, _ in
          count += 1
          text += "\(Bool.random(using: &random) ? " " : "\n")// \(count)\n"
        }
      }
      let block = blocks[seed % blocks.count]
      let text =
        block.head
        + (0..<4).map { block.item($0) + comments() + "," + comments() + "\n" }.joined()
        + block.end
      let file = SourceFile(path: "seed \(seed)", text: text)
      #expect(Parser.parse(file).diagnostics.isEmpty, "\(text)")
      let layout = Self.formatted(Array(text.utf8))
      let order = layout.matches(of: /\/\/ ([0-9]+)/).compactMap { Int($0.1) }
      #expect(order == Array(1..<(count + 1)), "seed \(seed)\n\(text)---\n\(layout)")
      if order != Array(1..<(count + 1)) { return }
    }
  }

  private static let comments = [
    " // a\n", "\n// b\n", "\n\n  /// c\n", " /// d\n", "\n// e\n\n\n// f\n", "\n", "\n\n\n", "  ",
  ]

  @Test func `Only a text or a comment makes a line longer than its width`() throws {
    for golden in Self.sources + Self.pipelines {
      let file = SourceFile(path: golden.name, bytes: try golden.bytes())
      let (tree, diagnostics) = Parser.parse(file)
      guard diagnostics.isEmpty else { continue }
      for line in DefinitionFormatter.format(tree).split(separator: "\n")
      where line.count > DefinitionFormatter.width {
        let words = line.split(separator: " ")
        #expect(line.contains("//") || line.contains("\"") || words.count < 4, "\(line)")
      }
    }
  }

  @Test func `A large definition is laid out in time`() {
    let stage = "  | where a in [1, 2, 3] and f(x, y, z) > 1 // why\n  | with { b = g(a), c = d }\n"
    let text = "stream s = t\n" + String(repeating: stage, count: 12_000)
    let (tree, diagnostics) = Parser.parse(SourceFile(path: "large", text: text))
    #expect(diagnostics.isEmpty)
    let time = ContinuousClock().measure { _ = DefinitionFormatter.format(tree) }
    #expect(time < .seconds(5), "\(time)")
  }
}
