import Schemas

/// Arithmetic, comparison and text operators.
///
/// Division of ints stands in a plan as division of floats: both sides were cast. Any division by
/// zero fails its row, that of floats too. Float arithmetic otherwise follows IEEE 754.
extension FunctionCatalogue {
  static let operators: [FunctionSignature] = arithmetic + comparisons

  private static let arithmetic: [FunctionSignature] = [
    FunctionSignature(
      "add", [.number, .number], .sum, fails: .overflow, "`a + b`.", "1 + 2 is 3"),
    FunctionSignature(
      "subtract", [.number, .number], .sum, fails: .overflow, "`a - b`.", "3 - 2 is 1"),
    FunctionSignature(
      "multiply", [.number, .number], .product, fails: .overflow, "`a * b`.", "3 * 2 is 6"),
    FunctionSignature(
      "divide", [.number, .number], .quotient, fails: .data,
      "`a / b`; of two ints a float, of decimals rounded half up; fails where `b` is "
        + "0.", "3 / 2 is 1.5"),
    FunctionSignature(
      "modulo", [.number, .number], .remainder, fails: .data,
      "`a % b`: the remainder, with the sign of `a`; fails where `b` is 0.", "-7 % 3 is -1"),
    FunctionSignature(
      "div", [.value(.int), .value(.int)], .type(.int), fails: .data,
      "Division of ints that cuts towards zero; fails where the second is 0.", "div(7, 2) is 3"),
    FunctionSignature("negate", [.number], .first, fails: .overflow, "`-a`.", "-(2) is -2"),
  ]

  private static let comparisons: [FunctionSignature] = [
    FunctionSignature(
      "equal", [.common, .common], .type(.bool), "`a == b`; text byte by byte, no NaN equals.",
      "1 == 2 is false"),
    FunctionSignature(
      "not_equal", [.common, .common], .type(.bool), "`a != b`.", "1 != 2 is true"),
    FunctionSignature(
      "less", [.common, .common], .type(.bool), "`a < b`; text by its UTF-8 bytes, false < true.",
      "\"a\" < \"b\" is true"),
    FunctionSignature(
      "less_equal", [.common, .common], .type(.bool), "`a <= b`.", "2 <= 2 is true"),
    FunctionSignature(
      "greater", [.common, .common], .type(.bool), "`a > b`.", "2 > 2 is false"),
    FunctionSignature(
      "greater_equal", [.common, .common], .type(.bool), "`a >= b`.", "2 >= 2 is true"),
    FunctionSignature(
      "like", [.value(.string), .setting], .type(.bool),
      "SQL's `like`: `%` is any text, `_` one code point, a backslash before either itself.",
      "\"apple\" like \"a%\" is true"),
    FunctionSignature(
      "matches", [.value(.string), .setting], .type(.bool), fails: .overflow,
      "Whether the regular expression (PCRE2) is found anywhere in the text.",
      "\"apple\" matches \"p+l\" is true"),
  ]

  /// Arithmetic of points in time and spans.
  static let timeOperators: [FunctionSignature] = [
    FunctionSignature(
      "add", [.value(.timestamp), .value(.duration)], .type(.timestamp), fails: .overflow,
      "A point in time and a span.",
      "timestamp \"2026-01-01\" + 1h is 2026-01-01T01:00:00Z"),
    FunctionSignature(
      "add", [.value(.duration), .value(.timestamp)], .type(.timestamp), fails: .overflow,
      "A span and a point in time.",
      "1h + timestamp \"2026-01-01\" is 2026-01-01T01:00:00Z"),
    FunctionSignature(
      "add", [.value(.duration), .value(.duration)], .type(.duration), fails: .overflow,
      "Two spans.", "1h + 30m is 1h30m"),
    FunctionSignature(
      "subtract", [.value(.timestamp), .value(.duration)], .type(.timestamp), fails: .overflow,
      "A point in time less a span.",
      "timestamp \"2026-01-01\" - 1h is 2025-12-31T23:00:00Z"),
    FunctionSignature(
      "subtract", [.value(.timestamp), .value(.timestamp)], .type(.duration), fails: .overflow,
      "The span from the second point in time to the first.",
      "timestamp \"2026-01-02\" - timestamp \"2026-01-01\" is 1d"),
    FunctionSignature(
      "subtract", [.value(.date), .value(.date)], .type(.duration), fails: .overflow,
      "The span from the second date to the first.",
      "date \"2026-01-02\" - date \"2026-01-01\" is 1d"),
    FunctionSignature(
      "subtract", [.value(.duration), .value(.duration)], .type(.duration), fails: .overflow,
      "The difference of two spans.", "1h - 30m is 30m"),
    FunctionSignature(
      "multiply", [.value(.duration), .value(.int)], .type(.duration), fails: .overflow,
      "A span several times.", "10m * 3 is 30m"),
    FunctionSignature(
      "multiply", [.value(.int), .value(.duration)], .type(.duration), fails: .overflow,
      "A span several times.", "3 * 10m is 30m"),
    FunctionSignature(
      "divide", [.value(.duration), .value(.int)], .type(.duration), fails: .data,
      "A part of a span, cut to whole microseconds; fails where the int is 0.",
      "1h / 4 is 15m"),
    FunctionSignature(
      "divide", [.value(.duration), .value(.duration)], .type(.float), fails: .data,
      "How often a span fits into another; fails where that is none.", "1h / 15m is 4.0"),
    FunctionSignature(
      "negate", [.value(.duration)], .type(.duration), fails: .overflow, "The span backwards.",
      "-(1h) is -1h"),
  ]
}
