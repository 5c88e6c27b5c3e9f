extension DiagnosticPage {
  /// Of tables that an HTTP service is asked for.
  static let services: [DiagnosticPage] = [
    DiagnosticPage(
      "E0534", "a request with a name in it that is not known when it is made",
      advice:
        "a key column of the table, or `keys` for all keys of a call; what the service answers is "
        + "not known before",
      wrong: ##"""
        table t: E key id from http { url: "https://a.example/\(name)" }
        """##,
      right: ##"""
        table t: E key id from http { url: "https://a.example/\(id)" }
        """##),
    DiagnosticPage(
      "E0535", "a request that does not say which key it asks for",
      advice: "each key column where it belongs, in the address or the body",
      wrong: ##"""
        table t: E key id from http { url: "https://a.example/all" }
        """##,
      right: ##"""
        table t: E key id from http { url: "https://a.example/all?id=\(id)" }
        """##),
    DiagnosticPage(
      "E0536", "a request with two bodies or two `Authorization`, or a GET with a body",
      advice:
        "one of `body` and `graphql`, and no `method: GET` beside it; `oauth` or a header of its "
        + "own",
      wrong: ##"""
        table t: E key id from http { url: "https://a.example", method: GET, body: { id: id } }
        """##,
      right: ##"""
        table t: E key id from http { url: "https://a.example", body: { id: id } }
        """##),
    DiagnosticPage(
      "E0537", "a request that does not fit how many keys it takes",
      advice:
        "either key columns, for one key a request, or `keys` for all of a call, which `batch` "
        + "bounds; in an address only keys of one column",
      wrong: ##"""
        table t: E key id from http { url: "https://a.example/\(id)", batch: 50 }
        """##,
      right: ##"""
        table t: E key id from http { url: "https://a.example?ids=\(keys)", batch: 50 }
        """##),
    DiagnosticPage(
      "E0538", "an address that is none, or in which a key chooses the server",
      advice: "`http://` or `https://`, a server, and keys only behind it",
      wrong: ##"""
        table t: E key id from http { url: "https://\(id).example/a" }
        """##,
      right: ##"""
        table t: E key id from http { url: "https://a.example/\(id)" }
        """##),
  ]
}
