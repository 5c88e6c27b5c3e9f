/// Aggregates over each row and the rows of its key that precede it, in the order of event time.
public struct OverSpec: Hashable, Sendable, Codable {
  public enum Frame: Hashable, Sendable, Codable {
    /// So many rows before the row.
    case rows(Int64)
    /// The rows at most so many microseconds before the row; those of its own time too.
    case time(Int64)
  }

  public var keys: [Expression]
  public var frame: Frame
  public var aggregates: [AggregateCall]
  /// The added columns: expressions over the row's columns and the aggregates (by
  /// `AggregateCall.name`).
  public var results: [NamedExpression]

  public init(
    keys: [Expression], frame: Frame, aggregates: [AggregateCall], results: [NamedExpression]
  ) {
    self.keys = keys
    self.frame = frame
    self.aggregates = aggregates
    self.results = results
  }

  /// What is computed of each row before it is looked at.
  public var inputs: [Expression] {
    keys + aggregates.flatMap(\.inputs)
  }

  var text: String {
    "over by \(keys.map(\.description).joined(separator: ", ")) \(frame) preceding"
  }

  var lines: [String] {
    [text] + aggregates.map { "  \($0.name): \($0.fieldType) = \($0)" }
      + results.map { "  \($0.name) = \($0.expression)" }
  }
}

extension OverSpec.Frame: CustomStringConvertible {
  public var description: String {
    switch self {
    case .rows(let count): "rows \(count)"
    case .time(let length): TimeRendering.duration(length)
    }
  }
}
