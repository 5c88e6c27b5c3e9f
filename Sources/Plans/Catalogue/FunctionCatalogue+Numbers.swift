import Schemas

/// Functions of numbers.
extension FunctionCatalogue {
  static let numbers: [FunctionSignature] = shapesOfNumbers + powers + extremes

  private static let shapesOfNumbers: [FunctionSignature] = [
    FunctionSignature(
      "abs", [.number], .first, fails: .overflow, "Without its sign.", "abs(-1.5) is 1.5"),
    FunctionSignature(
      "sign", [.number], .first, "-1, 0 or 1, in the argument's type.", "sign(-7) is -1"),
    FunctionSignature(
      "ceil", [.number], .integral, fails: .overflow, "The least whole number not below.",
      "ceil(1.2) is 2"),
    FunctionSignature(
      "floor", [.number], .integral, fails: .overflow, "The greatest whole number not above.",
      "floor(1.8) is 1"),
    FunctionSignature(
      "round", [.number, .constantInt], optional: 1, .rounded, fails: .overflow,
      "Rounded half away from zero to n digits behind the point (negative: before it), 0 without.",
      "round(2.345, 2) is 2.35"),
    FunctionSignature(
      "truncate", [.number, .constantInt], optional: 1, .rounded,
      "Cut towards zero to n digits behind the point (negative: before it), 0 without.",
      "truncate(2.345, 2) is 2.34"),
  ]

  private static let powers: [FunctionSignature] = [
    FunctionSignature(
      "power", [.value(.float), .value(.float)], .type(.float), "The first to the second power.",
      "power(2, 10) is 1024.0"),
    FunctionSignature(
      "sqrt", [.value(.float)], .type(.float), "The square root; NaN of a negative number.",
      "sqrt(2.25) is 1.5"),
    FunctionSignature(
      "ln", [.value(.float)], .type(.float), "The natural logarithm; -Infinity of 0.",
      "ln(1) is 0.0"),
    FunctionSignature(
      "log10", [.value(.float)], .type(.float), "The logarithm to base 10.", "log10(1000) is 3.0"),
    FunctionSignature(
      "log2", [.value(.float)], .type(.float), "The logarithm to base 2.", "log2(8) is 3.0"),
    FunctionSignature(
      "exp", [.value(.float)], .type(.float), "e to that power.", "exp(0) is 1.0"),
  ]

  private static let extremes: [FunctionSignature] = [
    FunctionSignature(
      "greatest", [.common, .common], variadic: true, .common,
      "The greatest of the arguments; null if one is null.", "greatest(1, 3, 2) is 3"),
    FunctionSignature(
      "least", [.common, .common], variadic: true, .common,
      "The least of the arguments; null if one is null.", "least(1, 3, 2) is 1"),
  ]
}
