import Schemas

/// Functions of JSON that take its text apart. Paths are SQL/JSON's: `$.a.b[0]`, `$["odd name"]`.
extension FunctionCatalogue {
  static let documents: [FunctionSignature] = json

  /// How `json_query` puts what it finds into an array.
  private static let wrappers = ["CONDITIONAL", "UNCONDITIONAL"]

  private static let json: [FunctionSignature] = [
    FunctionSignature(
      "json_value", [.value(.json), .setting], .type(.string), nulls: .alwaysNullable,
      "The scalar at a path as text; null for null, nothing, an object or an array.",
      "json_value(cast(\"{\\\"a\\\": 1}\" as json), \"$.a\") is \"1\""),
    FunctionSignature(
      "json_value", [.value(.string), .setting], .type(.string), nulls: .alwaysNullable,
      "The same of text; null if it is no JSON.",
      "json_value(\"{\\\"a\\\": [5, 6]}\", \"$.a[1]\") is \"6\""),
    FunctionSignature(
      "json_query", [.value(.json), .setting, .choice(wrappers)], optional: 1, .type(.json),
      nulls: .alwaysNullable,
      "The object or array at a path, or an array of all at a path with `[*]`; null for nothing or "
        + "a scalar. A third argument puts what is found into an array: `UNCONDITIONAL`, or "
        + "`CONDITIONAL` if it is none.",
      "json_query(cast(\"{\\\"a\\\": [5]}\" as json), \"$.a\") is [5]"),
    FunctionSignature(
      "json_query", [.value(.string), .setting, .choice(wrappers)], optional: 1, .type(.json),
      nulls: .alwaysNullable,
      "The same of text; null if it is no JSON.",
      "json_query(\"{\\\"a\\\": [{\\\"b\\\": 5}]}\", \"$.a[*].b\") is [5]"),
    FunctionSignature(
      "json_exists", [.value(.json), .setting], .type(.bool),
      "Whether there is anything at a path, JSON's null included.",
      "json_exists(cast(\"{\\\"a\\\": null}\" as json), \"$.a\") is true"),
    FunctionSignature(
      "json_exists", [.value(.string), .setting], .type(.bool),
      "The same of text; false if it is no JSON.",
      "json_exists(\"{\\\"a\\\": 1}\", \"$.b\") is false"),
    FunctionSignature(
      "is_json", [.value(.string)], .type(.bool), nulls: .never,
      "Whether the text is JSON; false for null.", "is_json(\"[1]\") is true"),
  ]
}
