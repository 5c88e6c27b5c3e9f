import Diagnostics
import Plans
import Syntax

/// Values of options that say how a table is asked.
extension OptionChecker {
  /// `64`, `64 within 2ms`
  func batching(_ syntax: OptionValueSyntax, _ name: String) -> OptionValue? {
    let expected = "a number of rows, as in `64 within 2ms`"
    var count = syntax
    var within: OptionValue?
    if case .qualified(let value, let qualifiers) = syntax.kind {
      count = value
      guard qualifiers.count == 1, qualifiers[0].word.text == "within",
        let time = qualifiers[0].value, case .duration(let wait)? = plain(time), wait >= 0
      else { return reportUnless(syntax, .wrongValue(name, expected: expected)) }
      within = .duration(wait)
    }
    guard case .int(let rows)? = plain(count) else {
      return reportUnless(syntax, .wrongValue(name, expected: expected))
    }
    guard (1...4_096).contains(rows) else {
      return reportUnless(syntax, .outOfRange(name, 1...4_096))
    }
    return .object([Option("rows", .int(rows))] + (within.map { [Option("within", $0)] } ?? []))
  }

  /// `50%`
  func share(_ syntax: OptionValueSyntax, _ name: String) -> OptionValue? {
    guard case .percentage(let share)? = plain(syntax), share > 0, share <= 1 else {
      return reportUnless(
        syntax, .wrongValue(name, expected: "a share above 0% and at most 100%"))
    }
    return .percentage(share)
  }

  /// `0`, `0.5`
  func number(
    _ syntax: OptionValueSyntax, _ name: String, _ range: ClosedRange<Double>
  ) -> OptionValue? {
    let value: Double? =
      switch plain(syntax) {
      case .int(let number)?: Double(number)
      case .float(let number)?: number
      default: nil
      }
    guard let value, range.contains(value) else {
      let (low, high) = (Int(range.lowerBound), Int(range.upperBound))
      return reportUnless(
        syntax, .wrongValue(name, expected: "a number between \(low) and \(high)"))
    }
    return .float(value)
  }

  /// `exponential(200ms, max: 1m)`, `200ms`
  func backoff(_ syntax: OptionValueSyntax, _ name: String) -> OptionValue? {
    let expected = "a duration, or `exponential(200ms, max: 1m)`"
    guard case .expression(let expression) = syntax.kind else {
      return reportUnless(syntax, .wrongValue(name, expected: expected))
    }
    guard case .call(let call) = expression.kind, call.function.text == "exponential" else {
      guard case .duration(let time)? = plain(expression), time >= 0 else {
        return reportUnless(syntax, .wrongValue(name, expected: expected))
      }
      return .call("exponential", [Option("first", .duration(time))])
    }
    var options: [Option] = []
    for (place, argument) in call.arguments.enumerated() {
      let word = argument.label?.text ?? (place == 0 ? "first" : "")
      guard word == (place == 0 ? "first" : "max"), place < 2,
        case .duration(let time)? = plain(argument.value), time >= 0
      else { return reportUnless(syntax, .wrongValue(name, expected: expected)) }
      options.append(Option(word, .duration(time)))
    }
    guard !options.isEmpty else {
      return reportUnless(syntax, .wrongValue(name, expected: expected))
    }
    return .call("exponential", options)
  }

  /// A duration alone stands for a block with only `for`.
  func durationOrBlock(
    _ syntax: OptionValueSyntax, _ name: String, _ options: [OptionDescriptor]
  ) -> OptionValue? {
    if case .object(let block) = syntax.kind {
      return .object(check(block, options, block: "`\(name)`", at: syntax.span))
    }
    guard case .duration(let time)? = plain(syntax) else {
      return reportUnless(
        syntax, .wrongValue(name, expected: "a duration such as 10m, or a block `{ … }`"))
    }
    guard time > 0 else { return reportUnless(syntax, .tooShort(name, isAboveZero: true)) }
    return .object([Option("for", .duration(time))])
  }

  /// `404`, `[404, 410]`
  func ints(
    _ syntax: OptionValueSyntax, _ name: String, _ range: ClosedRange<Int64>
  ) -> OptionValue? {
    var numbers: [OptionValue] = []
    for item in syntax.items {
      guard case .int(let number)? = plain(item) else {
        return reportUnless(
          item, .wrongValue(name, expected: "a whole number, or several in brackets"))
      }
      guard range.contains(number) else { return reportUnless(item, .outOfRange(name, range)) }
      numbers.append(.int(number))
    }
    return .list(numbers)
  }

  /// A header's name as RFC 9110 has it, or nothing.
  func headerName(_ syntax: OptionValueSyntax, _ name: String) -> OptionValue? {
    guard case .string(let text)? = plain(syntax), text.utf8.allSatisfy(\.isOfHeaderNames) else {
      return reportUnless(syntax, .wrongValue(name, expected: "a header's name, or \"\""))
    }
    return .string(text)
  }

  private func reportUnless(
    _ syntax: OptionValueSyntax, _ problem: OptionProblem
  ) -> OptionValue? {
    if !isReportedAlready(syntax) { definitions.log.report(problem, at: syntax.span) }
    return nil
  }
}

extension UInt8 {
  /// A character of a token.
  fileprivate var isOfHeaderNames: Bool {
    switch self {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"):
      true
    default: "!#$%&'*+-.^_`|~".utf8.contains(self)
    }
  }
}

extension OptionValueSyntax {
  /// Those in brackets, or the one.
  var items: [OptionValueSyntax] {
    switch kind {
    case .list(let values): return values
    case .expression(let expression):
      guard case .list(let values) = expression.kind else { return [self] }
      return values.map { OptionValueSyntax(.expression($0), $0.span) }
    default: return [self]
    }
  }
  /// A name alone.
  var name: Identifier? {
    guard case .expression(let expression) = kind, case .name(let name) = expression.kind else {
      return nil
    }
    return name
  }
}
