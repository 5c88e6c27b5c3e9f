/// Rows with what a table held for their keys: at their event times, or when they come.
///
/// The second input are the table's rows. As of event time each is the version of its key from its
/// own event time on, until the next one, and counts for rows of the same time too. Of a table of
/// latest rows each takes the place of the one before as soon as it comes; such rows may also take
/// back what others said.
public struct AsOfSpec: Hashable, Sendable, Codable {
  /// Which of a key's rows in the table a row finds.
  public enum Moment: String, Hashable, Sendable, Codable {
    case eventTime
    /// The last that has come, of a table that is read to its end before the first row comes.
    case latestOfTable
    /// The last that has come, of a stream, which has no end to be read to.
    case latestOfStream
  }

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
  public var moment: Moment

  public init(
    table: String, keys: [Expression], tableKeys: [String], held: [String],
    columns: [EnrichedColumn], isRequired: Bool, expiry: Int64?,
    moment: Moment = .eventTime
  ) {
    self.table = table
    self.keys = keys
    self.tableKeys = tableKeys
    self.held = held
    self.columns = columns
    self.isRequired = isRequired
    self.expiry = expiry
    self.moment = moment
  }
}
