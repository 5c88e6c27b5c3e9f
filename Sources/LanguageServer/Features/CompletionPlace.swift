import Diagnostics
import Semantics
import Syntax

/// Where a word is written or is to be written, and what stands around it.
struct CompletionPlace {
  let file: SourceFile
  let tokens: [Token]
  /// The word itself among the tokens.
  let index: Int
  /// The declaration that it stands in, or that ends before it.
  let declaration: DeclarationSyntax?
  /// The brackets of the declaration that are open at the place, the innermost last.
  let open: [Int]

  init(_ analysis: Analysis, at index: Int) {
    file = analysis.file
    tokens = analysis.tree.tokens
    self.index = index
    declaration = analysis.declaration(at: Int(tokens[index].span.start))
    open = Self.brackets(tokens, declaration?.span.start ?? 0, index)
  }

  /// The word that the place is in or behind.
  static func word(_ analysis: Analysis, at offset: Int) -> Int? {
    analysis.tree.tokens.firstIndex { token in
      (token.kind == .name || token.kind == .quotedName) && Int(token.span.start) < offset
        && offset <= Int(token.span.end)
    }
  }

  var offset: Int { Int(tokens[index].span.start) }

  var before: Token? { index > 0 ? tokens[index - 1] : nil }

  /// The text of the token before the word.
  var lead: String { before.map { file.text($0.span) } ?? "" }

  func text(_ index: Int) -> String {
    tokens.indices.contains(index) ? file.text(tokens[index].span) : ""
  }

  /// Whether a declaration may begin here.
  var beginsDeclaration: Bool {
    guard let before else { return true }
    return tokens[index].startsLine && open.isEmpty && !goesOn(before)
  }

  /// Whether an item of a block or list may begin here.
  var beginsItem: Bool {
    guard let before else { return true }
    let separators: [Token.Kind] = [.openBrace, .openBracket, .comma]
    return separators.contains(before.kind) || tokens[index].startsLine && !goesOn(before)
  }

  /// The names before the dot before the word, with dots between: `a.b` of `a.b.c`.
  var path: [String] {
    var names: [String] = []
    var place = index - 1
    while place > 0, tokens[place].kind == .dot,
      [.name, .quotedName].contains(tokens[place - 1].kind)
    {
      names.insert(text(place - 1), at: 0)
      place -= 2
    }
    return place >= 0 && tokens[place].kind == .dot ? [] : names
  }

  /// Whether what follows a token, on the next line too, belongs to the same value.
  private func goesOn(_ token: Token) -> Bool {
    switch token.kind {
    case .colon, .comma, .dot, .assign, .arrow, .equal, .notEqual, .less, .lessOrEqual, .greater,
      .greaterOrEqual, .plus, .minus, .star, .slash, .percent, .concatenate, .coalesce:
      true
    case .name: ["and", "or", "not", "in", "between", "like"].contains(file.text(token.span))
    default: false
    }
  }

  private static func brackets(_ tokens: [Token], _ start: UInt32, _ end: Int) -> [Int] {
    var open: [Int] = []
    for index in tokens.indices[..<end] where tokens[index].span.start >= start {
      switch tokens[index].kind {
      case .openBrace, .openBracket, .openParenthesis, .interpolationOpen: open.append(index)
      case .closeBrace, .closeBracket, .closeParenthesis, .interpolationClose: _ = open.popLast()
      default: continue
      }
    }
    return open
  }
}

extension CompletionPlace {
  /// The name `a.b` that ends before a token.
  func dottedName(before index: Int) -> String {
    var name = text(index - 1)
    var place = index - 2
    while place > 0, tokens[place].kind == .dot {
      name = "\(text(place - 1)).\(name)"
      place -= 2
    }
    return name
  }
}
