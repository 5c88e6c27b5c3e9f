import Schemas

/// Functions of URLs, query strings and IP addresses. A part that is not there is null.
extension FunctionCatalogue {
  static let web: [FunctionSignature] = urls + queries + addresses

  public static let urlParts = [
    "HOST", "PATH", "QUERY", "REF", "PROTOCOL", "AUTHORITY", "FILE", "USERINFO",
  ]

  /// A text, or null, made of a text.
  static func ofText(
    _ name: String, _ documentation: String, _ example: String
  ) -> FunctionSignature { ofText(name, .string, documentation, example) }

  static func ofText(
    _ name: String, _ result: DataType, _ documentation: String, _ example: String
  ) -> FunctionSignature {
    FunctionSignature(
      name, [.value(.string)], .type(result), nulls: .alwaysNullable, documentation, example)
  }

  private static let urls: [FunctionSignature] = [
    FunctionSignature(
      "parse_url", [.value(.string), .choice(urlParts), .setting], optional: 1,
      .type(.string), nulls: .alwaysNullable,
      "A part of a URL; with `QUERY` and a third argument the value of that parameter, as written; "
        + "null where there is none.",
      "parse_url(\"https://a.b/c?x=1\", \"QUERY\", \"x\") is \"1\""),
    ofText(
      "url_scheme", "The scheme of a URL in lower case; null of text that is no URL.",
      "url_scheme(\"HTTPS://a.b/\") is \"https\""),
    ofText(
      "url_host", "The host of a URL in lower case, without port; null without one.",
      "url_host(\"https://Shop.example:8443/a\") is \"shop.example\""),
    ofText(
      "url_port", .int, "The port of a URL; where it has none that of http or https, else null.",
      "url_port(\"https://shop.example/a\") is 443"),
    ofText(
      "url_path", "The path of a URL, as written; null of text that is no URL.",
      "url_path(\"https://a.b/c/d?x\") is \"/c/d\""),
    ofText(
      "url_query", "What follows the `?`, as written; null without one.",
      "url_query(\"https://a.b/c?x=1#t\") is \"x=1\""),
    ofText(
      "url_fragment", "What follows the `#`; null without one.",
      "url_fragment(\"https://a.b/c?x=1#t\") is \"t\""),
    ofText(
      "url_without_query", "The URL up to its `?` or `#`; null of text that is no URL.",
      "url_without_query(\"https://a.b/c?utm_source=x#t\") is \"https://a.b/c\""),
  ]

  private static let queries: [FunctionSignature] = [
    FunctionSignature(
      "url_parameter", [.value(.string), .value(.string)], .type(.string), nulls: .alwaysNullable,
      "The value of the first parameter of that name in a URL or query string, decoded; null "
        + "without one.",
      "url_parameter(\"https://a.b/?q=red+shoes\", \"q\") is \"red shoes\""),
    FunctionSignature(
      "url_encode", [.value(.string)], .type(.string),
      "As a value of a form: a space becomes `+`, other special bytes `%XX`.",
      "url_encode(\"a b&ñ\") is \"a+b%26%C3%B1\""),
    FunctionSignature(
      "url_decode", [.value(.string)], .type(.string), nulls: .alwaysNullable,
      "The reverse of `url_encode`; null where a `%` is followed by no two hex digits, or it is no "
        + "UTF-8.", "url_decode(\"a+b%26\") is \"a b&\""),
    FunctionSignature(
      "url_decode_recursive", [.value(.string), .constantInt], optional: 1, .type(.string),
      nulls: .alwaysNullable,
      "Decoded again until nothing changes, at most so many times (10); null as `url_decode`.",
      "url_decode_recursive(\"a%252Bb\") is \"a b\""),
  ]

  private static let addresses: [FunctionSignature] = [
    FunctionSignature(
      "ip_prefix", [.value(.string), .value(.int), .value(.int)], optional: 1, .type(.string),
      nulls: .alwaysNullable,
      "The network of an IP address by its first bits; a third argument is for IPv6. Null of text "
        + "that is no address, or where it has not so many bits.",
      "ip_prefix(\"192.168.17.5\", 24) is \"192.168.17.0/24\""),
    ofText(
      "ip_version", .int, "4 or 6; null of text that is no address.", "ip_version(\"::1\") is 6"),
    ofText(
      "ip_is_private", .bool,
      "Whether an address is of no public network: private, local or of this machine; null of text "
        + "that is no address.",
      "ip_is_private(\"10.1.2.3\") is true"),
    FunctionSignature(
      "ip_in", [.value(.string), .value(.string)], .type(.bool), nulls: .alwaysNullable,
      "Whether an address lies in a network; null where one of them is none.",
      "ip_in(\"10.1.2.3\", \"10.0.0.0/8\") is true"),
  ]
}
