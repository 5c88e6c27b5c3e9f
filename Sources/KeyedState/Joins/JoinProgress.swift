import Columns
import Schemas

/// How far a join has come with the rows of its key groups.
///
/// Each worker writes it of its own key groups in every snapshot, so the last one counts.
struct JoinProgress {
  static let name = "progress"

  static let declaration = StateDeclaration(
    name: name, kind: .replicated,
    schema: Schema([
      Field("first_group", .int), Field("last_group", .int), Field("watermark", .timestamp),
      Field("probed_before", .int),
    ]), keyColumns: 0)

  /// Rows that end before it are out.
  var watermark = Timestamp.beginning
  /// Rows before this number have found all that had come before them.
  var probedBefore: Int64 = 0

  func block(of keyGroups: Range<Int>) -> StateBlock {
    let values: [(DataType, Int64)] = [
      (.int, Int64(keyGroups.lowerBound)), (.int, Int64(keyGroups.upperBound - 1)),
      (.timestamp, watermark.microseconds), (.int, probedBefore),
    ]
    return StateBlock(
      state: Self.name, scope: .whole,
      rows: Batch(
        schema: Self.declaration.schema,
        columns: values.map { .repeating($1, $0, rowCount: 1) }, rowCount: 1))
  }
}
