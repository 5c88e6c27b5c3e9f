public import Schemas

/// A `top` whose keys and orders are plain columns of the input.
public struct PhysicalTop: Hashable, Sendable, Codable {
  public struct Order: Hashable, Sendable, Codable {
    public var column: String
    public var isDescending: Bool

    public init(column: String, isDescending: Bool) {
      self.column = column
      self.isDescending = isDescending
    }
  }

  public var count: Int64
  public var withTies: Bool
  public var orders: [Order]
  public var per: [String]
  /// The columns that decide, ascending, among rows that are equal in `orders`.
  public var ties: [String]
  /// The added column of ranks.
  public var rank: String?

  public init(
    count: Int64, withTies: Bool, orders: [Order], per: [String], ties: [String], rank: String?
  ) {
    self.count = count
    self.withTies = withTies
    self.orders = orders
    self.per = per
    self.ties = ties
    self.rank = rank
  }

  /// What the second phase puts out.
  public func resultSchema(of row: Schema) -> Schema {
    Schema(row.fields + (rank.map { [Field($0, .int)] } ?? []))
  }
}

/// A running `top` behind an exchange by its groups' keys; see `TopSpec.Running`.
public struct PhysicalRunningTop: Hashable, Sendable, Codable {
  public var top: PhysicalTop
  public var takesUpdates: Bool
  /// The columns by which a row is an update of another; none: rows come and go, or each place is
  /// updated.
  public var pairs: [String]
  /// Where rows are taken back, by what they came (see `UpdateOrigin`).
  public var origin: String

  public init(top: PhysicalTop, takesUpdates: Bool, pairs: [String], origin: String) {
    self.top = top
    self.takesUpdates = takesUpdates
    self.pairs = pairs
    self.origin = origin
  }

  public var columns: [String] { top.orders.map(\.column) + top.per + top.ties + pairs }
}

extension PhysicalTop: CustomStringConvertible {
  public var description: String {
    let by = orders.map { "\($0.column)\($0.isDescending ? " desc" : "")" }
    return "top \(count)\(withTies ? " with ties" : "") by \(by.joined(separator: ", "))"
      + " per \(per.joined(separator: ", "))\(rank.map { " as \($0)" } ?? "")"
  }
}
