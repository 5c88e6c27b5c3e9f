public import Schemas

/// The best rows of each group, put out when no more of the group can come. A group is the rows of
/// equal keys and equal event time, which those of a window have.
///
/// Nulls are less than every value. Among rows that are equal in all orders the visible columns of
/// the stage decide, ascending, used behind it or not.
public struct TopSpec: Hashable, Sendable, Codable {
  public struct Order: Hashable, Sendable, Codable {
    public var value: Expression
    public var isDescending: Bool

    public init(value: Expression, isDescending: Bool) {
      self.value = value
      self.isDescending = isDescending
    }
  }

  /// Of a running one, whose groups no window closes: each change of the best rows is told.
  public struct Running: Hashable, Sendable, Codable {
    /// Whether rows may be taken back.
    public var takesUpdates: Bool
    /// The columns by which a row that comes among the best is an update of one that was; none
    /// where none are known.
    public var key: [String]

    public init(takesUpdates: Bool, key: [String]) {
      self.takesUpdates = takesUpdates
      self.key = key
    }
  }

  /// At least 1.
  public var count: Int64
  /// Rows that are equal in all orders to the last one kept are kept too, and ranks leave gaps.
  public var withTies: Bool
  public var orders: [Order]
  public var per: [Expression]
  /// The visible columns where the stage stands.
  public var columns: [String]
  /// The name of the added column of ranks, from 1 on.
  public var rank: String?
  /// Nil where groups are those of windows.
  public var running: Running?

  public init(
    count: Int64, withTies: Bool, orders: [Order], per: [Expression], columns: [String],
    rank: String?, running: Running? = nil
  ) {
    self.running = running
    self.count = count
    self.withTies = withTies
    self.orders = orders
    self.per = per
    self.columns = columns
    self.rank = rank
  }

  /// Whether no two rows of a group have the same place, so that each place is a row that changes.
  public var updatesPlaces: Bool { rank != nil && !withTies }

  /// The columns that it adds.
  public var added: [Field] { rank.map { [Field($0, .int)] } ?? [] }

  var text: String {
    let by = orders.map { "\($0.value)\($0.isDescending ? " desc" : "")" }
    let keys = per.map(\.description).joined(separator: ", ")
    return "top \(count)\(withTies ? " with ties" : "") by \(by.joined(separator: ", "))"
      + (keys.isEmpty ? "" : " per \(keys)") + (rank.map { " as \($0)" } ?? "")
  }
}
