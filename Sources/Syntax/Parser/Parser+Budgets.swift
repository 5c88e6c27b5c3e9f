import Diagnostics

/// `1M tokens/h per tenant`: what calls may use in a time.
extension Parser {
  static let budgetUnit = "tokens"
  /// A slip that the checker tells of.
  private static let slippedUnit = "token"

  /// Nil where no tokens are counted: then any value may stand here.
  mutating func parseBudget() -> OptionValueSyntax? {
    let start = current.span
    guard let amount = amount(text(current)),
      isWord(token(1), Self.budgetUnit) || isWord(token(1), Self.slippedUnit),
      !token(1).startsLine, token(2).kind == .slash, isName(token(3)), !token(3).startsLine
    else { return nil }
    advance()
    let value = OptionValueSyntax(
      .expression(ExpressionSyntax(.literal(.int(amount)), start)), start)
    let word = takeIdentifier()
    advance()
    let unit = takeIdentifier()
    var qualifiers = [
      QualifierSyntax(
        word: word, value: ExpressionSyntax(.name(unit), unit.span), span: span(from: word.span))
    ]
    if at(.name), !current.startsLine, atWord("per") {
      let word = takeIdentifier()
      var qualifier = QualifierSyntax(word: word, value: nil, span: word.span)
      if !current.startsLine, atOperand(), !atItem(), !at(.openBrace) {
        qualifier.value = expectExpression(Self.clausePower)
        qualifier.span = span(from: word.span)
      }
      qualifiers.append(qualifier)
    }
    return OptionValueSyntax(.qualified(value, qualifiers), span(from: start))
  }

  /// `200000`, `200k`, `1M`
  private func amount(_ written: String) -> Int64? {
    guard at(.integer) || at(.duration) else { return nil }
    let text = written.filter { $0 != "_" }
    let factor: Int64 =
      switch text.last {
      case "k": 1_000
      case "M": 1_000_000
      default: 1
      }
    guard let number = Int64(factor == 1 ? text : String(text.dropLast())) else { return nil }
    let (amount, isPast) = number.multipliedReportingOverflow(by: factor)
    return isPast ? nil : amount
  }
}
