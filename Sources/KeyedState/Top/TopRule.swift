/// Which rows of a group are kept, and in what order they are: by columns of the row's schema.
package struct TopRule: Sendable {
  package struct Order: Sendable {
    package var column: Int
    package var isDescending: Bool

    package init(column: Int, isDescending: Bool) {
      self.column = column
      self.isDescending = isDescending
    }
  }

  package var count: Int
  /// Rows beside the last one that is kept are kept too.
  package var withTies: Bool
  package var per: [Int]
  package var orders: [Order]
  /// Which decide, ascending, among rows that are equal in those.
  package var ties: [Int]

  package init(count: Int, withTies: Bool, per: [Int], orders: [Order], ties: [Int]) {
    // More rows than memory can hold: what is computed from it stays in range.
    self.count = min(count, 1 << 40)
    self.withTies = withTies
    self.per = per
    self.orders = orders
    self.ties = ties
  }

  var orderKeys: SortKeys {
    SortKeys(
      parts: orders.map { SortKeys.Part(column: $0.column, isDescending: $0.isDescending) })
  }

  var tieKeys: SortKeys {
    SortKeys(parts: ties.map { SortKeys.Part(column: $0, isDescending: false) })
  }
}
