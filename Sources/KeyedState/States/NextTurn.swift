package import Columns
package import Schemas

/// When the next row of a rate is due, for all workers.
package enum NextTurn {
  package static let declaration = StateDeclaration(
    name: "turn", kind: .replicated, schema: Schema([Field("due", .timestamp)]), keyColumns: 0)

  /// The row of the state.
  package static func block(_ time: Timestamp) -> StateBlock {
    StateBlock(
      state: declaration.name, scope: .whole,
      rows: Batch(
        schema: declaration.schema,
        columns: [.repeating(time.microseconds, .timestamp, rowCount: 1)], rowCount: 1))
  }

  /// The time that a block of the state holds.
  package static func time(_ rows: Batch) -> Timestamp {
    let times = (0..<rows.rowCount).map { Timestamp(microseconds: rows.columns[0].ints[$0]) }
    return times.max() ?? .beginning
  }
}
