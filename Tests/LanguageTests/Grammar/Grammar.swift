/// The grammar of the reference, read from its page.
struct Grammar {
  indirect enum Term {
    case literal(String)
    case token(String)
    case rule(String)
    case sequence([Term])
    case choice([Term])
    case optional(Term)
    case repeated(Term)
  }

  struct Failure: Error { var message: String }

  private(set) var rules: [String: Term] = [:]
  private(set) var order: [String] = []

  /// The `ebnf` blocks of a page.
  init(_ blocks: [String]) throws {
    for block in blocks {
      var reader = Reader(try Self.words(of: block))
      while let (name, term) = try reader.rule() {
        guard rules[name] == nil else { throw Failure(message: "\(name) has two rules") }
        rules[name] = term
        order.append(name)
      }
    }
    for name in order {
      for missing in Self.names(in: rules[name] ?? .sequence([])) where rules[missing] == nil {
        throw Failure(message: "\(missing), in \(name), has no rule")
      }
    }
  }

  var literals: Set<String> { Set(rules.values.flatMap { Self.leaves($0).literals }) }
  var tokens: Set<String> { Set(rules.values.flatMap { Self.leaves($0).tokens }) }

  private static func names(in term: Term) -> [String] { leaves(term).rules }

  private static func leaves(
    _ term: Term
  ) -> (literals: [String], tokens: [String], rules: [String]) {
    switch term {
    case .literal(let text): return ([text], [], [])
    case .token(let name): return ([], [name], [])
    case .rule(let name): return ([], [], [name])
    case .optional(let inner), .repeated(let inner): return leaves(inner)
    case .sequence(let terms), .choice(let terms):
      let all = terms.map(leaves)
      return (all.flatMap(\.literals), all.flatMap(\.tokens), all.flatMap(\.rules))
    }
  }

  /// Literals keep their first quote, so that `"|"` differs from `|`.
  private static func words(of text: String) throws -> [String] {
    var words: [String] = []
    var rest = Substring(text)
    while let first = rest.first {
      if first.isWhitespace {
        rest.removeFirst()
      } else if first == "\"" || first == "'" {
        guard let end = rest.dropFirst().firstIndex(of: first) else {
          throw Failure(message: "a literal is not closed: \(rest.prefix(20))")
        }
        words.append("\"" + rest[rest.index(after: rest.startIndex)..<end])
        rest = rest[rest.index(after: end)...]
      } else if first.isLetter {
        let word = rest.prefix { $0.isLetter || $0 == "_" }
        words.append(String(word))
        rest = rest.dropFirst(word.count)
      } else {
        words.append(String(rest.removeFirst()))
      }
    }
    return words
  }
}

/// Words to terms.
private struct Reader {
  private var words: ArraySlice<String>

  init(_ words: [String]) { self.words = words[...] }

  mutating func rule() throws -> (String, Grammar.Term)? {
    guard let name = words.popFirst() else { return nil }
    try expect("=")
    let term = try choice()
    try expect(";")
    return (name, term)
  }

  private mutating func expect(_ word: String) throws {
    guard words.popFirst() == word else {
      throw Grammar.Failure(message: "`\(word)` is missing before \(words.prefix(5))")
    }
  }

  private mutating func choice() throws -> Grammar.Term {
    var choices = [try sequence()]
    while words.first == "|" {
      words.removeFirst()
      choices.append(try sequence())
    }
    return choices.count == 1 ? choices[0] : .choice(choices)
  }

  private mutating func sequence() throws -> Grammar.Term {
    var terms: [Grammar.Term] = []
    while let word = words.first, ![";", "|", ")", "]", "}"].contains(word) {
      words.removeFirst()
      terms.append(try term(word))
    }
    return terms.count == 1 ? terms[0] : .sequence(terms)
  }

  private mutating func term(_ word: String) throws -> Grammar.Term {
    switch word {
    case "(": return try closed(")") { $0 }
    case "[": return try closed("]") { .optional($0) }
    case "{": return try closed("}") { .repeated($0) }
    default:
      if word.hasPrefix("\"") { return .literal(String(word.dropFirst())) }
      guard word.allSatisfy({ $0.isLetter || $0 == "_" }) else {
        throw Grammar.Failure(message: "`\(word)` is no term")
      }
      return word == word.uppercased() ? .token(word) : .rule(word)
    }
  }

  private mutating func closed(
    _ word: String, _ make: (Grammar.Term) -> Grammar.Term
  ) throws -> Grammar.Term {
    let inner = try choice()
    try expect(word)
    return make(inner)
  }
}
