import Columns
import Schemas

/// What is kept of keys, as a snapshot reads it on another thread.
protocol KeptValues: AnyObject, Sendable {
  /// The columns of a block behind those of the key.
  func columns(_ keys: [UInt32]) -> [Column]
  /// Of how many keys the values make a block.
  var keysOfBlock: Int { get }
}

/// What was kept of each key at a barrier, or of those that changed since the one before.
final class KeptSnapshot: StateSnapshot, @unchecked Sendable {
  let isDelta: Bool
  private let state: String
  private let schema: Schema
  private let codec: KeyCodec
  private let table: GroupTable
  private let changes: KeptKeys.Changes
  private var values: (any KeptValues)?

  init(
    _ declaration: StateDeclaration, _ keys: KeptKeys, full: Bool, values: any KeptValues
  ) {
    state = declaration.name
    schema = declaration.schema
    codec = keys.codec
    changes = keys.takeChanges(full: full)
    isDelta = changes.isDelta
    table = keys.table.share()
    self.values = values
  }

  /// Key group by key group, removals first. Frees its share of the values at the end.
  func write(to writer: any StateWriter) throws {
    guard let values else { return }
    let gone = PlacesByKeyGroup(changes.gone) { table.hash($0) }
    let kept = PlacesByKeyGroup(changes.kept) { table.hash($0) }
    for group in 0..<KeyGroup.count {
      let scope = StateScope.keyGroup(KeyGroup(UInt16(group)))
      let write = { (rows: Batch) in
        try writer.write(StateBlock(state: self.state, scope: scope, rows: rows))
      }
      for chunk in gone.chunks(group, limit: Batch.rowLimit) { try write(removals(chunk)) }
      for chunk in kept.chunks(group, limit: values.keysOfBlock) {
        let columns = keyColumns(chunk) + values.columns(Array(chunk))
        try write(Batch(schema: schema, columns: columns, rowCount: chunk.count))
      }
    }
    self.values = nil
  }

  private func keyColumns(_ keys: ArraySlice<UInt32>) -> [Column] {
    codec.columns(keys.count) { table.key(keys[keys.startIndex + $0]) }
  }

  private func removals(_ keys: ArraySlice<UInt32>) -> Batch {
    var columns = keyColumns(keys)
    columns += schema.fields[columns.count...].map { .blank($0, keys.count) }
    let rows = Batch(schema: schema, columns: columns, rowCount: keys.count)
    rows.hidden.rowKinds = .repeating(RowKind.delete.rawValue, .int, keys.count)
    return rows
  }
}
