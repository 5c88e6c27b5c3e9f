/// Aggregates over all rows of a key so far: each row changes the result that was given before.
public struct RunningSpec: Hashable, Sendable, Codable {
  public var keys: [NamedExpression]
  public var aggregates: [AggregateCall]
  /// The block's columns: expressions over the aggregates (by `AggregateCall.name`) and the keys.
  public var results: [NamedExpression]
  /// Whether rows may be taken back.
  public var takesUpdates: Bool

  public init(
    keys: [NamedExpression], aggregates: [AggregateCall], results: [NamedExpression],
    takesUpdates: Bool
  ) {
    self.keys = keys
    self.aggregates = aggregates
    self.results = results
    self.takesUpdates = takesUpdates
  }

  /// What is computed of each row before it is taken in.
  public var inputs: [Expression] {
    keys.map(\.expression) + aggregates.flatMap(\.inputs)
  }

  var text: String {
    "aggregate" + (keys.isEmpty ? "" : " by \(keys.map(\.name).joined(separator: ", "))")
  }

  var lines: [String] {
    var result = [text]
    if !keys.isEmpty { result += ["by"] + keys.lines }
    if !aggregates.isEmpty {
      result.append("aggregates")
      result += aggregates.map { "  \($0.name): \($0.fieldType) = \($0)" }
    }
    if !results.isEmpty { result += ["results"] + results.lines }
    return result
  }
}
