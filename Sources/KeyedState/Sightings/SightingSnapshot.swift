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

  /// Key group by key group. Frees its share of the pages at the end. O(keys + panes).
  func write(to writer: any StateWriter) throws {
    let all = panes.enumerated().flatMap { part, share in
      (share.from..<UInt32(share.table.count)).map {
        PartPlace(part: UInt32(truncatingIfNeeded: part), number: $0)
      }
    }
    let places = PlacesByKeyGroup(all) { panes[Int($0.part)].table.hash($0.number) }
    for group in 0..<KeyGroup.count {
      let scope = StateScope.keyGroup(KeyGroup(UInt16(group)))
      let gathering = BlockGathering(schema)
      let emit = { (rows: Batch) in
        try writer.write(StateBlock(state: SightingStore.stateName, scope: scope, rows: rows))
      }
      for chunk in places.chunks(group, limit: Batch.rowLimit) {
        try gathering.add(columns(chunk), chunk.count, emit)
      }
      try gathering.finish(emit)
    }
    panes = []
  }

  private func columns(_ places: ArraySlice<PartPlace>) -> [Column] {
    let times = Column(fixed: .timestamp, rowCount: places.count)
    for (row, place) in places.enumerated() {
      times.ints[row] = panes[Int(place.part)].times[place.number]
    }
    let keys = codec.columns(places.count) { row in
      let place = places[places.startIndex + row]
      return panes[Int(place.part)].table.key(place.number)
    }
    return keys + [times]
  }
}
