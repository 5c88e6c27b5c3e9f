import Diagnostics
import Plans
import Schemas
import Syntax

/// Values of options: literals, words, texts with `env`, `secret` and params in them.
extension OptionChecker {
  /// Nil where it is none, reported or not.
  func plain(_ syntax: OptionValueSyntax) -> OptionValue? {
    guard case .expression(let expression) = syntax.kind else { return nil }
    return plain(expression)
  }

  func plain(_ expression: ExpressionSyntax) -> OptionValue? {
    switch expression.kind {
    case .literal(let literal): return plain(literal, expression)
    case .text(let text): return self.text(text)
    case .name(let name):
      if let parameter = definitions.parameters[name.text] { return value(of: parameter) }
      return .word(name.text)
    case .member(let base, let name):
      guard case .name(let first) = base.kind else { return nil }
      if first.text == "param" {
        guard let parameter = definitions.parameters[name.text] else {
          let known = definitions.parameters.keys.sorted()
          definitions.log.report(
            NameProblem.unknownParameter(name.text, known: known), at: name.span)
          return nil
        }
        return value(of: parameter)
      }
      return .word("\(first.text).\(name.text)")
    case .call(let call): return reference(call, at: expression.span)
    case .list, .object, .lambda, .missing: return nil
    default: return computed(expression)
    }
  }

  /// What stands where a text belongs, if it reads as a name of something else: `data.items[0]`.
  func bareText(_ syntax: OptionValueSyntax) -> String? {
    guard case .expression(let expression) = syntax.kind, isBare(expression) else { return nil }
    return definitions.text(expression.span)
  }

  private func isBare(_ expression: ExpressionSyntax) -> Bool {
    switch expression.kind {
    case .name(let name): name.text != "param" && definitions.parameters[name.text] == nil
    case .member(let base, _), .element(let base, _): isBare(base)
    default: false
    }
  }

  private func plain(_ literal: LiteralSyntax, _ syntax: ExpressionSyntax) -> OptionValue? {
    switch literal {
    case .bool(let value): .bool(value)
    case .int(let value): .int(value)
    case .float(let value): .float(value)
    case .decimal(let unscaled, let scale):
      Double(DecimalText.text(unscaled, scale: scale)).map { .float($0) }
    case .duration(let value): .duration(value)
    case .percentage(let value): .percentage(value)
    case .rate(let value): .rate(value)
    case .null, .timestamp, .date: nil
    }
  }

  private func value(of parameter: PipelineParameter) -> OptionValue? {
    definitions.used.parameters.insert(parameter.name)
    return parameter.value.flatMap(option)
  }

  private func option(_ literal: Literal) -> OptionValue? {
    switch literal {
    case .bool(let value): .bool(value)
    case .int(let value): .int(value)
    case .float(let value): .float(value)
    case .string(let value): .string(value)
    case .duration(let value): .duration(value)
    case .decimal(let unscaled, let scale): .string(DecimalText.text(unscaled, scale: scale))
    default: nil
    }
  }

  private func text(_ text: TextSyntax) -> OptionValue? {
    if let constant = text.constant { return .string(constant) }
    var pieces: [OptionValue] = []
    for piece in text.pieces {
      switch piece {
      case .text(let part): pieces.append(.string(part))
      case .expression(let expression):
        guard let value = plain(expression) else { return nil }
        if case .word(let name) = value {
          let known = definitions.parameters.keys.sorted()
          definitions.log.report(
            NameProblem.unknownParameter(name, known: known), at: expression.span)
          return nil
        }
        pieces.append(value)
      }
    }
    return Self.joined(pieces)
  }

  /// One text where nothing waits for the start.
  static func joined(_ pieces: [OptionValue]) -> OptionValue {
    var result: [OptionValue] = []
    for piece in pieces {
      let text: String
      switch piece {
      case .string(let value): text = value
      case .int(let value): text = "\(value)"
      case .bool(let value): text = "\(value)"
      default:
        result.append(piece)
        continue
      }
      if case .string(let before)? = result.last {
        result[result.count - 1] = .string(before + text)
      } else {
        result.append(.string(text))
      }
    }
    return result.count == 1 ? result[0] : .text(result)
  }

  /// `env("NAME", "fallback")`, `secret("NAME")`; any other call is computed now.
  private func reference(_ call: CallSyntax, at span: Span) -> OptionValue? {
    let name = call.function.text
    guard name == "env" || name == "secret", call.receiver == nil else {
      return computed(ExpressionSyntax(.call(call), span))
    }
    let most = name == "env" ? 2 : 1
    let texts = call.arguments.compactMap { argument -> String? in
      guard case .string(let text)? = plain(argument.value) else { return nil }
      return text
    }
    guard texts.count == call.arguments.count, (1...most).contains(texts.count) else {
      let expected = name == "env" ? "a name in quotes, and a fallback" : "a name in quotes"
      definitions.log.report(OptionProblem.wrongValue(name, expected: expected), at: span)
      return nil
    }
    if name == "secret" { return .secret(name: texts[0]) }
    return .environment(name: texts[0], fallback: texts.count > 1 ? texts[1] : nil)
  }

  private func computed(_ expression: ExpressionSyntax) -> OptionValue? {
    let checker = ExpressionChecker(definitions, RowScope([]))
    let value = checker.check(expression)
    if value.isWrong { return nil }
    return ConstantEvaluation.value(of: value.expression).flatMap(option)
  }

  func holdsSecret(_ value: OptionValue) -> Bool {
    switch value {
    case .secret: true
    case .text(let pieces), .list(let pieces): pieces.contains(where: holdsSecret)
    case .object(let options): options.contains { holdsSecret($0.value) }
    case .json(let value): holdsSecret(value)
    default: false
    }
  }
}
