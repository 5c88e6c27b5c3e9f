import Schemas

/// Functions of text. Positions count from 1, in code points.
extension FunctionCatalogue {
  static let text: [FunctionSignature] = pieces + shapes + searches + expressions

  private static let pieces: [FunctionSignature] = [
    FunctionSignature(
      "concat", [.value(.string), .value(.string)], variadic: true, .type(.string),
      "All arguments one after the other; null if one is null. `a ++ b` is the same.",
      "concat(\"a\", \"b\") is \"ab\""),
    FunctionSignature(
      "concat_ws", [.value(.string), .value(.string)], variadic: true, .type(.string),
      nulls: .first,
      "The arguments that are not null with the first, the separator, between them; empty of none.",
      "concat_ws(\"-\", \"a\", null, \"b\") is \"a-b\""),
    FunctionSignature(
      "substring", [.value(.string), .value(.int), .value(.int)], optional: 1, .type(.string),
      "The text from a position, counted from 1 (negative: from the end), of some length or to its "
        + "end; empty where there is none.",
      "substring(\"abcd\", 2, 2) is \"bc\""),
    FunctionSignature(
      "left", [.value(.string), .value(.int)], .type(.string),
      "The first n code points; empty for n below 1.", "left(\"abcd\", 2) is \"ab\""),
    FunctionSignature(
      "right", [.value(.string), .value(.int)], .type(.string),
      "The last n code points; empty for n below 1.", "right(\"abcd\", 2) is \"cd\""),
    FunctionSignature(
      "split_index", [.value(.string), .value(.string), .value(.int)], .type(.string),
      nulls: .alwaysNullable,
      "The piece of that index, from 0, of the text cut at a separator; null where there is none.",
      "split_index(\"a/b/c\", \"/\", 1) is \"b\""),
  ]

  private static let shapes: [FunctionSignature] = [
    FunctionSignature(
      "lower", [.value(.string)], .type(.string), "In lower case (Unicode's simple mapping).",
      "lower(\"AbC\") is \"abc\""),
    FunctionSignature(
      "upper", [.value(.string)], .type(.string), "In upper case (Unicode's simple mapping).",
      "upper(\"AbC\") is \"ABC\""),
    FunctionSignature(
      "initcap", [.value(.string)], .type(.string),
      "Each word (letters and digits) with a capital first letter, the rest in lower case.",
      "initcap(\"hello WORLD\") is \"Hello World\""),
    FunctionSignature(
      "trim", [.value(.string), .value(.string)], optional: 1, .type(.string),
      "Without spaces, or without any characters of the second argument, at both ends.",
      "trim(\" a \") is \"a\""),
    FunctionSignature(
      "ltrim", [.value(.string), .value(.string)], optional: 1, .type(.string),
      "Without spaces, or without any characters of the second argument, at the start.",
      "ltrim(\" a \") is \"a \""),
    FunctionSignature(
      "rtrim", [.value(.string), .value(.string)], optional: 1, .type(.string),
      "Without spaces, or without any characters of the second argument, at the end.",
      "rtrim(\" a \") is \" a\""),
    FunctionSignature(
      "lpad", [.value(.string), .value(.int), .value(.string)], .type(.string),
      nulls: .alwaysNullable, fails: .overflow,
      "Padded at the left to n code points, or cut to n; null for n below 0, or where it takes "
        + "more and the third argument is empty.",
      "lpad(\"7\", 3, \"0\") is \"007\""),
    FunctionSignature(
      "rpad", [.value(.string), .value(.int), .value(.string)], .type(.string),
      nulls: .alwaysNullable, fails: .overflow,
      "Padded at the right to n code points, or cut to n; null as `lpad`.",
      "rpad(\"7\", 3, \"0\") is \"700\""),
    FunctionSignature(
      "repeat", [.value(.string), .value(.int)], .type(.string), fails: .overflow,
      "The text n times; empty for n below 1. A result above 16 MiB fails the row.",
      "repeat(\"ab\", 2) is \"abab\""),
    FunctionSignature(
      "reverse", [.value(.string)], .type(.string), "The code points backwards.",
      "reverse(\"abc\") is \"cba\""),
    FunctionSignature(
      "replace", [.value(.string), .value(.string), .value(.string)], .type(.string),
      fails: .overflow,
      "Each occurrence of the second argument replaced by the third.",
      "replace(\"abc\", \"b\", \"x\") is \"axc\""),
  ]

  private static let searches: [FunctionSignature] = [
    FunctionSignature(
      "char_length", [.value(.string)], .type(.int), "The number of code points.",
      "char_length(\"abc\") is 3"),
    FunctionSignature(
      "position", [.value(.string), .value(.string)], .type(.int),
      "Where the first argument begins in the second; 0 if it does not occur.",
      "position(\"b\", \"abc\") is 2"),
    FunctionSignature(
      "starts_with", [.value(.string), .value(.string)], .type(.bool),
      "Whether the text starts with the second argument.", "starts_with(\"abc\", \"ab\") is true"),
    FunctionSignature(
      "ends_with", [.value(.string), .value(.string)], .type(.bool),
      "Whether the text ends with the second argument.", "ends_with(\"abc\", \"bc\") is true"),
    FunctionSignature(
      "contains", [.value(.string), .value(.string)], .type(.bool),
      "Whether the second argument occurs in the text.", "contains(\"abc\", \"b\") is true"),
  ]

  private static let expressions: [FunctionSignature] = [
    FunctionSignature(
      "regexp_extract", [.value(.string), .setting, .constantInt], optional: 1,
      .type(.string), nulls: .alwaysNullable, fails: .overflow,
      "What the group of that number (0, the default: all of it) of the first match holds; "
        + "null without a match.",
      "regexp_extract(\"a12\", \"[0-9]+\") is \"12\""),
    FunctionSignature(
      "regexp_extract_all", [.value(.string), .setting, .constantInt], optional: 1,
      .type(.list(FieldType(.string, nullable: true))), fails: .overflow,
      "What the group of that number (1 if there are groups, else 0: all of it) of each match "
        + "holds.",
      "regexp_extract_all(\"a1b22\", \"[0-9]+\") is [\"1\",\"22\"]"),
    FunctionSignature(
      "similar_to", [.value(.string), .setting], .type(.bool), fails: .overflow,
      "SQL's `similar to`: all of the text fits; `%` and `_` as in `like`, the rest of "
        + "`|*+?{}()[]` as in regular expressions, a backslash before any of them itself.",
      "similar_to(\"apple\", \"(a|b)p*l_\") is true"),
    FunctionSignature(
      "printf", [.setting, .anything], optional: 1, variadic: true, .type(.string), nulls: .first,
      fails: .overflow,
      "Values in a format of Java's `Formatter`: `%s %d %,.2f %08x %b`; a null is `null`. As there "
        + "`%b` is a bool's value, and of anything else whether it is not null.",
      "printf(\"%s costs %.2f\", \"tea\", 1.5) is \"tea costs 1.50\""),
    FunctionSignature(
      "regexp_replace", [.value(.string), .setting, .value(.string)], .type(.string),
      fails: .overflow,
      "Each match replaced; `$1` in the replacement is the first group.",
      "regexp_replace(\"a12\", \"[0-9]\", \"x\") is \"axx\""),
  ]
}
