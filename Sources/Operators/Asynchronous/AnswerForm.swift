import Columns
import KeyedState
import Plans
import Schemas

/// How a stage writes answers of its rows down, for its journal and for checkpoints.
struct AnswerForm {
  /// Whether a row's event time is the same when the row is read again.
  let isTimed: Bool
  private let schema: Schema
  private let columns: UInt64

  init(_ table: TableSpec) {
    isTimed = table.lookup?.hasLastingTimes ?? true
    schema = Schema(table.decoding.columns.map(\.field))
    columns = TextDigest.of(schema.fields.map { "\($0.name): \($0.type)" }.joined(separator: ", "))
  }

  /// By what the rows of a piece are known again.
  func identities(of rows: Batch) -> [RowIdentity] { RowIdentity.of(rows, isTimed: isTimed) }

  func written(
    _ found: FoundRow, of identity: RowIdentity, number: UInt64, at time: Timestamp
  ) -> WrittenAnswer {
    WrittenAnswer(found, of: identity, number: number, at: time, columns: columns)
  }

  /// nil where it has other columns than are asked for now.
  func found(_ answer: WrittenAnswer) -> FoundRow? { answer.found(schema, columns: columns) }

  /// Entries of a key group as a state, so many that each block is a batch.
  static func blocks(_ entries: [[UInt8]], of group: KeyGroup) -> [StateBlock] {
    var blocks: [StateBlock] = []
    var (start, bytes) = (0, 0)
    for (place, entry) in entries.enumerated() {
      let isTooMuch = place > start && bytes + entry.count > TextLimit.batchBytes
      if isTooMuch || place - start == Batch.rowLimit {
        blocks.append(JournaledEntries.block(Array(entries[start..<place]), of: group))
        (start, bytes) = (place, 0)
      }
      bytes += entry.count
    }
    if start < entries.count {
      blocks.append(JournaledEntries.block(Array(entries[start...]), of: group))
    }
    return blocks
  }
}
