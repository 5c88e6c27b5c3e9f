import TestKit

/// Random definitions from the grammar: the same for one seed, bounded in size.
struct ProgramGenerator {
  /// What stands for a token. The names are of the kind that real data has; those that are
  /// operators or clauses are left out, since the grammar doesn't say where they are names.
  static let samples: [String: [String]] = [
    "NAME": [
      "a", "views", "user_id", "campaign_id", "amount", "type", "key", "from", "source", "count",
      "table", "test", "model", "`user id`", "`where`", "größe",
    ],
    "TEXT": [
      "\"a\"", "\"\"", "\"two words\"", "#\"raw \\(x)\"#", "\"\\u{1F600} \\\"\"",
      "\"\"\"\n  many\n    lines\n  \"\"\"",
    ],
    "INTEGER": ["0", "12", "1_000_000"],
    "DECIMAL": ["1.5", "0.25"],
    "FLOAT": ["1.5e0", "1e-3"],
    "DURATION": ["10s", "1h30m", "250ms"],
    "PERCENTAGE": ["90%", "0.5%"],
    "RATE": ["500/s", "60/m"],
    "NEWLINE": ["\n", "\n\n", " // why\n", "\n// on its own\n", "\n/// documents\n"],
  ]

  /// How often each rule was taken.
  private(set) var uses: [String: Int] = [:]

  private let grammar: Grammar
  /// The fewest levels of rules that a rule needs.
  private let heights: [String: Int]
  private var random: SeededRandom
  private var text = ""
  /// How many words may still be added before all that may be left out is.
  private var budget = 0
  private var openTexts = 0

  init(_ grammar: Grammar, seed: UInt64) {
    self.grammar = grammar
    heights = Self.heights(of: grammar)
    random = SeededRandom(seed: seed)
  }

  /// A text made by that rule.
  mutating func text(of rule: String, words: Int) -> String {
    text = ""
    budget = words
    add(.rule(rule), depth: 0)
    return text
  }

  private mutating func add(_ term: Grammar.Term, depth: Int) {
    let isTight = budget <= 0 || depth > 40
    switch term {
    case .literal(let word):
      append(word)
      if word == "\"\\(" { openTexts += 1 }
      if word == ")\"" { openTexts -= 1 }
    case .token(let name):
      // A text of one line holds no line end.
      if name == "NEWLINE", openTexts > 0 { return }
      append(Self.samples[name]?.randomElement(using: &random) ?? name)
    case .rule(let name):
      uses[name, default: 0] += 1
      add(grammar.rules[name] ?? .sequence([]), depth: depth + 1)
    case .sequence(let terms): for term in terms { add(term, depth: depth) }
    case .choice(let terms):
      let least = terms.map(height).min() ?? 0
      // Deep choices are mostly the plainest, else the first expression would use up all words.
      let isPlain = isTight || depth > 8 && chance(0.6)
      let choices = isPlain ? terms.filter { height($0) == least } : terms
      if let choice = choices.randomElement(using: &random) { add(choice, depth: depth) }
    case .optional(let inner):
      if !isTight, chance(depth < 9 ? 0.5 : 0.3) { add(inner, depth: depth) }
    case .repeated(let inner):
      var rest = 6
      while budget > 0, depth <= 40, rest > 0, chance(depth < 8 ? 0.6 : 0.1) {
        add(inner, depth: depth)
        rest -= 1
      }
    }
  }

  private mutating func chance(_ share: Double) -> Bool {
    Double.random(in: 0..<1, using: &random) < share
  }

  private mutating func append(_ word: String) {
    if !text.isEmpty, text.last != "\n", word.first != "\n" { text += " " }
    text += word
    budget -= 1
  }

  private func height(_ term: Grammar.Term) -> Int { Self.height(term, heights) ?? 0 }

  /// Nil as long as it is not known.
  private static func height(_ term: Grammar.Term, _ heights: [String: Int]) -> Int? {
    switch term {
    case .literal, .token, .optional, .repeated: return 0
    case .rule(let name): return heights[name].map { $0 + 1 }
    case .choice(let terms): return terms.compactMap { height($0, heights) }.min()
    case .sequence(let terms):
      let all = terms.map { height($0, heights) }
      return all.contains(nil) ? nil : all.compactMap(\.self).max() ?? 0
    }
  }

  private static func heights(of grammar: Grammar) -> [String: Int] {
    var heights: [String: Int] = [:]
    var isDone = false
    while !isDone {
      isDone = true
      for (name, term) in grammar.rules where heights[name] == nil {
        guard let height = height(term, heights) else { continue }
        heights[name] = height
        isDone = false
      }
    }
    return heights
  }
}
