import Schemas

/// Functions of JSON, URLs and hashes. Paths are SQL/JSON's: `$.a.b[0]`, `$["odd name"]`.
extension FunctionCatalogue {
  static let documents: [FunctionSignature] = json + hashes

  private static let json: [FunctionSignature] = [
    FunctionSignature(
      "json_value", [.value(.json), .constantText], .type(.string), nulls: .alwaysNullable,
      "The scalar at a path as text; null for null, nothing, an object or an array.",
      "json_value(cast(\"{\\\"a\\\": 1}\" as json), \"$.a\") is \"1\""),
    FunctionSignature(
      "json_value", [.value(.string), .constantText], .type(.string), nulls: .alwaysNullable,
      "The same of text; null if it is no JSON."),
    FunctionSignature(
      "json_query", [.value(.json), .constantText], .type(.json), nulls: .alwaysNullable,
      "The object or array at a path; null for nothing or a scalar."),
    FunctionSignature(
      "json_query", [.value(.string), .constantText], .type(.json), nulls: .alwaysNullable,
      "The same of text; null if it is no JSON."),
    FunctionSignature(
      "json_exists", [.value(.json), .constantText], .type(.bool),
      "Whether there is anything at a path, JSON's null included."),
    FunctionSignature(
      "json_exists", [.value(.string), .constantText], .type(.bool),
      "The same of text; false if it is no JSON."),
    FunctionSignature(
      "is_json", [.value(.string)], .type(.bool), nulls: .never,
      "Whether the text is JSON; false for null.", "is_json(\"[1]\") is true"),
  ]

  private static let hashes: [FunctionSignature] = [
    FunctionSignature(
      "md5", [.value(.string)], .type(.string), "MD5 of the UTF-8 bytes, 32 hex digits."),
    FunctionSignature(
      "sha256", [.value(.string)], .type(.string), "SHA-256 of the UTF-8 bytes, 64 hex digits."),
    FunctionSignature(
      "parse_url", [.value(.string), .choice(urlParts), .constantText], optional: 1,
      .type(.string), nulls: .alwaysNullable,
      "A part of a URL; with `QUERY` and a third argument the value of that parameter.",
      "parse_url(\"https://a.b/c?x=1\", \"QUERY\", \"x\") is \"1\""),
  ]

  public static let urlParts = [
    "HOST", "PATH", "QUERY", "REF", "PROTOCOL", "AUTHORITY", "FILE", "USERINFO",
  ]
}
