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

  private let fields: [Field]
  private let states: [Value]
  /// Microseconds; nil: keys are kept for ever.
  private let expiry: Int64?
  private let keys: KeptKeys
  private var values: [KeptColumn]
  private var lasts = Cells<Int64>(0)
  private var deadlines = Heap<KeptDeadline>()
  /// A zero for each key, but while rounds are made.
  private var turns: [UInt32] = []

  package init(keys: [Field], states: [Value], expiry: Int64?) {
    fields = keys
    self.states = states
    self.expiry = expiry
    self.keys = KeptKeys(keys)
    values = states.map { KeptColumn($0.field, first: $0.first) }
  }

  /// Keys of which something is kept.
  package var count: Int { keys.keptCount }

  /// How many rows may be folded in one piece, so that their states make no overlong column.
  package var rowLimit: Int { values.rowLimit }

  /// Parts rows into rounds. The batch has at least one row, event times and no selection; `places`
  /// are its key columns. O(rows).
  package func rounds(_ batch: Batch, keys places: [Int]) -> FoldRounds {
    let found = keys.find(places.map { batch.columns[$0] }, rowCount: batch.rowCount)
    grow()
    return rounds(found, batch.rowCount)
  }

  private func rounds(_ found: UnsafePointer<UInt32>, _ count: Int) -> FoldRounds {
    if turns.count < keys.count {
      turns += Array(repeating: 0, count: max(keys.count, 2 * turns.count) - turns.count)
    }
    return turns.withUnsafeMutableBufferPointer { turns in
      FoldRounds(found, count: count, turns: turns.baseAddress.unsafelyUnwrapped)
    }
  }

  private func grow() {
    lasts.grow(to: keys.count)
    for value in values { value.grow(to: keys.count) }
  }

  /// The states of a round's rows as they are before them, a column for each state, a row for each
  /// of the round's. `batch` is that of the rounds.
  package func states(_ round: Int, of rounds: FoldRounds, _ batch: Batch) -> [Column] {
    let part = rounds.part(round)
    if let expiry, let times = batch.hidden.eventTimes?.ints {
      for i in 0..<part.count {
        let key = part.keys[i]
        guard keys.isKept(key), times[Int(part.rows[i])] > KeptDeadline.time(lasts[key], expiry)
        else { continue }
        forget(key)
      }
    }
    return values.map { $0.column(part.keys, part.count) }
  }

  /// Keeps what a round has made of the states: a column for each, nil where it stays, a row for
  /// each of the round's. `failed`: places in the round of rows that change nothing, ascending.
  package func keep(
    _ results: [Column?], _ round: Int, of rounds: FoldRounds, _ batch: Batch, failed: [Int]
  ) {
    guard let times = batch.hidden.eventTimes?.ints else { return }
    let part = rounds.sound(round, without: failed)
    let all = rounds.part(round)
    lasts.own(part.keys, part.count)
    for i in 0..<part.count {
      let key = part.keys[i]
      lasts[key] = times[Int(all.rows[Int(part.rows[i])])]
      keys.keep(key)
      watch(key)
    }
    for (value, result) in zip(values, results) {
      guard let column = result?.withFixedValues() else { continue }
      value.set(part.keys, part.rows, part.count, column)
    }
  }

  private func watch(_ key: UInt32) {
    guard let expiry, keys.watch(key) else { return }
    deadlines.add(KeptDeadline(time: KeptDeadline.time(lasts[key], expiry), key: key))
  }

  private func forget(_ key: UInt32) {
    keys.release(key)
    for value in values { value.reset(key) }
  }

  /// Forgets keys that no row on time can find any more. Amortised O(keys × log keys).
  package func expire(_ watermark: Timestamp) {
    guard let expiry else { return }
    while let due = deadlines.first, due.time < watermark.microseconds {
      deadlines.removeFirst()
      keys.unwatch(due.key)
      guard keys.isKept(due.key) else { continue }
      if KeptDeadline.time(lasts[due.key], expiry) < watermark.microseconds {
        forget(due.key)
      } else {
        watch(due.key)
      }
    }
    if keys.isSparse { renumber() }
  }

  /// Moves what is kept to new columns. O(that).
  private func renumber() {
    let kept = keys.renumber()
    let old = (values, lasts)
    values = states.map { KeptColumn($0.field, first: $0.first) }
    lasts = Cells(0)
    lasts.grow(to: kept.count)
    for (value, before) in zip(values, old.0) { value.move(kept, of: before) }
    deadlines = Heap()
    for (number, key) in kept.enumerated() {
      let number = UInt32(truncatingIfNeeded: number)
      lasts[number] = old.1[key]
      watch(number)
    }
  }
}

extension FoldStore {
  private static let lastName = "$last"

  package var declaration: StateDeclaration {
    StateDeclaration(
      name: Self.stateName, kind: .keyed,
      schema: Schema(fields + states.map(\.field) + [Field(Self.lastName, .timestamp)]),
      keyColumns: fields.count)
  }

  /// All that is kept, or what has changed since the last snapshot. O(changes + pages).
  package func snapshot(full: Bool) -> any StateSnapshot {
    KeptSnapshot(
      declaration, keys, full: full,
      values: TimedValues(values, times: lasts, keysOfBlock: rowLimit))
  }

  /// Takes over the rows of a block of the state. O(rows).
  package func restore(_ batch: Batch) {
    let batch = batch.gathered()
    guard batch.rowCount > 0 else { return }
    let found = keys.find(Array(batch.columns[..<fields.count]), rowCount: batch.rowCount)
    grow()
    let rounds = rounds(found, batch.rowCount)
    let kinds = batch.hidden.rowKinds?.ints
    let times = batch.columns[fields.count + states.count].ints
    let columns = batch.columns[fields.count..<fields.count + states.count]
      .map { $0.withFixedValues() }
    for round in 0..<rounds.count {
      let part = rounds.part(round)
      for i in 0..<part.count {
        let (key, row) = (part.keys[i], Int(part.rows[i]))
        if kinds.map({ $0[row] == RowKind.delete.rawValue }) ?? false {
          forget(key)
          continue
        }
        for (value, column) in zip(values, columns) {
          value.set(part.keys + i, part.rows + i, 1, column)
        }
        lasts.set(key, times[row])
        keys.keep(key)
        watch(key)
      }
    }
  }
}
