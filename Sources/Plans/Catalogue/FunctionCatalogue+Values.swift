import Schemas

/// JSON from values and values from JSON, and questions about any value.
extension FunctionCatalogue {
  static let values: [FunctionSignature] = jsonParts + jsonText + jsonMaking + anyValue

  /// What `is_json` can ask for.
  public static let jsonKinds = ["VALUE", "OBJECT", "ARRAY", "SCALAR"]

  private static func part(
    _ name: String, _ result: DataType, _ documentation: String, _ example: String
  ) -> [FunctionSignature] {
    [
      FunctionSignature(
        name, [.value(.string), .setting], optional: 1, .type(result),
        nulls: .alwaysNullable, documentation, example),
      FunctionSignature(
        name, [.value(.json), .setting], optional: 1, .type(result), nulls: .alwaysNullable,
        "The same of json.",
        example.replacing("(\"", with: "(cast(\"", maxReplacements: 1)
          .replacing("}\"", with: "}\" as json)", maxReplacements: 1)),
    ]
  }

  private static let jsonParts: [FunctionSignature] =
    part(
      "json_int", .int, "The whole number at a path (`$`); null for anything else.",
      "json_int(\"{\\\"a\\\": 5}\", \"$.a\") is 5")
    + part(
      "json_float", .float, "The number at a path (`$`); null for anything else.",
      "json_float(\"{\\\"a\\\": 1.5}\", \"$.a\") is 1.5")
    + part(
      "json_bool", .bool, "The true or false at a path (`$`); null for anything else.",
      "json_bool(\"{\\\"a\\\": true}\", \"$.a\") is true")
    + part(
      "json_type", .string,
      "`object`, `array`, `string`, `number`, `boolean` or `null`: what is at a path (`$`); null "
        + "for nothing.", "json_type(\"{\\\"a\\\": []}\", \"$.a\") is \"array\"")
    + part(
      "json_length", .int,
      "How many elements or members the array or object at a path (`$`) has; null for anything "
        + "else.", "json_length(\"{\\\"a\\\": [1, 2]}\", \"$.a\") is 2")

  private static let jsonText: [FunctionSignature] = [
    FunctionSignature(
      "json_quote", [.value(.string)], .type(.string), "The text as a JSON string, in quotes.",
      "json_quote(\"a\\\"b\") is \"\\\"a\\\\\\\"b\\\"\""),
    FunctionSignature(
      "json_unquote", [.value(.string)], .type(.string),
      "What a JSON string means; any other text as it is.",
      "json_unquote(\"\\\"a\\\\u00f1\\\"\") is \"añ\""),
    FunctionSignature(
      "json_string", [.common], .type(.string),
      "The value as JSON text: as sinks write it, bytes as base64.", "json_string(1.50) is \"1.50\""
    ),
    FunctionSignature(
      "is_json", [.value(.string), .choice(jsonKinds)], .type(.bool), nulls: .never,
      "Whether the text is JSON of that kind; false for null.",
      "is_json(\"[1]\", \"OBJECT\") is false"),
  ]

  private static let jsonMaking: [FunctionSignature] = [
    FunctionSignature(
      "json_object", [.constantText, .anything], optional: 2, paired: true, .type(.json),
      nulls: .never, "An object of names and values, as sinks write these; a null is `null`.",
      "json_object(\"a\", 1.50, \"b\", [true]) is {\"a\":1.50,\"b\":[true]}"),
    FunctionSignature(
      "json_array", [.anything], optional: 1, variadic: true, .type(.json), nulls: .never,
      "An array of the values that are not null, as sinks write these.",
      "json_array(1, \"a\", null) is [1,\"a\"]"),
  ]

  private static let anyValue: [FunctionSignature] = [
    FunctionSignature(
      "typeof", [.common], .type(.string), nulls: .never, "The name of the value's type.",
      "typeof(1.50) is \"decimal(3, 2)\""),
    FunctionSignature(
      "is_distinct_from", [.common, .common], .type(.bool), nulls: .never,
      "Whether the two differ; null is a value like any other.",
      "is_distinct_from(1, null) is true"),
    FunctionSignature(
      "is_not_distinct_from", [.common, .common], .type(.bool), nulls: .never,
      "Whether the two are the same; null is a value like any other.",
      "is_not_distinct_from(null, 1) is false"),
  ]
}
