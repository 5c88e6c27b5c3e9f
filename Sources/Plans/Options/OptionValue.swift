/// The value of an option in a definition (`topic: "a"`), before it is resolved at start.
///
/// Environment variables and secrets stay references in every plan, so that a plan can be printed
/// and stored; `ResolvedOptions` in `Connectors` holds the values.
public indirect enum OptionValue: Hashable, Sendable, Codable {
  case bool(Bool)
  case int(Int64)
  case float(Double)
  case string(String)
  /// Microseconds.
  case duration(Int64)
  /// A share between 0 and 1.
  case percentage(Double)
  /// Events a second.
  case rate(Double)
  /// A bare word: `format: json`, `start: earliest`.
  case word(String)
  case list([OptionValue])
  case object([Option])
  case environment(name: String, fallback: String?)
  case secret(name: String)
  /// Pieces of text put together at start: `"Bearer \(secret("KEY"))"`.
  case text([OptionValue])
  /// In a text of JSON: the value as JSON writes it.
  case json(OptionValue)
  /// A call such as `exponential(200ms, max: 1m)`.
  case call(String, [Option])
  /// In a template: JSON's.
  case null
  /// In a template: the value of a key column, of the key that is asked for.
  case key(String)
  /// In a template: all keys of a call.
  case keys
}

/// `name: value`.
public struct Option: Hashable, Sendable, Codable {
  public var name: String
  public var value: OptionValue

  public init(_ name: String, _ value: OptionValue) {
    self.name = name
    self.value = value
  }
}

/// A connector and its options: `kafka { topic: "a" }`.
public struct ConnectorSpec: Hashable, Sendable, Codable {
  /// `kafka`, `file`, `print`, `memory`.
  public var connector: String
  public var options: [Option]

  public init(connector: String, options: [Option]) {
    self.connector = connector
    self.options = options
  }

  public subscript(name: String) -> OptionValue? { options.last { $0.name == name }?.value }
}
