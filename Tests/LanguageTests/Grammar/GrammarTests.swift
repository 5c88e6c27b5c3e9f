import Diagnostics
import Foundation
import Syntax
import TestKit
import Testing

/// The grammar of the reference and the parser are one language.
@Suite struct GrammarTests {
  private static let page = Page("Documentation/grammar.md")

  private static let seeds =
    ProcessInfo.processInfo.environment["RAUDAL_LONG"] == "1" ? 40_000 : 4_000

  private static func grammar() throws -> Grammar {
    try Grammar(page.examples("ebnf").map(\.text))
  }

  @Test func `The grammar has the words that the parser knows`() throws {
    let grammar = try Self.grammar()
    let words =
      Keywords.declarations + Keywords.stages + Keywords.windows + Keywords.windowClauses
      + Keywords.errorRoutes + Keywords.testSteps
    #expect(Set(words).subtracting(grammar.literals) == [])
    #expect(Set(BinarySyntax.Operator.allCases.map(\.rawValue)).subtracting(grammar.literals) == [])
    #expect(grammar.tokens == Set(ProgramGenerator.samples.keys))
    for token in grammar.tokens { #expect(Self.page.text.contains("`\(token)`"), "\(token)") }
  }

  @Test func `The parser takes every definition that the grammar makes`() throws {
    let grammar = try Self.grammar()
    var uses: Set<String> = []
    for seed in 0..<Self.seeds {
      var generator = ProgramGenerator(grammar, seed: UInt64(seed))
      let text = generator.text(of: "file", words: 20 + seed % 300)
      uses.formUnion(generator.uses.keys)
      let file = SourceFile(path: "seed \(seed)", text: text)
      let messages = TextRenderer(files: [file]).render(Parser.parse(file).diagnostics)
      #expect(messages == "", "\(text)")
      if !messages.isEmpty { return }
    }
    #expect(Set(grammar.order).subtracting(uses) == [], "rules that no definition needed")
  }

  @Test func `What the grammar makes has one layout`() throws {
    let grammar = try Self.grammar()
    for seed in 0..<Self.seeds {
      var generator = ProgramGenerator(grammar, seed: UInt64(seed))
      let text = generator.text(of: "file", words: 20 + seed % 300)
      let complaint = FormatInvariants.complaint(about: SourceFile(path: "f", text: text))
      #expect(complaint == nil, "seed \(seed)\n\(text)\n---\n\(complaint ?? "")")
      if complaint != nil { return }
    }
  }

  @Test func `A definition with words lost, doubled and swapped is read in bounds`() throws {
    let grammar = try Self.grammar()
    for seed in 0..<Self.seeds {
      var generator = ProgramGenerator(grammar, seed: UInt64(seed))
      let text = generator.text(of: "file", words: 20 + seed % 150)
      var random = SeededRandom(seed: UInt64(seed))
      var words = text.split(separator: " ", omittingEmptySubsequences: false).map(String.init)
      for _ in 0..<Int.random(in: 1...4, using: &random) {
        Self.mutate(&words, using: &random)
      }
      let file = SourceFile(path: "f", text: words.joined(separator: " "))
      let complaint = SyntaxInvariants.complaint(about: Parser.parse(file), of: file)
      #expect(complaint == nil, "seed \(seed)\n\(file.text(file.span))")
      let layout = FormatInvariants.complaint(about: file)
      #expect(layout == nil, "seed \(seed)\n\(file.text(file.span))\n---\n\(layout ?? "")")
      if complaint != nil || layout != nil { return }
    }
  }

  @Test(arguments: WrongForms.all)
  func `What the grammar does not make is refused`(_ text: String) {
    let file = SourceFile(path: "wrong", text: text + "\n")
    #expect(!Parser.parse(file).diagnostics.isEmpty, "\(text)")
  }

  private static func mutate(_ words: inout [String], using random: inout SeededRandom) {
    guard let place = words.indices.randomElement(using: &random),
      let other = words.indices.randomElement(using: &random)
    else { return }
    switch Int.random(in: 0..<5, using: &random) {
    case 0: words.remove(at: place)
    case 1: words.insert(words[other], at: place)
    case 2: words.swapAt(place, other)
    case 3: words[place] = words[other]
    default: words[place] = String(words[place].dropLast())
    }
  }

  @Test(arguments: ["a = b ;", "a = \"b", "a = ( \"b\" ;", "a = \"b\" ; a = \"c\" ;", "a = ? ;"])
  func `A block that is no grammar is refused`(_ block: String) {
    #expect(throws: Grammar.Failure.self) { try Grammar([block]) }
  }
}
