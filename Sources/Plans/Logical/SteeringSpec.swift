/// A table that says of the tasks of each of its keys whether they run, wait or are cancelled, and
/// how fast they run: `steered by jobs on job`.
///
/// Where its rows come while the tasks do, they are the second input of the stage.
public struct SteeringSpec: Hashable, Sendable, Codable {
  /// Where the table's rows are.
  public enum Rows: Hashable, Sendable, Codable {
    /// Read whole before the streams start: the table's node.
    case loaded(LogicalPlan.NodeID)
    /// Read to its end before the first task, and followed from there on.
    case table
    /// Of a stream, which has no end to be read to.
    case stream
  }

  /// The column of a table that says what is so.
  public static let stateColumn = "state"
  /// The column that says how many calls begin in a second, where there is one.
  public static let rateColumn = "rate"

  public var table: String
  /// A name of the stage's `values`: the key of the table that a task belongs to.
  public var key: String
  public var tableKey: String
  /// Whether the table has a rate.
  public var hasRate: Bool
  public var rows: Rows
  /// Whether tasks of which the table has no row wait for it; else they run.
  public var isRequired: Bool

  public init(
    table: String, key: String, tableKey: String, hasRate: Bool, rows: Rows, isRequired: Bool
  ) {
    self.table = table
    self.key = key
    self.tableKey = tableKey
    self.hasRate = hasRate
    self.rows = rows
    self.isRequired = isRequired
  }

  /// The columns that are read of the table.
  public var columns: [String] {
    [tableKey, Self.stateColumn] + (hasRate ? [Self.rateColumn] : [])
  }
}

extension LogicalKind {
  /// The table that the step reads, where that was read whole before.
  public var loadedTable: LogicalPlan.NodeID? {
    switch self {
    case .enrich(let spec): return spec.table
    case .execute(let spec):
      if case .loaded(let table)? = spec.steering?.rows { return table }
      return nil
    default: return nil
    }
  }

  /// The same with that table at another place.
  public func movingTable(_ place: (LogicalPlan.NodeID) -> LogicalPlan.NodeID) -> LogicalKind {
    switch self {
    case .enrich(var spec):
      spec.table = place(spec.table)
      return .enrich(spec)
    case .execute(var spec):
      if let table = loadedTable { spec.steering?.rows = .loaded(place(table)) }
      return .execute(spec)
    default: return self
    }
  }
}

/// `SteeringSpec` over columns: of the stage's input, and of the table, whose rows are the second
/// input where they come.
public struct PhysicalSteering: Hashable, Sendable, Codable {
  public var table: String
  public var key: String
  public var tableKey: String
  public var state: String
  public var rate: String?
  /// A `bool` column of rows that come: whether the key is no longer there.
  public var deleted: String
  /// Indexes `PhysicalPlan.tables`, where the table was read whole before.
  public var loaded: Int?
  /// No call is made before all is read that the table's sources hold at the start.
  public var isReadFirst: Bool
  /// Tasks of which the table has no row wait for it.
  public var isRequired: Bool

  public init(
    table: String, key: String, tableKey: String, state: String, rate: String?, deleted: String,
    loaded: Int?, isReadFirst: Bool, isRequired: Bool = false
  ) {
    self.table = table
    self.key = key
    self.tableKey = tableKey
    self.state = state
    self.rate = rate
    self.deleted = deleted
    self.loaded = loaded
    self.isReadFirst = isReadFirst
    self.isRequired = isRequired
  }

  /// All columns that it reads of rows that come.
  public var tableColumns: [String] {
    loaded == nil ? [tableKey, state, deleted] + (rate.map { [$0] } ?? []) : []
  }
}
