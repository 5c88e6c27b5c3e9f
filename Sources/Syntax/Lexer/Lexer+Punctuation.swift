extension Lexer {
  /// Operators and brackets, the longest first. False if here is none.
  mutating func lexPunctuation() -> Bool {
    guard let (kind, size) = punctuation() else { return false }
    let start = index
    index += size
    guard let top = texts.indices.last, let depth = texts[top].parentheses else {
      emit(kind, from: start)
      return true
    }
    switch kind {
    case .openParenthesis:
      texts[top].parentheses = depth + 1
      emit(kind, from: start)
    case .closeParenthesis where depth == 0:
      texts[top].parentheses = nil
      emit(.interpolationClose, from: start)
    case .closeParenthesis:
      texts[top].parentheses = depth - 1
      emit(kind, from: start)
    default: emit(kind, from: start)
    }
    return true
  }

  private func punctuation() -> (Token.Kind, Int)? {
    switch byte() {
    case UInt8(ascii: "("): (.openParenthesis, 1)
    case UInt8(ascii: ")"): (.closeParenthesis, 1)
    case UInt8(ascii: "["): (.openBracket, 1)
    case UInt8(ascii: "]"): (.closeBracket, 1)
    case UInt8(ascii: "{"): (.openBrace, 1)
    case UInt8(ascii: "}"): (.closeBrace, 1)
    case UInt8(ascii: ","): (.comma, 1)
    case UInt8(ascii: ":"): (.colon, 1)
    case UInt8(ascii: "."): (.dot, 1)
    case UInt8(ascii: "-"): (.minus, 1)
    case UInt8(ascii: "*"): (.star, 1)
    case UInt8(ascii: "/"): (.slash, 1)
    case UInt8(ascii: "%"): (.percent, 1)
    case UInt8(ascii: "+"): pair("+", .concatenate, else: .plus)
    case UInt8(ascii: "?"): pair("?", .coalesce, else: .question)
    case UInt8(ascii: "|"): pair("|", .foreignOperator, else: .pipe)
    case UInt8(ascii: "&"): byte(1) == UInt8(ascii: "&") ? (.foreignOperator, 2) : nil
    case UInt8(ascii: "="): equals()
    case UInt8(ascii: "!"): pair("=", .notEqual, else: .foreignOperator)
    case UInt8(ascii: "<"):
      byte(1) == UInt8(ascii: ">") ? (.foreignOperator, 2) : pair("=", .lessOrEqual, else: .less)
    case UInt8(ascii: ">"): pair("=", .greaterOrEqual, else: .greater)
    default: nil
    }
  }

  private func equals() -> (Token.Kind, Int) {
    switch (byte(1), byte(2)) {
    case (UInt8(ascii: "="), UInt8(ascii: "=")): (.foreignOperator, 3)
    case (UInt8(ascii: "="), _): (.equal, 2)
    case (UInt8(ascii: ">"), _): (.arrow, 2)
    default: (.assign, 1)
    }
  }

  private func pair(
    _ second: Unicode.Scalar, _ both: Token.Kind, else one: Token.Kind
  ) -> (Token.Kind, Int) {
    byte(1) == UInt8(ascii: second) ? (both, 2) : (one, 1)
  }
}
