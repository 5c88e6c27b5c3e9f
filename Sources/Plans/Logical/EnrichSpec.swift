/// Adds a table's columns to each row.
public struct EnrichSpec: Hashable, Sendable, Codable {
  /// The table's node.
  public var table: LogicalPlan.NodeID
  /// What is looked up, one expression for each of the table's keys.
  public var keys: [Expression]
  /// The added columns: table column and the name it gets.
  public var columns: [EnrichedColumn]
  /// Rows without a match go to `.unmatched` instead of staying with nulls.
  public var isRequired: Bool
  /// The table is elsewhere and is asked, which can fail.
  public var isAsked: Bool

  public init(
    table: LogicalPlan.NodeID, keys: [Expression], columns: [EnrichedColumn], isRequired: Bool,
    isAsked: Bool = false
  ) {
    self.table = table
    self.keys = keys
    self.columns = columns
    self.isRequired = isRequired
    self.isAsked = isAsked
  }
}

public struct EnrichedColumn: Hashable, Sendable, Codable {
  public var tableColumn: String
  public var name: String

  public init(tableColumn: String, name: String) {
    self.tableColumn = tableColumn
    self.name = name
  }
}
