public import Schemas

/// A `match` whose conditions were computed before it, into the bits of one column, and of whose
/// aggregates the arguments and filters are columns of the input, or the event time
/// (`MatchSpec.timeName`).
public struct PhysicalMatch: Hashable, Sendable, Codable {
  public struct Measure: Hashable, Sendable, Codable {
    public var aggregate: PhysicalWindow.Aggregate
    /// Only the rows of this step; nil: all of the match.
    public var step: Int?
    /// The one of them that it takes; nil: all.
    public var choice: AggregateCall.RowChoice?

    public init(
      aggregate: PhysicalWindow.Aggregate, step: Int?, choice: AggregateCall.RowChoice? = nil
    ) {
      self.aggregate = aggregate
      self.step = step
      self.choice = choice
    }

    /// As a plan shows it.
    public func line(_ steps: [String]) -> String {
      let rows = step.map { " of \(steps[$0])" } ?? ""
      let value = aggregate.text(calling: choice?.rawValue ?? aggregate.function)
      return "  \(aggregate.name): \(aggregate.fieldType) = \(value)\(rows)"
    }
  }

  /// What a step asks besides its bit: a condition over columns of the row and `before`.
  public struct Ask: Hashable, Sendable, Codable {
    public var step: Int
    public var condition: Expression

    public init(step: Int, condition: Expression) {
      self.step = step
      self.condition = condition
    }
  }

  public var keys: [Field]
  public var steps: [String]
  /// What each step asks for, as text: rows that wait were held against it.
  public var conditions: [String]
  /// An `int` column: bit 0 says that the row meets the first step's condition.
  public var mask: String
  public var asks: [Ask]
  /// Over the rows of the match that were taken before the one that is looked at.
  public var before: [Measure]
  public var pattern: MatchPattern
  /// Microseconds; nil: without a bound.
  public var span: Int64?
  public var skip: MatchSpec.Skip
  public var measures: [Measure]

  public init(
    keys: [Field], steps: [String], conditions: [String], mask: String, asks: [Ask] = [],
    before: [Measure] = [], pattern: MatchPattern, span: Int64?, skip: MatchSpec.Skip,
    measures: [Measure]
  ) {
    self.asks = asks
    self.before = before
    self.conditions = conditions
    self.keys = keys
    self.steps = steps
    self.mask = mask
    self.pattern = pattern
    self.span = span
    self.skip = skip
    self.measures = measures
  }

  /// The keys, the times of the first and the last row, and the aggregates.
  public var schema: Schema {
    Schema(
      keys + MatchSpec.bounds
        + measures.map { Field($0.aggregate.name, $0.aggregate.fieldType, hidden: true) })
  }

  /// All columns that it reads.
  var columns: [String] {
    let aggregates = (measures + before).map(\.aggregate)
    let known = Set(before.map(\.aggregate.name))
    let asked = asks.flatMap(\.condition.columnNames).filter { !known.contains($0) }
    let arguments = aggregates.flatMap(\.arguments).compactMap { argument in
      if case .column(let field) = argument { field.name } else { nil }
    }
    return keys.map(\.name) + [mask] + asked.sorted() + aggregates.compactMap(\.filter)
      + arguments.filter { $0 != MatchSpec.timeName }
  }

  var lines: [String] {
    let by = keys.map(\.name).joined(separator: ", ")
    let time = span.map { " within \(TimeRendering.duration($0))" } ?? ""
    let rest = skip == .pastLast ? "" : ", skip \(skip.text(steps))"
    return [
      "match by \(by)\(time): \(pattern.text(steps))\(rest)",
      "  \(steps.joined(separator: ", ")) are the bits of \(mask)",
    ]
      + asks.map { "  \(steps[$0.step]) asks \($0.condition)" }
      + (before + measures).map { $0.line(steps) }
  }
}
