/// A source declaration.
public struct SourceSpec: Hashable, Sendable, Codable {
  public var name: String
  public var connector: ConnectorSpec
  public var decoding: DecodingSpec
  public var eventTime: EventTimeSpec?
  /// nil: each record is a row for itself.
  public var updates: SourceUpdates?
  /// Whether its rows are those of a table, which the definition declares.
  public var isTable = false
  /// Of a table that is read whole: its key columns.
  public var tableKeys: [String] = []

  public init(
    name: String, connector: ConnectorSpec, decoding: DecodingSpec, eventTime: EventTimeSpec?,
    updates: SourceUpdates? = nil
  ) {
    self.updates = updates
    self.name = name
    self.connector = connector
    self.decoding = decoding
    self.eventTime = eventTime
  }

  /// What messages call it.
  public var place: String { "\(isTable ? "table" : "source") `\(name)`" }
}
