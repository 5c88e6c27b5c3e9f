/// A stream of rows and the stages it goes through: a value that a pipeline gives a name with
/// `Pipeline.stream`. Stages are those of the language; `stage` takes any.
public struct Stream: Sendable {
  /// What its stages read.
  indirect enum Input: Sendable {
    /// A declared source or stream.
    case named(String)
    /// A further output of a stream (`totals.late`), which may need a name first.
    case output(Stream, String)
  }

  let input: Input
  private(set) var stages: [Stage] = []

  /// A stage, written when the stream is declared: what it unites may need a name first.
  enum Stage: Sendable {
    case text(String)
    case union([Stream])
  }

  /// A stream of that name.
  init(_ name: String) { input = .named(name) }

  private init(_ input: Input) { self.input = input }

  /// A further output of the stream: `late`, `unmatched`, `errors`.
  public func output(_ name: String) -> Stream { Stream(.output(self, name)) }

  /// Keeps the rows for which the condition is true.
  public func keeping<Condition: Formula>(_ condition: Condition) -> Stream
  where Condition.Value.Base == Bool { stage("where \(condition.text)") }

  /// Rows with exactly these columns.
  public func map(_ columns: Assignment...) -> Stream { stage("map \(Self.block(columns))") }

  /// Adds or replaces columns.
  public func with(_ columns: Assignment...) -> Stream { stage("with \(Self.block(columns))") }

  /// Removes columns.
  public func dropping(_ columns: any AnyColumn...) -> Stream {
    stage("drop \(columns.map { Spelling.name($0.name) }.joined(separator: ", "))")
  }

  /// Adds a table's columns; without a match they are null, or the row goes to the output
  /// `unmatched` where one is required.
  public func enrich(_ table: Table, on keys: any Formula..., required: Bool = false) -> Stream {
    let on = keys.count == 1 ? keys[0].text : "(\(keys.map(\.text).joined(separator: ", ")))"
    return stage("enrich \(table.name) on \(on)\(required ? " required" : "")")
  }

  /// Rows of several streams with the same columns. Those with stages of their own are declared
  /// along with this one.
  public func union(_ others: Stream...) -> Stream {
    adding(.union(others))
  }

  /// Aggregates the rows of each window, by these columns.
  public func window(
    _ window: Window, by keys: [any AnyColumn] = [], _ columns: Assignment...
  ) -> Stream {
    let by =
      keys.isEmpty
      ? "" : " by \(keys.map { Spelling.name($0.name) }.joined(separator: ", "))"
    return stage("window \(window.source)\(by) \(Self.block(columns))")
  }

  /// A stage as a definition writes it, without the `|`.
  public func stage(_ text: String) -> Stream { adding(.text(text)) }

  private func adding(_ stage: Stage) -> Stream {
    var copy = self
    copy.stages.append(stage)
    return copy
  }

  private static func block(_ columns: [Assignment]) -> String {
    "{ \(columns.map(\.source).joined(separator: ", ")) }"
  }
}

/// Which rows are aggregated together.
public struct Window: Sendable {
  let source: String

  /// Windows of that length, one after the other.
  public static func tumbling(_ size: Duration) -> Window {
    Window(source: "tumbling \(Spelling.duration(size))")
  }

  /// Windows of that length that begin so far from each other.
  public static func hopping(_ size: Duration, every slide: Duration) -> Window {
    Window(source: "hopping \(Spelling.duration(size)) every \(Spelling.duration(slide))")
  }
}

/// A table to look up in.
public struct Table: Sendable {
  let name: String
}
