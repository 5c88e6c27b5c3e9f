public import Schemas

/// Look-ups in a table of versions, over one input in which versions and the rows that look them up
/// stand in the order of their times; see `AsOfSpec`.
public struct PhysicalAsOf: Hashable, Sendable, Codable {
  public var table: String
  /// In versions and rows alike.
  public var keys: [Field]
  /// What the keys are called in the table: so they stand in its state.
  public var tableKeys: [String]
  /// A `timestamp` column: since when a version counts; null in rows that look one up.
  public var version: String
  /// A `bool` column: whether a version says that its key is no longer there.
  public var deleted: String
  /// The table's columns where they are inputs; null in rows that look them up.
  public var values: [Field]
  /// Which of them are added, by these names, and as what.
  public var columns: [EnrichedColumn]
  public var isRequired: Bool
  /// Microseconds.
  public var expiry: Int64?

  public init(
    table: String, keys: [Field], tableKeys: [String], version: String, deleted: String,
    values: [Field], columns: [EnrichedColumn], isRequired: Bool, expiry: Int64?
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
  }

  /// All columns that it reads of its input, where it puts out these.
  public func columns(of result: Schema) -> [String] {
    let added = Set(columns.map(\.name))
    return keys.map(\.name) + [version, deleted] + values.map(\.name)
      + result.fields.map(\.name).filter { !added.contains($0) }
  }
}
