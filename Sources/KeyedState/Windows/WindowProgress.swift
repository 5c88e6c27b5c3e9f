package import Columns
package import Schemas

/// How far time had come in a phase of a window: its watermark, kept beside the panes. Which
/// windows have closed follows from it; after a restore none opens again, whatever sources say. Of
/// those, `EmissionPlaces` says which are not out yet.
///
/// The second phase has the same on all workers at a barrier, since the senders of an exchange send
/// all of them the same: the least of the first phase on all workers.
package enum WindowProgress {
  package static let declaration = StateDeclaration(
    name: "progress", kind: .replicated, schema: Schema([Field("watermark", .timestamp)]),
    keyColumns: 0)

  /// The row of the state.
  package static func block(_ watermark: Timestamp) -> StateBlock {
    let columns = [Column.repeating(watermark.microseconds, .timestamp, 1)]
    return StateBlock(
      state: declaration.name, scope: .whole,
      rows: Batch(schema: declaration.schema, columns: columns, rowCount: 1))
  }

  /// The watermark that a block of the state holds.
  package static func watermark(_ rows: Batch) -> Timestamp {
    let times = (0..<rows.rowCount).map { Timestamp(microseconds: rows.columns[0].ints[$0]) }
    return times.max() ?? .beginning
  }

  /// The least of what all workers have kept. A worker may have been told, ahead of its barrier, of
  /// time that others reached behind theirs; the least is where the phase behind was.
  package static func least(_ reader: any StateReader) throws -> Timestamp {
    var least: Timestamp?
    while let block = try reader.next() {
      let time = watermark(block.rows)
      least = min(least ?? time, time)
    }
    return least ?? .beginning
  }
}

extension WindowStore {
  /// Counts the windows that a watermark closes as emitted.
  package func restoreProgress(_ watermark: Timestamp) {
    closedBefore = max(closedBefore, grid.firstOpen(watermark.microseconds))
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
