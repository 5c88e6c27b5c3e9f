package import Columns
import Schemas

/// Which windows were emitted, kept beside the panes where windows overlap: a slice outlives the
/// windows that were emitted from it. The same on all workers at a barrier, since all senders of an
/// exchange send the same watermarks.
package struct WindowProgress {
  package static let declaration = StateDeclaration(
    name: "progress", kind: .replicated,
    schema: Schema([Field("closed_before", .timestamp)]), keyColumns: 0)
}

extension WindowStore {
  /// The row of the `progress` state.
  package var progress: StateBlock {
    let columns = [Column.repeating(closedBefore, .timestamp, 1)]
    return StateBlock(
      state: WindowProgress.declaration.name, scope: .whole,
      rows: Batch(schema: WindowProgress.declaration.schema, columns: columns, rowCount: 1))
  }

  package func restoreProgress(_ rows: Batch) {
    for row in 0..<rows.rowCount { closedBefore = max(closedBefore, rows.columns[0].ints[row]) }
  }
}

/// Several snapshots of one operator as one.
package final class JoinedSnapshot: StateSnapshot {
  package let isDelta: Bool
  private let blocks: [StateBlock]
  private let snapshots: [any StateSnapshot]

  /// `blocks` are written first.
  package init(_ snapshots: [any StateSnapshot], blocks: [StateBlock] = [], isDelta: Bool) {
    self.snapshots = snapshots
    self.blocks = blocks
    self.isDelta = isDelta
  }

  package func write(to writer: any StateWriter) throws {
    for block in blocks { try writer.write(block) }
    for snapshot in snapshots { try snapshot.write(to: writer) }
  }
}
