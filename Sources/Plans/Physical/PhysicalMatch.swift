public import Schemas

/// A `match` whose conditions were computed before it, into the bits of one column, and of whose
/// aggregates the arguments and filters are columns of the input, or the event time
/// (`MatchSpec.timeName`).
public struct PhysicalMatch: Hashable, Sendable, Codable {
  public struct Measure: Hashable, Sendable, Codable {
    public var aggregate: PhysicalWindow.Aggregate
    /// Only the rows of this step; nil: all of the match.
    public var step: Int?

    public init(aggregate: PhysicalWindow.Aggregate, step: Int?) {
      self.aggregate = aggregate
      self.step = step
    }
  }

  public var keys: [Field]
  public var steps: [String]
  /// What each step asks for, as text: rows that wait were held against it.
  public var conditions: [String]
  /// An `int` column: bit 0 says that the row meets the first step's condition.
  public var mask: String
  public var pattern: MatchPattern
  /// Microseconds; nil: without a bound.
  public var span: Int64?
  public var skip: MatchSpec.Skip
  public var measures: [Measure]

  public init(
    keys: [Field], steps: [String], conditions: [String], mask: String, pattern: MatchPattern,
    span: Int64?, skip: MatchSpec.Skip, measures: [Measure]
  ) {
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
    let aggregates = measures.map(\.aggregate)
    let arguments = aggregates.flatMap(\.arguments).compactMap { argument in
      if case .column(let field) = argument { field.name } else { nil }
    }
    return keys.map(\.name) + [mask] + aggregates.compactMap(\.filter)
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
      + measures.map { measure in
        let rows = measure.step.map { " of \(steps[$0])" } ?? ""
        let aggregate = measure.aggregate
        return "  \(aggregate.name): \(aggregate.fieldType) = \(aggregate)\(rows)"
      }
  }
}
