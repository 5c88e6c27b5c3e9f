import Foundation
import Syntax
import Testing

/// The grammar for editors that colour by patterns knows the parser's words and no others.
@Suite struct HighlightingTests {
  private static let page = Page("Documentation/editors/raudal.tmLanguage.json")

  private static func rules() throws -> [String: [String: Any]] {
    let grammar = try JSONSerialization.jsonObject(with: Data(page.text.utf8)) as? [String: Any]
    #expect(grammar?["scopeName"] as? String == "source.raudal")
    return try #require(grammar?["repository"] as? [String: [String: Any]])
  }

  /// The words of the first `(a|b|c)` of a rule.
  private static func words(_ rule: String) throws -> Set<String> {
    let pattern = try #require(try rules()[rule]?["match"] as? String)
    let list = try #require(pattern.firstMatch(of: /\(([a-z_|]+)\)/))
    return Set(list.1.split(separator: "|").map(String.init))
  }

  @Test func `Its words are the parser's`() throws {
    #expect(try Self.words("declarations") == Set(Keywords.declarations))
    #expect(try Self.words("stages") == Set(Keywords.stages))
    #expect(try Self.words("windows") == Set(Keywords.windows))
    #expect(try Self.words("clauses") == Set(Keywords.windowClauses))
    #expect(try Self.words("routes") == Set(Keywords.errorRoutes))
    #expect(try Self.words("steps") == Set(Keywords.testSteps))
    let types = Keywords.types.map { String($0.prefix { $0.isLetter }) }
    #expect(try Self.words("types") == Set(types))
  }

  @Test func `Every pattern is a regular expression and every rule is there`() throws {
    let rules = try Self.rules()
    func check(_ value: Any) throws {
      if let object = value as? [String: Any] {
        for (name, inner) in object {
          if ["match", "begin"].contains(name), let pattern = inner as? String {
            #expect(throws: Never.self) { try NSRegularExpression(pattern: pattern) }
          }
          if name == "include", let rule = inner as? String {
            #expect(rules[String(rule.dropFirst())] != nil, "\(rule)")
          }
          try check(inner)
        }
      } else if let list = value as? [Any] {
        for inner in list { try check(inner) }
      }
    }
    try check(rules)
    #expect(rules.count > 10)
  }
}
