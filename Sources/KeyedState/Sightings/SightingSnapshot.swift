import Columns
import Schemas

/// The keys of a store at a barrier, or those that came since the barrier before. What was
/// forgotten is not told: a restore forgets it by the watermark.
final class SightingSnapshot: StateSnapshot, @unchecked Sendable {
  struct Share: @unchecked Sendable {
    let table: GroupTable
    let times: Cells<Int64>
    /// The first group to write.
    let from: UInt32
  }

  let isDelta: Bool
  private let schema: Schema
  private let codec: KeyCodec
  private var panes: [Share]

  init(schema: Schema, codec: KeyCodec, isDelta: Bool, panes: [Share]) {
    self.schema = schema
    self.codec = codec
    self.isDelta = isDelta
    self.panes = panes
  }

  /// Key group by key group. Frees its share of the pages at the end.
  func write(to writer: any StateWriter) throws {
    let orders = panes.map { share in
      GroupOrder(share.table, only: Array(share.from..<UInt32(share.table.count)))
    }
    for keyGroup in 0..<KeyGroup.count {
      let scope = StateScope.keyGroup(KeyGroup(UInt16(keyGroup)))
      let gathering = BlockGathering(schema)
      let emit = { (rows: Batch) in
        try writer.write(
          StateBlock(state: SightingStore.stateName, scope: scope, rows: rows))
      }
      for (share, order) in zip(panes, orders) {
        for chunk in order.chunks(of: keyGroup) {
          try gathering.add(columns(share, chunk), chunk.count, emit)
        }
      }
      try gathering.finish(emit)
    }
    panes = []
  }

  private func columns(_ share: Share, _ groups: ArraySlice<UInt32>) -> [Column] {
    let builders = schema.fields.map { ColumnBuilder($0.type, capacity: groups.count) }
    for group in groups {
      let (bytes, length) = share.table.key(group)
      codec.decode(bytes, length, into: builders)
      builders[builders.count - 1].append(int: share.times[group])
    }
    return builders.map { $0.finish() }
  }
}
