import Columns
import KeyedState
import Plans
import Schemas

/// How a stage writes answers of its rows down, for its journal and for checkpoints.
struct AnswerForm {
  /// Whether a row's event time is the same when the row is read again.
  let isTimed: Bool
  private let schema: Schema
  /// Of the columns that answers have, and of what was asked.
  private let columns: UInt64

  /// `keys` are the columns that ask, where an answer holds for what is declared now alone; nil
  /// where it stays what it was, whatever is declared later.
  init(_ table: TableSpec, askedBy keys: [String]? = nil) {
    isTimed = table.lookup?.hasLastingTimes ?? true
    schema = Schema(table.decoding.columns.map(\.field))
    let names = schema.fields.map { "\($0.name): \($0.type)" }.joined(separator: ", ")
    let question = keys.map { "; \(Self.question(table, $0))" } ?? ""
    columns = TextDigest.of(names + question)
  }

  /// Whatever may change an answer; secrets are only named in it.
  private static func question(_ table: TableSpec, _ keys: [String]) -> String {
    let versions = table.model?.versions.map { version in
      "\(version.name ?? ""): \(version.options.map(\.description))"
    }
    let parts: [any CustomStringConvertible] = [
      table.name, table.keys, keys, table.connector.connector,
      table.connector.options.map(\.description), table.decoding.options.map(\.description),
      versions ?? [],
    ]
    return parts.map(\.description).joined(separator: "; ")
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
