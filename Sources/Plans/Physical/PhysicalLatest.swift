public import Schemas

/// Look-ups in a table of latest rows: the first input are the rows that look something up, the
/// second the table's, each behind an exchange by its keys; see `AsOfSpec`.
public struct PhysicalLatest: Hashable, Sendable, Codable {
  public var table: String
  /// Columns of the rows, one for each of the table's keys.
  public var keys: [String]
  /// Of the table.
  public var tableKeys: [Field]
  /// A `timestamp` column of the table: when a row came to be, for its expiry.
  public var version: String
  /// A `bool` column of the table: whether a row says that its key is no longer there.
  public var deleted: String
  /// The table's other columns, nullable, as they are kept.
  public var values: [Field]
  /// Which of them are added, by these names, and as what.
  public var columns: [EnrichedColumn]
  public var isRequired: Bool
  /// Microseconds.
  public var expiry: Int64?
  /// Sources of rows wait until all is read that the table's sources hold at the start.
  public var isReadFirst: Bool
  /// Whether rows may be taken back: what each was told is kept while it is there.
  public var takesUpdates: Bool
  /// Whether rows are told apart by their event times too, for a later step finds them by these.
  public var tellsTimes = false
  /// Where rows are taken back, by what they came (see `UpdateOrigin`).
  public var origin: String

  public init(
    table: String, keys: [String], tableKeys: [Field], version: String, deleted: String,
    values: [Field], columns: [EnrichedColumn], isRequired: Bool, expiry: Int64?,
    isReadFirst: Bool, takesUpdates: Bool = false, origin: String = ""
  ) {
    self.table = table
    self.keys = keys
    self.tableKeys = tableKeys
    self.version = version
    self.deleted = deleted
    self.values = values
    self.columns = columns
    self.isRequired = isRequired
    self.expiry = expiry
    self.isReadFirst = isReadFirst
    self.takesUpdates = takesUpdates
    self.origin = origin
  }

  /// All columns that it reads of its rows, where it puts out these.
  public func columns(of result: Schema) -> [String] {
    let added = Set(columns.map(\.name))
    return keys + result.fields.map(\.name).filter { !added.contains($0) }
  }

  /// All columns that it reads of the table.
  public var tableColumns: [String] {
    tableKeys.map(\.name) + [version, deleted] + values.map(\.name)
  }
}

extension PhysicalOperator {
  /// Its second input is a table that is to be read to its end before rows come.
  public var readsTableFirst: Bool {
    switch kind {
    case .latest(let latest): latest.isReadFirst
    case .execute(let task): task.steering?.isReadFirst ?? false
    default: false
    }
  }

  /// Whether its second input is a table whose rows come.
  public var followsTable: Bool {
    switch kind {
    case .latest: true
    case .execute: inputs.count > 1
    default: false
    }
  }

  /// The inputs whose rows it passes on. What it only keeps, to look rows up in it, neither tells
  /// it the time nor need be held back with them.
  public var rowInputs: [PhysicalEdge] {
    switch kind {
    case .latest, .execute: Array(inputs.prefix(1))
    default: inputs
    }
  }
}
