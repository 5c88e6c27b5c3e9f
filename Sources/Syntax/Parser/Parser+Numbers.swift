import Diagnostics

/// Numbers, durations, percentages, rates.
extension Parser {
  /// Nil if no number stands here. `start` is where the sign stands.
  mutating func parseNumber(isNegative: Bool, from start: Span) -> ExpressionSyntax? {
    let token = current
    let digits: String
    switch token.kind {
    case .integer, .decimal, .float, .duration, .percentage, .rate:
      digits = text(token).filter { $0 != "_" }
    default: return nil
    }
    if let apart = parseUnitApart(isNegative, from: start) { return apart }
    advance()
    let literal: LiteralSyntax?
    switch token.kind {
    case .integer, .decimal: literal = exact(digits, isNegative, token.span)
    case .duration: literal = duration(token.span, isNegative)
    case .rate:
      literal = rate(digits, isNegative)
      if literal == nil { note(.numberTooLarge(digits, what: "for a rate"), token.span) }
    case .percentage:
      literal = Double(digits.dropLast()).map { .percentage((isNegative ? -$0 : $0) / 100) }
    default:
      literal = Double(digits).flatMap { $0.isFinite ? .float(isNegative ? -$0 : $0) : nil }
      if literal == nil { note(.numberTooLarge(digits, what: "for a float"), token.span) }
    }
    let span = span(from: start)
    return ExpressionSyntax(literal.map { .literal($0) } ?? .missing, span)
  }

  /// `1 minute` is told, and taken for `1m`. A unit's name may begin the next item of a block.
  private mutating func parseUnitApart(_ isNegative: Bool, from start: Span) -> ExpressionSyntax? {
    let unit = token(1)
    guard at(.integer), unit.kind == .name, !unit.startsLine,
      ![.colon, .assign, .dot].contains(token(2).kind),
      let micros = Self.meantMicros(text(current) + text(unit))
    else { return nil }
    let span = current.span.joined(unit.span)
    note(.badUnit(file.text(span), meant: Self.written(micros)), span)
    advance()
    advance()
    let value = LiteralSyntax.duration(isNegative ? -micros : micros)
    return ExpressionSyntax(.literal(value), self.span(from: start))
  }

  /// A whole number where nothing else may stand.
  mutating func expectInteger(_ what: String) -> IntegerSyntax? {
    guard at(.integer) else {
      reportExpected(what)
      return nil
    }
    let token = current
    advance()
    guard let value = Int64(text(token).filter { $0 != "_" }) else {
      note(.numberTooLarge(text(token), what: "for a whole number of 64 bits"), token.span)
      return IntegerSyntax(value: 0, span: token.span)
    }
    return IntegerSyntax(value: value, span: token.span)
  }

  private mutating func exact(
    _ digits: String, _ isNegative: Bool, _ span: Span
  ) -> LiteralSyntax? {
    let parts = digits.split(separator: ".", omittingEmptySubsequences: false)
    let scale = parts.count > 1 ? parts[1].utf8.count : 0
    let significant = digits.filter { $0 != "." }.drop { $0 == "0" }
    guard significant.utf8.count <= 38, scale <= 38,
      let magnitude = significant.isEmpty ? 0 : Int128(significant)
    else {
      let shown = digits.utf8.count > 24 ? "\(digits.prefix(24))…" : digits
      note(.numberTooLarge(shown, what: "numbers have at most 38 digits"), span)
      return nil
    }
    let value = isNegative ? -magnitude : magnitude
    if scale == 0, let small = Int64(exactly: value) { return .int(small) }
    return .decimal(unscaled: value, scale: scale)
  }

  /// `500/s` in events a second.
  private func rate(_ text: String, _ isNegative: Bool) -> LiteralSyntax? {
    let parts = text.split(separator: "/")
    guard parts.count == 2, let count = Double(parts[0]), let unit = Self.micros[String(parts[1])]
    else { return nil }
    let perSecond = count * 1_000_000 / Double(unit)
    guard perSecond.isFinite else { return nil }
    return .rate(isNegative ? -perSecond : perSecond)
  }
}

// MARK: - Durations

extension Parser {
  private static let units: [(String, Int64)] = [
    ("d", 86_400_000_000), ("h", 3_600_000_000), ("m", 60_000_000), ("s", 1_000_000),
    ("ms", 1_000), ("us", 1),
  ]

  private static let micros = Dictionary(uniqueKeysWithValues: units)

  /// `1h30m`: whole numbers with units, each smaller than the one before.
  private mutating func duration(_ span: Span, _ isNegative: Bool) -> LiteralSyntax? {
    let text = file.text(span)
    var rest = Substring(text)
    var total: Int64 = 0
    var last = Int64.max
    var overflow = false
    while !rest.isEmpty {
      let digits = rest.prefix { $0.isASCII && $0.isNumber || $0 == "_" }
      rest = rest.dropFirst(digits.count)
      let unit = rest.prefix { !($0.isASCII && $0.isNumber) }
      rest = rest.dropFirst(unit.count)
      guard let factor = Self.micros[String(unit)], factor < last, !digits.isEmpty else {
        note(.badUnit(text, meant: Self.corrected(text)), span)
        return nil
      }
      last = factor
      let value = Int64(digits.filter { $0 != "_" })
      let product = (value ?? .max).multipliedReportingOverflow(by: factor)
      let sum = total.addingReportingOverflow(product.partialValue)
      overflow = overflow || value == nil || product.overflow || sum.overflow
      total = overflow ? 0 : sum.partialValue
    }
    guard !overflow else {
      note(.numberTooLarge(text, what: "a duration has at most 292,000 years"), span)
      return nil
    }
    return .duration(isNegative ? -total : total)
  }

  private static let spoken = [
    "sec": "s", "secs": "s", "second": "s", "seconds": "s", "min": "m", "mins": "m",
    "minute": "m", "minutes": "m", "hour": "h", "hours": "h", "hr": "h", "day": "d",
    "days": "d", "msec": "ms", "millis": "ms", "usec": "us", "micros": "us",
  ]

  /// Which the language has no unit for.
  private static let weeks: [String: Int64] = [
    "w": 604_800_000_000, "week": 604_800_000_000, "weeks": 604_800_000_000,
  ]

  /// `1.5h` is `1h30m`; `10sec` is `10s`.
  private static func corrected(_ text: String) -> String? { meantMicros(text).map(written) }

  private static func meantMicros(_ text: String) -> Int64? {
    let number = text.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
    let unit = String(text.dropFirst(number.count))
    guard let value = Double(number), let factor = micros[spoken[unit] ?? unit] ?? weeks[unit]
    else { return nil }
    let total = value * Double(factor)
    guard total >= 1, total < 9e15, total == total.rounded() else { return nil }
    return Int64(total)
  }

  private static func written(_ total: Int64) -> String {
    var rest = total
    var text = ""
    for (unit, factor) in units where rest >= factor {
      text += "\(rest / factor)\(unit)"
      rest %= factor
    }
    return text
  }
}
