package import Columns
import Schemas

/// Up to which tag the rows of each key group have been passed on: kept beside the rows that wait,
/// so that after a restore none goes twice, whatever worker owns its key group then.
///
/// Each worker writes it of its own key groups in every snapshot, so the last one counts.
package struct PassedRows {
  package static let declaration = StateDeclaration(
    name: "passed", kind: .replicated,
    schema: Schema([
      Field("first_group", .int), Field("last_group", .int), Field("time", .timestamp),
      Field("lane", .int), Field("place", .int),
    ]),
    keyColumns: 0)

  /// By key group; nil: nothing is known to have passed.
  private var tags: [RowTag?] = Array(repeating: nil, count: KeyGroup.count)

  package init() {}

  subscript(keyGroup: Int) -> RowTag? { tags[keyGroup] }

  /// The row of the state.
  static func block(_ tag: RowTag, of keyGroups: Range<Int>) -> StateBlock {
    let values: [(Int64, DataType)] = [
      (Int64(keyGroups.lowerBound), .int), (Int64(keyGroups.upperBound) - 1, .int),
      (tag.time, .timestamp), (tag.lane, .int), (tag.place, .int),
    ]
    return StateBlock(
      state: declaration.name, scope: .whole,
      rows: Batch(
        schema: declaration.schema, columns: values.map { .repeating($0.0, $0.1, 1) }, rowCount: 1))
  }

  /// Takes over the rows of a block; those of a later one replace what an earlier one said.
  package mutating func restore(_ rows: Batch) {
    let columns = rows.columns.map(\.ints)
    for row in 0..<rows.rowCount {
      let (first, last) = (columns[0][row], columns[1][row])
      guard first >= 0, first <= last, last < Int64(KeyGroup.count) else { continue }
      let tag = RowTag(time: columns[2][row], lane: columns[3][row], place: columns[4][row])
      for keyGroup in Int(first)...Int(last) { tags[keyGroup] = tag }
    }
  }
}

extension RowTag {
  /// The last tag before a watermark.
  static func last(before mark: Timestamp) -> RowTag {
    if mark == .beginning { return first }
    let time = mark == .endOfTime ? mark.microseconds : mark.microseconds - 1
    return RowTag(time: time, lane: .max, place: .max)
  }

  static let first = RowTag(time: .min, lane: .min, place: .min)
}
