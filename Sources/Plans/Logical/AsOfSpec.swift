/// Rows with what a table held for their keys at their event times.
///
/// The second input are the table's rows: each is the version of its key from its own event time
/// on, until the next one. Versions count for rows of the same time too.
public struct AsOfSpec: Hashable, Sendable, Codable {
  /// The table's name.
  public var table: String
  /// What is looked up, one expression for each of the table's keys.
  public var keys: [Expression]
  /// Columns of the second input, of the same types.
  public var tableKeys: [String]
  /// All other columns of the second input: they are kept of each version whether or not they are
  /// read today, for a definition that reads one more tomorrow finds versions of before.
  public var held: [String]
  /// The added ones of those.
  public var columns: [EnrichedColumn]
  /// Rows without a match go to `.unmatched` instead of staying with nulls.
  public var isRequired: Bool
  /// Microseconds after which a version counts no more; nil: until the next one.
  public var expiry: Int64?

  public init(
    table: String, keys: [Expression], tableKeys: [String], held: [String],
    columns: [EnrichedColumn], isRequired: Bool, expiry: Int64?
  ) {
    self.table = table
    self.keys = keys
    self.tableKeys = tableKeys
    self.held = held
    self.columns = columns
    self.isRequired = isRequired
    self.expiry = expiry
  }
}
