public import Schemas

/// Sequences of rows of a key that follow each other as a pattern says, a row for each.
public struct MatchSpec: Hashable, Sendable, Codable {
  /// Where to look for the next match.
  public enum Skip: Hashable, Sendable, Codable {
    /// Behind the last row of a match.
    case pastLast
    /// From the row behind its first one.
    case toNext
    /// From the first or last row of a step; where the match has none, or begins with it, from the
    /// row behind its first one.
    case toFirst(Int)
    case toLast(Int)
  }

  /// The conditions that a row meets go as bits of one int.
  public static let mostSteps = 32
  /// What an aggregate's argument is called that is the row's event time: no column of the input.
  public static let timeName = "$event_time"
  public static let startName = "match_start"
  public static let endName = "match_end"
  /// Before the names of what conditions ask of rows that were taken before.
  public static let beforeMark = "$before"

  public var keys: [NamedExpression]
  /// Microseconds from the first row of a match to its last; nil: any.
  public var span: Int64?
  /// What a row must meet by itself to be one of them.
  public var steps: [NamedExpression]
  /// What steps ask besides, by their names: conditions over the row and `before`.
  public var asks: [NamedExpression]
  /// Over the rows of the match that were taken before the one that is looked at.
  public var before: [AggregateCall]
  public var pattern: MatchPattern
  public var skip: Skip
  /// Over the rows of a match, or of one of its steps.
  public var aggregates: [AggregateCall]
  /// All columns behind the step: expressions over the keys, the bounds of the match and the
  /// aggregates (by `AggregateCall.name`).
  public var results: [NamedExpression]

  public init(
    keys: [NamedExpression], span: Int64?, steps: [NamedExpression], asks: [NamedExpression],
    before: [AggregateCall], pattern: MatchPattern, skip: Skip, aggregates: [AggregateCall],
    results: [NamedExpression]
  ) {
    self.keys = keys
    self.span = span
    self.steps = steps
    self.asks = asks
    self.before = before
    self.pattern = pattern
    self.skip = skip
    self.aggregates = aggregates
    self.results = results
  }

  /// The times of a match's first and last row.
  public static let bounds = [Field(startName, .timestamp), Field(endName, .timestamp)]

  /// What is computed of each row before it is looked at.
  public var inputs: [Expression] {
    (keys + steps).map(\.expression)
      + (aggregates + before).flatMap(\.inputs).filter { $0.node != .column(Self.timeName) }
      + askedColumns
  }

  /// The row's own columns that `asks` read.
  public var askedColumns: [Expression] {
    asks.flatMap(\.expression.columns).filter { column in
      if case .column(let name) = column.node { !name.hasPrefix(Self.beforeMark) } else { false }
    }
  }

  var text: String {
    let keys = keys.map(\.name).joined(separator: ", ")
    let time = span.map { " within \(TimeRendering.duration($0))" } ?? ""
    return "match by \(keys)\(time): \(pattern.text(steps.map(\.name)))"
  }

  var lines: [String] {
    var lines = [text]
    if skip != .pastLast { lines.append("skip \(skip.text(steps.map(\.name)))") }
    lines += ["by"] + keys.lines + ["steps"]
    lines += steps.map { "  \($0.name) = \($0.expression)" }
    if !asks.isEmpty {
      lines += ["asks"] + asks.map { "  \($0.name): \($0.expression)" }
      lines += before.map { "  \($0.name): \($0.fieldType) = \($0)" }
    }
    if !aggregates.isEmpty {
      lines += ["aggregates"] + aggregates.map { "  \($0.name): \($0.fieldType) = \($0)" }
    }
    return lines + ["results"] + results.lines
  }
}

extension MatchSpec.Skip {
  func text(_ names: [String]) -> String {
    switch self {
    case .pastLast: "past_last"
    case .toNext: "to_next"
    case .toFirst(let step): "to_first \(names[step])"
    case .toLast(let step): "to_last \(names[step])"
    }
  }
}
