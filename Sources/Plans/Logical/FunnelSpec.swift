public import Schemas

/// How far each actor came: attempts that begin with the first step and take the others in order.
public struct FunnelSpec: Hashable, Sendable, Codable {
  /// The steps' conditions go as bits of one int.
  public static let mostSteps = 62

  public var keys: [NamedExpression]
  /// Microseconds after its start in which an attempt takes steps.
  public var span: Int64
  /// Their conditions.
  public var steps: [NamedExpression]
  /// A row that meets another step's condition than the next one's ends the attempt.
  public var isStrict: Bool

  public init(
    keys: [NamedExpression], span: Int64, steps: [NamedExpression], isStrict: Bool
  ) {
    self.keys = keys
    self.span = span
    self.steps = steps
    self.isStrict = isStrict
  }

  /// The keys, when each step was reached, and how many were.
  public var schema: Schema {
    Self.schema(keys: keys.map(\.field), steps: steps.map(\.name))
  }

  static func schema(keys: [Field], steps: [String]) -> Schema {
    let times = steps.enumerated().map { index, name in
      Field(timeName(of: name), .timestamp, nullable: index > 0)
    }
    return Schema(keys + times + [Field(countName, .int)])
  }

  public static func timeName(of step: String) -> String { "\(step)_at" }
  public static let countName = "steps"
}
