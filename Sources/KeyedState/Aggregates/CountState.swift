import Columns
import Schemas

/// `count()` and `count(x)`.
final class CountState: RetractableState, @unchecked Sendable {
  let counts: Cells<Int64>

  init() { counts = Cells(0) }

  private init(_ counts: Cells<Int64>) { self.counts = counts }

  func grow(to groups: Int) { counts.grow(to: groups) }

  func update(_ rows: GroupRows, _ input: AggregateInput) { counts.touch(rows) { $0 &+ 1 } }

  func retract(_ rows: GroupRows, _ input: AggregateInput) { counts.touch(rows) { $0 &- 1 } }

  func merge(_ rows: GroupRows, _ partials: [Column]) {
    counts.fold(rows, UnsafePointer(partials[0].ints)) { $0 &+ $1 }
  }

  func clear(_ group: UInt32) { counts.set(group, 0) }

  func partials(_ groups: RowList) -> [Column] { [counts.column(groups, .int)] }

  func result(_ groups: RowList) -> AggregateResult {
    AggregateResult(column: counts.column(groups, .int), failed: [])
  }

  func share() -> any AggregateState { CountState(counts.share()) }
}

extension Cells {
  /// The cells of groups as a column of this type, whose layout they have.
  func column(
    _ groups: RowList, _ type: DataType, validity seen: Cells<UInt8>? = nil
  ) -> Column {
    let column = Column(fixed: type, rowCount: groups.count, withValidity: seen != nil)
    let target = column.values.assumingMemoryBound(to: Value.self)
    gather(groups, to: target)
    if let seen, let validity = column.validity {
      seen.gather(groups, to: validity)
      for i in 0..<groups.count where validity[i] == 0 {
        (column.values + i * MemoryLayout<Value>.stride).initializeMemory(
          as: UInt8.self, repeating: 0, count: MemoryLayout<Value>.stride)
      }
    }
    return column
  }
}
