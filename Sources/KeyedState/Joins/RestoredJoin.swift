import Columns
import Schemas

/// What a restore brings of a join, until all of it is there.
package struct RestoredJoin {
  fileprivate struct Part {
    var side: JoinSide
    var group: Int
    var rows: Batch
  }

  fileprivate var parts: [Part] = []
  /// By key group: rows that found a match after they were written.
  fileprivate var matches: [Int: Set<Int64>] = [:]
  fileprivate var progress = RestoredProgress()

  package init() {}

  /// Takes over a block of one of the states.
  package mutating func add(_ block: StateBlock) {
    if progress.add(block) { return }
    let rows = block.rows.gathered()
    guard rows.rowCount > 0, case .keyGroup(let keyGroup) = block.scope else { return }
    let group = Int(keyGroup.number)
    if block.state == JoinSnapshot.matches.name {
      let serials = (0..<rows.rowCount).map { rows.columns[0].ints[$0] }
      matches[group, default: []].formUnion(serials)
    } else if let side = JoinStore.stateNames.firstIndex(of: block.state) {
      let side = JoinSide(rawValue: side) ?? .left
      parts.append(Part(side: side, group: group, rows: rows))
    }
  }
}

extension JoinStore {
  /// Ends a restore of these key groups: rows that are out are left out, those that had looked for
  /// their matches are stored, and then the others look, in the order in which they came. Numbers
  /// are given anew. O(rows).
  package func finishRestore(_ restored: RestoredJoin, of keyGroups: Range<Int>) {
    watermark = restored.progress.watermark(of: keyGroups)
    var unprobed = RestoredRows()
    for (place, part) in restored.parts.enumerated() { store(part, place, restored, &unprobed) }
    for stretch in unprobed.stretches() {
      let part = restored.parts[stretch.part]
      _ = add(plain(part.rows.gathered(rows: stretch.rows), part.side), part.side)
    }
  }

  /// Stores what of a block had looked for its matches, and notes the rest.
  private func store(
    _ part: RestoredJoin.Part, _ place: Int, _ restored: RestoredJoin,
    _ unprobed: inout RestoredRows
  ) {
    let width = shape.schema(part.side).count
    let times = part.rows.columns[width].ints
    let serials = part.rows.columns[width + 3].ints
    let flags = part.rows.columns[width + 4].bools
    let progress = restored.progress[part.group]
    let known = restored.matches[part.group] ?? []
    guard progress.watermark != .endOfTime else { return }
    let bound = progress.watermark.microseconds.minus(shape.above(part.side))
    var kept: [UInt32] = []
    var matched: [Bool] = []
    for row in 0..<part.rows.rowCount where times[row] >= bound {
      let number = UInt32(truncatingIfNeeded: row)
      if serials[row] >= progress.probedBefore {
        unprobed.add(serial: serials[row], part: place, row: number)
      } else {
        kept.append(number)
        matched.append(flags[row] == 1 || known.contains(serials[row]))
      }
    }
    guard !kept.isEmpty else { return }
    let rows = plain(
      kept.count == part.rows.rowCount ? part.rows : part.rows.gathered(rows: kept), part.side)
    store(rows, part.side, matched: matched)
  }

  /// Rows as they came: what travelled unseen does so again.
  private func plain(_ rows: Batch, _ side: JoinSide) -> Batch {
    let schema = shape.schema(side)
    let batch = Batch(
      schema: schema, columns: Array(rows.columns[..<schema.count]), rowCount: rows.rowCount)
    batch.hidden.eventTimes = rows.columns[schema.count]
    let unseen = rows.columns[(schema.count + 1)...].prefix(2).map { column in
      (0..<rows.rowCount).contains { column.isValid($0) } ? column : nil
    }
    (batch.hidden.lanes, batch.hidden.places) = (unseen[0], unseen[1])
    return batch
  }
}
