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
      "`a / b`; of two ints a float, of decimals rounded half up.", "3 / 2 is 1.5"),
    FunctionSignature(
      "modulo", [.number, .number], .remainder, fails: .data,
      "`a % b`: the remainder, with the sign of `a`.", "-7 % 3 is -1"),
    FunctionSignature(
      "div", [.value(.int), .value(.int)], .type(.int), fails: .data,
      "Division of ints that cuts towards zero.", "div(7, 2) is 3"),
    FunctionSignature("negate", [.number], .first, fails: .overflow, "`-a`.", "-(2) is -2"),
  ]

  private static let comparisons: [FunctionSignature] = [
    FunctionSignature(
      "equal", [.common, .common], .type(.bool), "`a == b`; text byte by byte, no NaN equals."),
    FunctionSignature("not_equal", [.common, .common], .type(.bool), "`a != b`."),
    FunctionSignature(
      "less", [.common, .common], .type(.bool), "`a < b`; text by its UTF-8 bytes, false < true."),
    FunctionSignature("less_equal", [.common, .common], .type(.bool), "`a <= b`."),
    FunctionSignature("greater", [.common, .common], .type(.bool), "`a > b`."),
    FunctionSignature("greater_equal", [.common, .common], .type(.bool), "`a >= b`."),
    FunctionSignature(
      "like", [.value(.string), .constantText], .type(.bool),
      "SQL's `like`: `%` is any text, `_` one code point, a backslash before either itself.",
      "\"apple\" like \"a%\" is true"),
    FunctionSignature(
      "matches", [.value(.string), .constantText], .type(.bool),
      "Whether the regular expression (PCRE2) is found anywhere in the text.",
      "\"apple\" matches \"p+l\" is true"),
  ]

  /// Arithmetic of points in time and spans.
  static let timeOperators: [FunctionSignature] = [
    FunctionSignature(
      "add", [.value(.timestamp), .value(.duration)], .type(.timestamp), fails: .overflow,
      "A point in time and a span."),
    FunctionSignature(
      "add", [.value(.duration), .value(.timestamp)], .type(.timestamp), fails: .overflow,
      "A span and a point in time."),
    FunctionSignature(
      "add", [.value(.duration), .value(.duration)], .type(.duration), fails: .overflow,
      "Two spans."),
    FunctionSignature(
      "subtract", [.value(.timestamp), .value(.duration)], .type(.timestamp), fails: .overflow,
      "A point in time less a span."),
    FunctionSignature(
      "subtract", [.value(.timestamp), .value(.timestamp)], .type(.duration), fails: .overflow,
      "The span from the second point in time to the first."),
    FunctionSignature(
      "subtract", [.value(.date), .value(.date)], .type(.duration), fails: .overflow,
      "The span from the second date to the first."),
    FunctionSignature(
      "subtract", [.value(.duration), .value(.duration)], .type(.duration), fails: .overflow,
      "The difference of two spans."),
    FunctionSignature(
      "multiply", [.value(.duration), .value(.int)], .type(.duration), fails: .overflow,
      "A span several times."),
    FunctionSignature(
      "multiply", [.value(.int), .value(.duration)], .type(.duration), fails: .overflow,
      "A span several times."),
    FunctionSignature(
      "divide", [.value(.duration), .value(.int)], .type(.duration), fails: .data,
      "A part of a span, cut to whole microseconds."),
    FunctionSignature(
      "divide", [.value(.duration), .value(.duration)], .type(.float), fails: .data,
      "How often a span fits into another.", "1h / 15m is 4.0"),
    FunctionSignature(
      "negate", [.value(.duration)], .type(.duration), fails: .overflow, "The span backwards."),
  ]
}
