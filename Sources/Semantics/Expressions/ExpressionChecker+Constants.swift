import Diagnostics
import Plans
import Schemas
import Syntax

/// Constants that a kernel refuses: told before anything runs, at their place.
extension ExpressionChecker {
  /// Reports what is wrong with a constant argument; `spans` are those of the arguments.
  func hasFlaw(_ call: Expression, _ spans: [Span], at span: Span) -> Bool {
    guard let flaw = definitions.constants.flaw(in: call) else { return false }
    let place = flaw.argument < spans.count ? spans[flaw.argument] : span
    guard case .call(_, let operands) = call.node, flaw.argument < operands.count,
      case .literal(let literal) = operands[flaw.argument].node
    else { return false }
    definitions.report(flaw, of: literal, at: place)
    return true
  }
}

extension Definitions {
  func report(_ flaw: ConstantCheck.Flaw, of literal: Literal, at span: Span) {
    var value: String
    switch literal {
    case .string(let text): value = text
    case .int(let number): value = "\(number)"
    default: value = ""
    }
    // What stands there to be read need not be said again.
    if isWrittenOut(span) { value = "" }
    log.report(TypeProblem.unusableConstant(flaw, value: value), at: span)
  }

  /// Whether a text or number stands there as it is, and not what it is computed from.
  private func isWrittenOut(_ span: Span) -> Bool {
    let tokens = Parser.parse(SourceFile(path: "", text: text(span))).tree.tokens.map(\.kind)
    switch tokens.dropLast() {
    case [.integer], [.minus, .integer], [.textOpen, .textClose],
      [.textOpen, .textPiece, .textClose]:
      return true
    default: return false
    }
  }

  /// The zone of a window, or of a column that is read by a pattern: as that of a call.
  func checkZone(_ name: String, at span: Span) {
    let call = Expression(
      .call(
        "date_trunc",
        [
          .literal(.string("day"), .string), .column(Field("", .timestamp)),
          .literal(.string(name), .string),
        ]), FieldType(.timestamp))
    if let flaw = constants.flaw(in: call) { report(flaw, of: .string(name), at: span) }
  }

  /// The pattern that a column is read by.
  func checkTimePattern(_ pattern: String, at span: Span) {
    let call = Expression(
      .call(
        "to_timestamp", [.column(Field("", .string)), .literal(.string(pattern), .string)]),
      FieldType(.timestamp, nullable: true))
    if let flaw = constants.flaw(in: call) { report(flaw, of: .string(pattern), at: span) }
  }
}
