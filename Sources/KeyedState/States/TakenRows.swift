package import Columns
package import Schemas

/// How many rows a `limit` has let through, in the group of the key of no column, whose worker gets
/// all rows.
package enum TakenRows {
  package static let declaration = StateDeclaration(
    name: "taken", kind: .keyed, schema: Schema([Field("taken", .int)]), keyColumns: 0)

  package static let group = KeyGroup(hash: KeyHasher.ofNothing)

  /// The row of the state.
  package static func block(_ taken: Int64) -> StateBlock {
    StateBlock(
      state: declaration.name, scope: .keyGroup(group),
      rows: Batch(
        schema: declaration.schema, columns: [.repeating(taken, .int, rowCount: 1)], rowCount: 1))
  }

  /// The count that a block of the state holds.
  package static func count(_ rows: Batch) -> Int64 {
    (0..<rows.rowCount).map { rows.columns[0].ints[$0] }.max() ?? 0
  }
}
