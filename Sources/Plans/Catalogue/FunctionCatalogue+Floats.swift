import Schemas

/// Functions of floats, and of the bits of ints. Floats follow IEEE 754: what has no value is NaN.
extension FunctionCatalogue {
  static let floats: [FunctionSignature] = angles + logarithms + floatTests

  private static func float(
    _ name: String, _ documentation: String, _ example: String
  ) -> FunctionSignature {
    FunctionSignature(name, [.value(.float)], .type(.float), documentation, example)
  }

  private static let angles: [FunctionSignature] = [
    float("sin", "The sine of an angle in radians.", "sin(0) is 0.0"),
    float("cos", "The cosine of an angle in radians.", "cos(0) is 1.0"),
    float("tan", "The tangent of an angle in radians.", "tan(0) is 0.0"),
    float("cot", "The cotangent of an angle in radians.", "round(cot(1), 4) is 0.6421"),
    float("asin", "The angle of a sine, in radians.", "asin(0) is 0.0"),
    float("acos", "The angle of a cosine, in radians.", "acos(1) is 0.0"),
    float("atan", "The angle of a tangent, in radians.", "atan(0) is 0.0"),
    FunctionSignature(
      "atan2", [.value(.float), .value(.float)], .type(.float),
      "The angle of the point (x, y), in radians: `atan2(y, x)`.", "atan2(0, 1) is 0.0"),
    float("sinh", "The hyperbolic sine.", "sinh(0) is 0.0"),
    float("cosh", "The hyperbolic cosine.", "cosh(0) is 1.0"),
    float("tanh", "The hyperbolic tangent.", "tanh(0) is 0.0"),
    float("degrees", "Radians in degrees.", "degrees(pi()) is 180.0"),
    float("radians", "Degrees in radians.", "radians(0) is 0.0"),
    FunctionSignature("pi", [], .type(.float), "The number π.", "round(pi(), 4) is 3.1416"),
    FunctionSignature("e", [], .type(.float), "Euler's number.", "round(e(), 4) is 2.7183"),
  ]

  private static let logarithms: [FunctionSignature] = [
    FunctionSignature(
      "log", [.value(.float)], .type(.float), "The natural logarithm.", "log(1) is 0.0"),
    FunctionSignature(
      "log", [.value(.float), .value(.float)], .type(.float),
      "The logarithm of the second argument to the base of the first.", "log(2, 8) is 3.0"),
    float("log1p", "The natural logarithm of 1 + x, exact near 0.", "log1p(0) is 0.0"),
    float("expm1", "e to that power, less 1, exact near 0.", "expm1(0) is 0.0"),
    float(
      "erfc", "The complementary error function: 2 ÷ √π times the integral of exp(−t²) from x on.",
      "round(erfc(1), 4) is 0.1573"),
    float("cbrt", "The cube root.", "cbrt(27) is 3.0"),
    FunctionSignature(
      "hypot", [.value(.float), .value(.float)], .type(.float),
      "The square root of the sum of the squares.", "hypot(3, 4) is 5.0"),
  ]

  private static let floatTests: [FunctionSignature] = [
    FunctionSignature(
      "is_nan", [.value(.float)], .type(.bool), "Whether it is no number.",
      "is_nan(sqrt(-1)) is true"),
    FunctionSignature(
      "is_finite", [.value(.float)], .type(.bool), "Whether it is neither NaN nor infinite.",
      "is_finite(ln(0)) is false"),
  ]

  static let bits: [FunctionSignature] = [
    FunctionSignature(
      "bitand", [.value(.int), .value(.int)], .type(.int), "The bits that both have.",
      "bitand(12, 10) is 8"),
    FunctionSignature(
      "bitor", [.value(.int), .value(.int)], .type(.int), "The bits that one has.",
      "bitor(12, 10) is 14"),
    FunctionSignature(
      "bitxor", [.value(.int), .value(.int)], .type(.int), "The bits that exactly one has.",
      "bitxor(12, 10) is 6"),
    FunctionSignature(
      "bitnot", [.value(.int)], .type(.int), "The bits that it has not.", "bitnot(0) is -1"),
    FunctionSignature(
      "bit_count", [.value(.int)], .type(.int), "How many bits are 1.", "bit_count(7) is 3"),
    FunctionSignature(
      "shift_left", [.value(.int), .value(.int)], .type(.int),
      "The bits n places up; what leaves the 64 is gone.", "shift_left(1, 4) is 16"),
    FunctionSignature(
      "shift_right", [.value(.int), .value(.int)], .type(.int),
      "The bits n places down, with the sign's bit coming after.", "shift_right(-16, 2) is -4"),
  ]
}
