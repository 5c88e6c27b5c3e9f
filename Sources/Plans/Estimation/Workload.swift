import Schemas

/// What a run is taken to be like, for estimates of state: how fast sources are, and how many
/// different values columns have.
public struct Workload: Sendable {
  /// Rows a second of a source that nothing is said of.
  public static let usualRate = 1_000.0
  /// Different values of a column that nothing is said of.
  public static let usualValues = 10_000.0

  /// Rows a second, by source.
  public var rates: [String: Double]
  /// Different values, by column.
  public var values: [String: Double]

  public init(rates: [String: Double] = [:], values: [String: Double] = [:]) {
    self.rates = rates
    self.values = values
  }

  /// Different values of an expression.
  func values(of expression: Expression, named name: String) -> Double {
    if expression.isConstant { return 1 }
    if let said = values[name] { return max(1, said) }
    if expression.type == .bool { return expression.isNullable ? 3 : 2 }
    // A key that is computed has no more values than what it is computed of.
    let columns = expression.columnNames
    let known = columns.compactMap { values[$0] }
    if !columns.isEmpty, known.count == columns.count { return max(1, known.reduce(1, *)) }
    return Self.usualValues
  }
}

/// What a step keeps, and about how much of it, in one pipeline over all its workers.
public struct StateEstimate: Hashable, Sendable {
  /// Rows a second that leave the step.
  public var rate: Double
  /// What is kept, in words; nil for a step that keeps nothing.
  public var kept: String?
  /// Groups, rows or values.
  public var entries: Double
  public var bytes: Double
}

extension DataType {
  /// About how many bytes a value takes in state.
  var usualBytes: Double {
    switch self {
    case .bool: 2
    case .int, .float, .timestamp, .date, .duration: 9
    case .decimal: 17
    case .string: 28
    case .bytes: 36
    case .json: 132
    default: 100
    }
  }
}
