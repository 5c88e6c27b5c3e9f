package import Columns
package import Schemas

/// What a stage's journal says of tasks or rows that have not come again, as a state: their
/// entries, in order.
package enum JournaledEntries {
  package static let declaration = StateDeclaration(
    name: "journaled", kind: .keyed, schema: Schema([Field("entry", .bytes)]), keyColumns: 0)

  package static func block(_ entries: [[UInt8]], of group: KeyGroup) -> StateBlock {
    let builder = ColumnBuilder(.bytes, capacity: max(entries.count, 1))
    for entry in entries { entry.withUnsafeBufferPointer { builder.append(text: $0) } }
    return StateBlock(
      state: declaration.name, scope: .keyGroup(group),
      rows: Batch(
        schema: declaration.schema, columns: [builder.finish()], rowCount: entries.count))
  }

  package static func entries(_ rows: Batch) -> [[UInt8]] {
    let rows = rows.gathered()
    return (0..<rows.rowCount).map { Array(rows.columns[0].text($0)) }
  }
}
