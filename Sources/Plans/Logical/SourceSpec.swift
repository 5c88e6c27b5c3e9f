/// A source declaration.
public struct SourceSpec: Hashable, Sendable, Codable {
  public var name: String
  public var connector: ConnectorSpec
  public var decoding: DecodingSpec
  public var eventTime: EventTimeSpec?
  /// nil: each record is a row for itself.
  public var updates: SourceUpdates?

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
}
