import Schemas

/// Text and bytes in other forms, and texts that are put together by code points.
extension FunctionCatalogue {
  static let codings: [FunctionSignature] = numerals + binary + assembly

  /// The character sets of `encode` and `decode`.
  public static let charsets = [
    "UTF-8", "US-ASCII", "ISO-8859-1", "UTF-16", "UTF-16BE", "UTF-16LE",
  ]

  private static let numerals: [FunctionSignature] = [
    FunctionSignature(
      "bin", [.value(.int)], .type(.string), "The 64 bits without leading zeros.",
      "bin(10) is \"1010\""),
    FunctionSignature(
      "hex", [.value(.int)], .type(.string), "Hex digits in upper case, of the 64 bits.",
      "hex(255) is \"FF\""),
    FunctionSignature(
      "hex", [.value(.string)], .type(.string), "Two hex digits in upper case for each byte.",
      "hex(\"añ\") is \"61C3B1\""),
    FunctionSignature(
      "hex", [.value(.bytes)], .type(.string), "Two hex digits in upper case for each byte.",
      "hex(cast(\"ab\" as bytes)) is \"6162\""),
    FunctionSignature(
      "unhex", [.value(.string)], .type(.bytes), nulls: .alwaysNullable,
      "The bytes that hex digits stand for; null where they don't.",
      "cast(unhex(\"6162\") as string) is \"ab\""),
    FunctionSignature(
      "conv", [.value(.string), .constantInt, .constantInt], .type(.string),
      nulls: .alwaysNullable,
      "A whole number of one base (2 to 36) in another; null where it is none, or beyond an int.",
      "conv(\"ff\", 16, 2) is \"11111111\""),
    FunctionSignature(
      "chr", [.value(.int)], .type(.string),
      "The character of that number modulo 256; empty below 0.", "chr(65) is \"A\""),
    FunctionSignature(
      "ascii", [.value(.string)], .type(.int), "The number of the first byte; 0 of empty text.",
      "ascii(\"A\") is 65"),
  ]

  private static let binary: [FunctionSignature] = [
    FunctionSignature(
      "to_base64", [.value(.string)], .type(.string), "Base64 of the UTF-8 bytes, padded.",
      "to_base64(\"hello\") is \"aGVsbG8=\""),
    FunctionSignature(
      "to_base64", [.value(.bytes)], .type(.string), "Base64 of bytes, padded.",
      "to_base64(cast(\"hello\" as bytes)) is \"aGVsbG8=\""),
    FunctionSignature(
      "from_base64", [.value(.string)], .type(.string), nulls: .alwaysNullable,
      "The text that base64 (also of the URL alphabet) stands for; null where it is none.",
      "from_base64(\"aGVsbG8=\") is \"hello\""),
    FunctionSignature(
      "unbase64", [.value(.string)], .type(.bytes), nulls: .alwaysNullable,
      "The bytes that base64 stands for; null where it is none.",
      "hex(unbase64(\"/w==\")) is \"FF\""),
    FunctionSignature(
      "encode", [.value(.string), .choice(charsets)], .type(.bytes),
      "Text as bytes of a character set; what it lacks becomes `?`.",
      "hex(encode(\"ñ\", \"ISO-8859-1\")) is \"F1\""),
    FunctionSignature(
      "decode", [.value(.bytes), .choice(charsets)], .type(.string),
      "Bytes of a character set as text; what is none becomes U+FFFD.",
      "decode(unhex(\"F1\"), \"ISO-8859-1\") is \"ñ\""),
    FunctionSignature(
      "byte_length", [.value(.string)], .type(.int), "The number of bytes in UTF-8.",
      "byte_length(\"añ\") is 3"),
    FunctionSignature(
      "byte_length", [.value(.bytes)], .type(.int), "The number of bytes.",
      "byte_length(unhex(\"F1F2\")) is 2"),
  ]

  private static let assembly: [FunctionSignature] = [
    FunctionSignature(
      "translate", [.value(.string), .value(.string), .value(.string)], .type(.string),
      "Each character of the second argument replaced by that at its place in the third, or gone.",
      "translate(\"abcd\", \"abd\", \"xy\") is \"xyc\""),
    FunctionSignature(
      "overlay", [.value(.string), .value(.string), .value(.int), .value(.int)], optional: 1,
      .type(.string),
      "The second text over so many characters (as many as it has) from a position of the first.",
      "overlay(\"an old text\", \"new\", 4, 3) is \"an new text\""),
    FunctionSignature(
      "elt", [.value(.int), .value(.string)], variadic: true, .type(.string),
      nulls: .alwaysNullable, "The text of that number, from 1; null where there is none.",
      "elt(2, \"a\", \"b\") is \"b\""),
    FunctionSignature(
      "space", [.value(.int)], .type(.string), fails: .overflow,
      "So many spaces; above 16 MiB fails the row.", "\"[\" ++ space(2) ++ \"]\" is \"[  ]\""),
  ]
}
