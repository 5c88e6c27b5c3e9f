extension ResolvedOptions {
  /// The option's text; nil where it is not written.
  package func text(_ name: String, in place: String) throws(ConnectorError) -> String? {
    switch values[name] {
    case nil: return nil
    case .text(let text)?: return text
    default: throw wrong(name, "a text", place)
    }
  }

  /// The option's text, which must be there and not empty.
  package func requiredText(_ name: String, in place: String) throws(ConnectorError) -> String {
    guard let text = try text(name, in: place), !text.isEmpty else {
      throw ConnectorError(.configuration, "\(place) needs `\(name): \"…\"`")
    }
    return text
  }

  package func bool(
    _ name: String, else fallback: Bool, in place: String
  ) throws(ConnectorError) -> Bool {
    switch values[name] {
    case nil: return fallback
    case .bool(let value)?: return value
    default: throw wrong(name, "`true` or `false`", place)
    }
  }

  package func int(
    _ name: String, else fallback: Int64, atLeast least: Int64, in place: String
  ) throws(ConnectorError) -> Int64 {
    switch values[name] {
    case nil: return fallback
    case .int(let value)? where value >= least: return value
    default: throw wrong(name, "a whole number of at least \(least)", place)
    }
  }

  /// Microseconds.
  package func duration(
    _ name: String, else fallback: Int64, in place: String
  ) throws(ConnectorError) -> Int64 {
    switch values[name] {
    case nil: return fallback
    case .duration(let value)? where value >= 0: return value
    default: throw wrong(name, "a duration such as `30s`", place)
    }
  }

  /// One of these words.
  package func word(
    _ name: String, of words: [String], else fallback: String, in place: String
  ) throws(ConnectorError) -> String {
    guard let text = try text(name, in: place) else { return fallback }
    guard words.contains(text) else {
      let list = words.map { "`\($0)`" }.joined(separator: ", ")
      throw wrong(name, "one of \(list), not `\(text)`", place)
    }
    return text
  }

  private func wrong(_ name: String, _ expected: String, _ place: String) -> ConnectorError {
    ConnectorError(.configuration, "\(place): `\(name)` is \(expected)")
  }
}
