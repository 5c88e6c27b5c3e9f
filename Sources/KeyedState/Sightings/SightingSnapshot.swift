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

  /// Where a key lies.
  private struct Place {
    var pane: UInt32
    var group: UInt32
  }

  /// Key group by key group. Frees its share of the pages at the end.
  func write(to writer: any StateWriter) throws {
    let (places, ends) = byKeyGroup()
    var start = 0
    for (keyGroup, end) in ends.enumerated() {
      let scope = StateScope.keyGroup(KeyGroup(UInt16(keyGroup)))
      let gathering = BlockGathering(schema)
      for first in stride(from: start, to: end, by: Batch.rowLimit) {
        let chunk = places[first..<min(first + Batch.rowLimit, end)]
        try gathering.add(columns(chunk), chunk.count) { rows in
          try writer.write(
            StateBlock(state: SightingStore.stateName, scope: scope, rows: rows))
        }
      }
      try gathering.finish { rows in
        try writer.write(StateBlock(state: SightingStore.stateName, scope: scope, rows: rows))
      }
      start = end
    }
    panes = []
  }

  /// The keys to write by key group, and where each group's end. O(keys + panes + key groups).
  private func byKeyGroup() -> ([Place], [Int]) {
    var ends = Array(repeating: 0, count: KeyGroup.count + 1)
    var count = 0
    for share in panes {
      for group in share.from..<UInt32(share.table.count) {
        ends[Int(KeyGroup(hash: share.table.hash(group)).number) + 1] += 1
      }
      count += share.table.count - Int(share.from)
    }
    for group in 1...KeyGroup.count { ends[group] += ends[group - 1] }
    var next = ends
    var places = Array(repeating: Place(pane: 0, group: 0), count: count)
    for (pane, share) in panes.enumerated() {
      for group in share.from..<UInt32(share.table.count) {
        let bucket = Int(KeyGroup(hash: share.table.hash(group)).number)
        places[next[bucket]] = Place(pane: UInt32(truncatingIfNeeded: pane), group: group)
        next[bucket] += 1
      }
    }
    return (places, Array(ends.dropFirst()))
  }

  private func columns(_ places: ArraySlice<Place>) -> [Column] {
    let builders = schema.fields.map { ColumnBuilder($0.type, capacity: places.count) }
    for place in places {
      let share = panes[Int(place.pane)]
      let (bytes, length) = share.table.key(place.group)
      codec.decode(bytes, length, into: builders)
      builders[builders.count - 1].append(int: share.times[place.group])
    }
    return builders.map { $0.finish() }
  }
}
