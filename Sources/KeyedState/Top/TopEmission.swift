package import Columns
package import Schemas

/// The best rows of closed groups on their way out, a batch at a time.
package struct TopEmission {
  private let store: TopStore
  private let schema: Schema
  private let rows: [UInt32]
  private let ranks: [Int64]
  private var place = 0
  private let rowLimit: Int

  /// Of the groups before a time. `schema` has a column more than the rows where ranks are wanted.
  package init(
    closing store: TopStore, before mark: Timestamp, schema: Schema,
    rowLimit: Int = Batch.rowLimit
  ) {
    self.store = store
    self.schema = schema
    self.rowLimit = rowLimit
    (rows, ranks) = store.close(before: mark)
  }

  /// The next rows; nil at the end.
  package mutating func next() -> Batch? {
    guard place < rows.count else {
      store.tidy()
      return nil
    }
    let rest = rows[place...]
    let part = rest.prefix(store.shelf.bound(rest, limit: rowLimit))
    let batch = store.shelf.gathered(part)
    var columns = batch.columns
    if schema.count > columns.count {
      let rank = Column(fixed: .int, rowCount: part.count)
      for k in 0..<part.count { rank.ints[k] = ranks[place + k] }
      columns.append(rank)
    }
    place = part.endIndex
    store.forget(part)
    return Batch(schema: schema, columns: columns, rowCount: part.count, hidden: batch.hidden)
  }
}
