import Schemas

/// Where something stands in a text, and what kind of text it is.
extension FunctionCatalogue {
  static let places: [FunctionSignature] = [
    FunctionSignature(
      "instr", [.value(.string), .value(.string)], .type(.int),
      "Where the second argument begins in the first, counted from 1; 0 if it does not occur.",
      "instr(\"abc\", \"b\") is 2"),
    FunctionSignature(
      "locate", [.value(.string), .value(.string), .value(.int)], optional: 1, .type(.int),
      "Where the first argument begins in the second, counted from 1, from a position on; 0 if it "
        + "does not occur.",
      "locate(\"a\", \"banana\", 3) is 4"),
    FunctionSignature(
      "regexp_count", [.value(.string), .setting], .type(.int), fails: .overflow,
      "How many times the regular expression is found, one behind the other.",
      "regexp_count(\"a1b22\", \"[0-9]+\") is 2"),
    FunctionSignature(
      "regexp_instr", [.value(.string), .setting], .type(.int), fails: .overflow,
      "Where the first match of the regular expression begins, counted from 1; 0 without one.",
      "regexp_instr(\"ab12\", \"[0-9]+\") is 3"),
    FunctionSignature(
      "is_alpha", [.value(.string)], .type(.bool), nulls: .never,
      "Whether there are letters and nothing else; false for null.", "is_alpha(\"abc\") is true"),
    FunctionSignature(
      "is_digit", [.value(.string)], .type(.bool), nulls: .never,
      "Whether there are digits and nothing else; false for null.", "is_digit(\"123\") is true"),
    FunctionSignature(
      "is_decimal", [.value(.string)], .type(.bool), nulls: .never,
      "Whether the text is a number; false for null.", "is_decimal(\"-1.5\") is true"),
  ]
}
