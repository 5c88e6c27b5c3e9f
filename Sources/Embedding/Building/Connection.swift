/// Where a source or table reads and where a sink writes: a connector of the language with its
/// options.
public struct Connection: Sendable {
  let connector: String
  let options: [(name: String, value: String)]
  let isMemory: Bool

  /// Any connector, its options as a definition writes them: `("topic", "\"orders\"")`.
  public init(_ connector: String, options: [(name: String, value: String)] = []) {
    self.connector = connector
    self.options = options
    isMemory = connector == "memory"
  }

  /// Rows of this program: `Run.send` gives them, `Run.takeRows` takes them.
  public static let memory = Connection("memory")

  /// Lines on standard output.
  public static let print = Connection("print")

  /// A file or a pattern of files (source, table), or the folder of the parts (sink).
  public static func file(_ path: String, _ format: Format = .json) -> Connection {
    Connection(
      "file", options: [("path", Spelling.text(path)), ("format", format.rawValue)])
  }

  /// A topic of a Kafka cluster.
  public static func kafka(
    _ topic: String, brokers: String, _ format: Format = .json
  ) -> Connection {
    Connection(
      "kafka",
      options: [
        ("brokers", Spelling.text(brokers)), ("topic", Spelling.text(topic)),
        ("format", format.rawValue),
      ])
  }

  /// How rows are written in records.
  public enum Format: String, Sendable { case json, csv }

  /// With one more option, its value as a definition writes it.
  public func option(_ name: String, _ value: String) -> Connection {
    Connection(connector, options: options + [(name, value)])
  }

  func source(_ more: [(name: String, value: String)] = []) -> String {
    let all = (options + more).map { "\(Spelling.name($0.name)): \($0.value)" }
    return all.isEmpty ? connector : "\(connector) { \(all.joined(separator: ", ")) }"
  }
}
