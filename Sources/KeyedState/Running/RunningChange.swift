package import Columns
import Schemas

/// The results of some groups at a time.
struct RunningResult {
  let groups: [UInt32]
  /// nil where there are none.
  let rows: Batch?
  /// The aggregates that their types cannot hold, by row.
  let failed: [Int: [String]]
}

/// What has become of groups: each that changed as it was and as it is. A pair stands together, its
/// older row first.
package struct RunningChange {
  package let batch: Batch
  package private(set) var failed: [FailedResult] = []

  /// Nil where nothing changed. Rows are compared by their columns from `first` on; nil: they
  /// always differ. `comparesTimes`: and by their event times. A result that does not fit its type
  /// counts as none, and stands among the rows all the same, as failed.
  init?(
    _ groups: [UInt32], _ before: RunningResult, _ after: RunningResult, comparedFrom first: Int?,
    comparesTimes: Bool, hasTimes: Bool
  ) {
    let parts = [before.rows, after.rows].compactMap(\.self)
    guard !parts.isEmpty else { return nil }
    let all = Batch.concatenated(parts)
    let equality = first.map { RowEquality(all, from: $0, comparesTimes) }
    let split = before.groups.count
    var rows: [UInt32] = []
    var kinds: [RowKind] = []
    var (b, a) = (0, 0)
    for group in groups {
      var old = before.place(of: group, &b)
      if let place = old, before.failed[place] != nil { old = nil }
      let new = after.place(of: group, &a)
      let broken = new.flatMap { after.failed[$0] }
      if let old, let new, broken == nil, equality?.areEqual(old, split + new) ?? false { continue }
      if let old {
        rows.append(UInt32(truncatingIfNeeded: old))
        kinds.append(new != nil && broken == nil ? .updateBefore : .delete)
      }
      guard let new else { continue }
      for aggregate in broken ?? [] {
        failed.append(FailedResult(row: rows.count, aggregate: aggregate))
      }
      rows.append(UInt32(truncatingIfNeeded: split + new))
      kinds.append(old != nil && broken == nil ? .updateAfter : .insert)
    }
    guard !rows.isEmpty else { return nil }
    batch = all.gathered(rows: rows)
    batch.hidden.rowKinds = .kinds(kinds)
    if !hasTimes { batch.hidden.eventTimes = nil }
  }
}

extension RunningResult {
  /// The group's row, if it has one; groups are asked for in their order.
  fileprivate func place(of group: UInt32, _ next: inout Int) -> Int? {
    guard next < groups.count, groups[next] == group else { return nil }
    next += 1
    return next - 1
  }
}
