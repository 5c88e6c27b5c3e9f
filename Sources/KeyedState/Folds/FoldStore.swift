package import Columns
package import Schemas

/// The states of a `fold` for each key, and when the key's last row was.
///
/// Rows must come in the order of event time. A key whose last row is more than the expiry ago
/// begins anew, whether or not it was forgotten meanwhile, so results do not depend on when that
/// happens. Not thread-safe; snapshots are immutable copies that share its pages.
package final class FoldStore {
  package static let stateName = "states"

  /// A state and its first value.
  package struct Value {
    package let field: Field
    /// Of one row.
    package let first: Column

    package init(field: Field, first: Column) {
      self.field = field
      self.first = first
    }
  }

  private let rows: KeptRows
  /// Whether keys that are forgotten are told, with their states, by `takeOver`.
  package var tells = false
  /// Told of since the last `takeOver`.
  private var over: [Batch] = []
  /// Behind it nothing is told any more.
  private var watermark = Timestamp.beginning

  package init(keys: [Field], states: [Value], expiry: Int64?) {
    rows = KeptRows(
      keys: keys, values: states.map { KeptRows.Value(field: $0.field, first: $0.first) },
      time: "$last", expiry: expiry)
  }

  /// Keys of which something is kept.
  package var count: Int { rows.count }

  /// How many rows may be folded in one piece, so that their states make no overlong column.
  package var rowLimit: Int { rows.rowLimit }

  /// Parts rows into rounds. The batch has at least one row, event times and no selection; `places`
  /// are its key columns. O(rows).
  package func rounds(_ batch: Batch, keys places: [Int]) -> FoldRounds {
    let found = rows.keys.find(places.map { batch.columns[$0] }, rowCount: batch.rowCount)
    rows.grow()
    return rows.turns.withUnsafeMutableBufferPointer { turns in
      FoldRounds(
        found, count: batch.rowCount, turns: turns.baseAddress.unsafelyUnwrapped)
    }
  }

  /// The states of a round's rows as they are before them, a column for each state, a row for each
  /// of the round's. `batch` is that of the rounds.
  package func states(_ round: Int, of rounds: FoldRounds, _ batch: Batch) -> [Column] {
    let part = rounds.part(round)
    if let times = batch.hidden.eventTimes?.ints {
      var gone: [UInt32] = []
      for i in 0..<part.count {
        let key = part.keys[i]
        guard rows.isOver(key, at: times[Int(part.rows[i])]), rows.keys.isKept(key)
        else { continue }
        gone.append(key)
      }
      forget(gone)
    }
    return rows.columns.map { $0.column(part.keys, part.count) }
  }

  /// Keeps what a round has made of the states: a column for each, nil where it stays, a row for
  /// each of the round's. `failed`: places in the round of rows that change nothing, ascending.
  package func keep(
    _ results: [Column?], _ round: Int, of rounds: FoldRounds, _ batch: Batch, failed: [Int]
  ) {
    guard let times = batch.hidden.eventTimes?.ints else { return }
    let part = rounds.sound(round, without: failed)
    let all = rounds.part(round)
    rows.own(part.keys, part.count)
    for i in 0..<part.count {
      rows.keep(part.keys[i], at: times[Int(all.rows[Int(part.rows[i])])])
    }
    for (column, result) in zip(rows.columns, results) {
      guard let result = result?.withFixedValues() else { continue }
      column.set(part.keys, part.rows, part.count, result)
    }
  }

  /// Forgets keys that no row on time can find any more, where they are not told. Amortised
  /// O(keys × log keys).
  package func expire(_ watermark: Timestamp) { rows.expire(watermark) }

  /// Forgets such keys, so many as make a batch, for `takeOver`; whether there may be more.
  package func expireSome(_ watermark: Timestamp) -> Bool {
    var gone: [UInt32] = []
    let most = max(1, min(rows.rowLimit, Batch.rowLimit))
    while gone.count < most, let key = rows.nextOver(watermark) { gone.append(key) }
    forget(gone)
    guard !rows.mayBeOver(watermark) else { return true }
    rows.tidy()
    self.watermark = max(self.watermark, watermark)
    return false
  }

  /// The keys that were forgotten since the last time, and their states, as of when each was over.
  package func takeOver() -> [Batch] {
    defer { over = [] }
    return over
  }

  private func forget(_ gone: [UInt32]) {
    if tells, !gone.isEmpty {
      var start = 0
      while start < gone.count {
        let end = min(start + max(1, min(rows.rowLimit, Batch.rowLimit)), gone.count)
        over.append(told(Array(gone[start..<end])))
        start = end
      }
    }
    for key in gone { rows.forget(key) }
  }

  /// The columns of the keys, then the states. The event time is when the key was over.
  private func told(_ gone: [UInt32]) -> Batch {
    let table = rows.keys.table
    var columns = rows.keys.codec.columns(gone.count) { table.key(gone[$0]) }
    let (times, lanes) = (
      Column(fixed: .timestamp, rowCount: gone.count), Column(fixed: .int, rowCount: gone.count)
    )
    for (place, key) in gone.enumerated() {
      times.ints[place] = max(rows.end(of: key), watermark.microseconds)
      lanes.ints[place] = Int64(truncatingIfNeeded: table.hash(key) >> 1)
    }
    gone.withUnsafeBufferPointer { keys in
      guard let first = keys.baseAddress else { return }
      columns += rows.columns.map { $0.column(first, gone.count) }
    }
    let schema = Schema(Array(rows.schema.fields.prefix(columns.count)))
    let batch = Batch(schema: schema, columns: columns, rowCount: gone.count)
    batch.hidden.eventTimes = times
    batch.hidden.lanes = lanes
    batch.hidden.places = .repeating(0, .int, gone.count)
    return batch
  }

  package var declaration: StateDeclaration {
    StateDeclaration(
      name: Self.stateName, kind: .keyed, schema: rows.schema,
      keyColumns: rows.keys.fields.count)
  }

  /// All that is kept, or what has changed since the last snapshot. O(changes + pages).
  package func snapshot(full: Bool) -> any StateSnapshot {
    rows.snapshot(declaration, full: full)
  }

  /// Takes over the rows of a block of the state. O(rows).
  package func restore(_ block: Batch) { rows.restore(block) }
}
