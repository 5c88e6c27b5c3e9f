package import Columns
import Schemas

/// Whether the rows that are there in the end have been put out. At a barrier all workers agree:
/// the input of all has ended before it, or of none.
package enum ToldRows {
  package static let declaration = StateDeclaration(
    name: "told", kind: .replicated, schema: Schema([Field("told", .int)]), keyColumns: 0)

  /// The row of the state.
  package static func block(_ areTold: Bool) -> StateBlock {
    let columns = [Column.repeating(areTold ? 1 : 0, .int, 1)]
    return StateBlock(
      state: declaration.name, scope: .whole,
      rows: Batch(schema: declaration.schema, columns: columns, rowCount: 1))
  }

  /// What a block of the state says.
  package static func areTold(_ rows: Batch) -> Bool {
    rows.rowCount > 0 && rows.columns[0].ints[0] == 1
  }
}
