import Schemas

/// Which rows a running `top` keeps and how it tells of them.
package struct RunningTopRule: Sendable {
  package var top: TopRule
  /// Whether rows are taken back, so that those behind the best may come to be among them.
  package var takesBack: Bool
  package var hasRank: Bool
  /// By which columns a row is an update of another; none: rows come and go.
  package var key: [Int]
  /// What the state is of, as text.
  package var origin: String

  package init(top: TopRule, takesBack: Bool, hasRank: Bool, key: [Int], origin: String) {
    self.top = top
    self.takesBack = takesBack
    self.hasRank = hasRank
    self.key = key
    self.origin = origin
  }

  /// All columns of a row: those that decide first, then the others, so that a row can be read from
  /// its key.
  func keys(_ schema: Schema) -> SortKeys {
    var parts = top.orderKeys.parts
    var seen = Set(parts.map(\.column))
    // A column that decides twice decides once.
    var once: Set<Int> = []
    parts.removeAll { !once.insert($0.column).inserted }
    for column in top.ties + Array(schema.fields.indices) where seen.insert(column).inserted {
      parts.append(SortKeys.Part(column: column, isDescending: false))
    }
    return SortKeys(parts: parts)
  }

  /// How many of those parts `by` makes.
  var orderCount: Int { Set(top.orders.map(\.column)).count }

  var text: String {
    let by = top.orders.map { "\($0.column)\($0.isDescending ? " desc" : "")" }
    let ties = top.ties.map(String.init).joined(separator: ", ")
    let kept = takesBack ? "all" : "\(top.count)\(top.withTies ? " with ties" : "")"
    return "\(kept) by \(by.joined(separator: ", ")), \(ties)"
      + (origin.isEmpty ? "" : " of \(origin)")
  }
}
