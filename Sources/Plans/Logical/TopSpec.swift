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

  public init(
    count: Int64, withTies: Bool, orders: [Order], per: [Expression], columns: [String],
    rank: String?
  ) {
    self.count = count
    self.withTies = withTies
    self.orders = orders
    self.per = per
    self.columns = columns
    self.rank = rank
  }

  /// The columns that it adds.
  public var added: [Field] { rank.map { [Field($0, .int)] } ?? [] }

  var text: String {
    let by = orders.map { "\($0.value)\($0.isDescending ? " desc" : "")" }
    let keys = per.map(\.description).joined(separator: ", ")
    return "top \(count)\(withTies ? " with ties" : "") by \(by.joined(separator: ", "))"
      + " per \(keys)\(rank.map { " as \($0)" } ?? "")"
  }
}
