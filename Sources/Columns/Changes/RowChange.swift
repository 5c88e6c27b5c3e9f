import Schemas

/// A row that was changed, by its numbers in a batch.
package struct RowChange: Hashable, Sendable {
  /// As it was; nil of one that is new.
  package var before: UInt32?
  /// As it is; nil of one that is there no more.
  package var after: UInt32?

  package var newest: UInt32 { after ?? before ?? 0 }

  /// As Debezium calls it.
  package var word: String {
    if before == nil { return "c" }
    return after == nil ? "d" : "u"
  }
}

/// Rows that change others.
///
/// A row that is changed comes as two, one behind the other in one batch: as it was
/// (`updateBefore`) and as it is (`updateAfter`). A step that leaves one of the two out makes the
/// other what it then is, an insertion or a deletion.
extension Batch {
  /// What a row says about earlier ones.
  package func kind(_ row: Int) -> RowKind {
    hidden.rowKinds.flatMap { RowKind(rawValue: $0.ints[row]) } ?? .insert
  }

  /// Whether a row says that it is there no more.
  package func takesBack(_ row: Int) -> Bool {
    hidden.rowKinds.map { RowKind.takesBack($0.ints[row]) } ?? false
  }

  /// The changes of the selected rows; a half of a pair whose other half is not there is one by
  /// itself. O(rows).
  package var changes: [RowChange] {
    let kinds = hidden.rowKinds?.ints
    var changes: [RowChange] = []
    changes.reserveCapacity(selectedCount)
    var open: (row: UInt32, place: Int)?
    for place in 0..<selectedCount {
      let row = selection?.rows[place] ?? UInt32(truncatingIfNeeded: place)
      let kind = kinds.map { $0[Int(row)] } ?? RowKind.insert.rawValue
      if kind == RowKind.updateAfter.rawValue, let before = open, before.row + 1 == row {
        changes[before.place].after = row
        open = nil
        continue
      }
      open = kind == RowKind.updateBefore.rawValue ? (row, changes.count) : nil
      changes.append(
        RowKind.takesBack(kind) ? RowChange(before: row) : RowChange(after: row))
    }
    return changes
  }

  /// Mends the kinds of pairs of which the selection leaves one half. O(rows), nothing for a batch
  /// without kinds.
  package func mendPairs() {
    guard let kinds = hidden.rowKinds, selection != nil else { return }
    var mended: Column?
    for change in changes {
      let row = Int(change.newest)
      let kind: RowKind
      switch (RowKind(rawValue: kinds.ints[row]), change.before, change.after) {
      case (.updateBefore, .some, nil): kind = .delete
      case (.updateAfter, nil, .some): kind = .insert
      default: continue
      }
      let column = mended ?? kinds.mapInts(.int) { $0 }
      column.ints[row] = kind.rawValue
      mended = column
    }
    if let mended { hidden.rowKinds = mended }
  }

  /// Makes the halves of pairs deletions and insertions: they may not stay together.
  package func partPairs() {
    guard let kinds = hidden.rowKinds else { return }
    hidden.rowKinds = kinds.mapInts(.int) {
      RowKind.takesBack($0) ? RowKind.delete.rawValue : RowKind.insert.rawValue
    }
  }

  /// These rows, as deletions.
  package func deletions(of rows: [Int]) -> Batch {
    let gone = selecting(Selection(rows: rows.sorted()))
    gone.hidden.rowKinds = .repeating(RowKind.delete.rawValue, .int, rowCount: rowCount)
    return gone
  }

  /// Leaves out what rows were before an update.
  package func dropOlderHalves() {
    guard let kinds = hidden.rowKinds?.ints else { return }
    let kept = Selection(capacity: selectedCount)
    for place in 0..<selectedCount {
      let row = selection?.rows[place] ?? UInt32(truncatingIfNeeded: place)
      if kinds[Int(row)] != RowKind.updateBefore.rawValue { kept.append(row) }
    }
    selection = kept
  }
}

extension Column {
  /// What rows do, as batches carry it.
  package static func kinds(_ kinds: [RowKind]) -> Column {
    let column = Column(fixed: .int, rowCount: kinds.count)
    for (row, kind) in kinds.enumerated() { column.ints[row] = kind.rawValue }
    return column
  }
}
