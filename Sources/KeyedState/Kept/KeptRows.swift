import Columns
import Schemas

/// A row of values for each key, and a time, from which on it may count for no longer than the
/// expiry says.
///
/// A key without a row has first values. Not thread-safe; snapshots are immutable copies that share
/// its pages.
final class KeptRows {
  /// A column, and the value of keys without a row.
  struct Value {
    let field: Field
    /// Of one row.
    let first: Column
  }

  let keys: KeptKeys
  private let timeName: String
  private let values: [Value]
  /// Microseconds; nil: rows are kept for ever.
  private let expiry: Int64?
  private(set) var columns: [KeptColumn]
  private var times = Cells<Int64>(0)
  private var deadlines = Heap<KeptDeadline>()
  /// A zero for each key, for who counts the rows of each; to be left as it was.
  var turns: [UInt32] = []

  /// `time` is what the time is called in the state.
  init(keys: [Field], values: [Value], time: String, expiry: Int64?) {
    self.keys = KeptKeys(keys)
    self.values = values
    timeName = time
    self.expiry = expiry
    columns = values.map { KeptColumn($0.field, first: $0.first) }
  }

  /// Keys that have a row.
  var count: Int { keys.keptCount }

  /// How many keys' values make no overlong column.
  var rowLimit: Int { columns.rowLimit }

  /// Makes room for what the keys have found.
  func grow() {
    times.grow(to: keys.count)
    for column in columns { column.grow(to: keys.count) }
    guard turns.count < keys.count else { return }
    turns += Array(repeating: 0, count: max(keys.count, 2 * turns.count) - turns.count)
  }

  @inline(__always)
  func time(of key: UInt32) -> Int64 { times[key] }

  /// Whether a key's row counts no more at a time.
  @inline(__always)
  func isOver(_ key: UInt32, at time: Int64) -> Bool {
    guard let expiry else { return false }
    return time > KeptDeadline.time(times[key], expiry)
  }

  /// Must come before `keep(_:at:)` of these keys.
  func own(_ keys: UnsafePointer<UInt32>, _ count: Int) { times.own(keys, count) }

  /// The key has a row from now on, or another one than before; its values are set apart.
  @inline(__always)
  func keep(_ key: UInt32, at time: Int64) {
    times[key] = time
    keys.keep(key)
    watch(key)
  }

  private func watch(_ key: UInt32) {
    guard let expiry, keys.watch(key) else { return }
    deadlines.add(KeptDeadline(time: KeptDeadline.time(times[key], expiry), key: key))
  }

  /// When a key's row counts no more.
  func end(of key: UInt32) -> Int64 { expiry.map { KeptDeadline.time(times[key], $0) } ?? .max }

  func forget(_ key: UInt32) {
    keys.release(key)
    for column in columns { column.reset(key) }
  }

  /// Forgets rows that nothing on time can find any more. Amortised O(keys × log keys).
  func expire(_ watermark: Timestamp) {
    while let key = nextOver(watermark) { forget(key) }
    tidy()
  }

  /// A key whose row nothing on time can find any more, to be forgotten by who asks; none is said
  /// twice. Amortised O(log keys).
  func nextOver(_ watermark: Timestamp) -> UInt32? {
    while let due = deadlines.first, due.time < watermark.microseconds {
      deadlines.removeFirst()
      keys.unwatch(due.key)
      guard keys.isKept(due.key) else { continue }
      if end(of: due.key) < watermark.microseconds { return due.key }
      watch(due.key)
    }
    return nil
  }

  /// Whether a key may be over at a watermark. O(1).
  func mayBeOver(_ watermark: Timestamp) -> Bool {
    deadlines.first.map { $0.time < watermark.microseconds } ?? false
  }

  /// Moves what is kept together, where most keys are gone. Numbers are others then.
  func tidy() {
    if keys.isSparse { renumber() }
  }

  /// Moves what is kept to new columns. O(that).
  private func renumber() {
    let kept = keys.renumber()
    let old = (columns, times)
    columns = values.map { KeptColumn($0.field, first: $0.first) }
    times = Cells(0)
    times.grow(to: kept.count)
    for (column, before) in zip(columns, old.0) { column.move(kept, of: before) }
    deadlines = Heap()
    for (number, key) in kept.enumerated() {
      let number = UInt32(truncatingIfNeeded: number)
      times[number] = old.1[key]
      watch(number)
    }
  }
}

extension KeptRows {
  /// Of the state's rows.
  var schema: Schema {
    Schema(keys.fields + values.map(\.field) + [Field(timeName, .timestamp)])
  }

  /// All that is kept, or what has changed since the last snapshot. O(changes + pages).
  func snapshot(_ declaration: StateDeclaration, full: Bool) -> any StateSnapshot {
    KeptSnapshot(
      declaration, keys, full: full,
      values: TimedValues(columns, times: times, keysOfBlock: rowLimit))
  }

  /// Takes over the rows of a block of the state: each is the newest that is known of its key.
  /// O(rows).
  func restore(_ block: Batch) {
    let batch = block.gathered()
    guard batch.rowCount > 0 else { return }
    let width = keys.fields.count
    let found = keys.find(Array(batch.columns[..<width]), rowCount: batch.rowCount)
    grow()
    let times = batch.columns[width + values.count].ints
    let held = batch.columns[width..<width + values.count].map { $0.withFixedValues() }
    let kinds = batch.hidden.rowKinds?.ints
    for row in 0..<batch.rowCount {
      let key = found[row]
      if kinds.map({ $0[row] == RowKind.delete.rawValue }) ?? false {
        forget(key)
        continue
      }
      var number = UInt32(truncatingIfNeeded: row)
      for (column, value) in zip(columns, held) { column.set(found + row, &number, 1, value) }
      own(found + row, 1)
      keep(key, at: times[row])
    }
  }
}
