package import Diagnostics

/// One token: its kind and its bytes. Texts are several tokens, so that what is interpolated into
/// them is made of tokens too.
package struct Token: Hashable, Sendable {
  package enum Kind: UInt8, Hashable, Sendable {
    case name, quotedName
    case integer, decimal, float, duration, percentage, rate
    /// The opening quotes of a text, its pieces, `\(`, `)`, and the closing quotes.
    case textOpen, textPiece, interpolationOpen, interpolationClose, textClose
    case openParenthesis, closeParenthesis, openBracket, closeBracket, openBrace, closeBrace
    case comma, colon, dot, pipe, arrow, question
    case assign, equal, notEqual, less, lessOrEqual, greater, greaterOrEqual
    case plus, minus, star, slash, percent, concatenate, coalesce
    /// `&&`, `||`, `!`, `<>`, `===`: operators of other languages, reported by the parser.
    case foreignOperator
    /// Bytes that begin no token; were reported.
    case unknown
    case endOfFile
  }

  package var kind: Kind
  /// Whether a line end lies between the token before and this one.
  package var startsLine: Bool
  /// Whether white space or a comment lies between the token before and this one.
  package var hasSpaceBefore: Bool
  package var span: Span
}
