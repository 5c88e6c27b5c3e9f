package import Columns
package import Schemas

/// The open attempts of a `funnel`: of each key how many steps were taken, and when.
///
/// Rows must come in the order of event time. An attempt that has ended is put out and forgotten.
/// Not thread-safe; snapshots are immutable copies that share its pages.
package final class FunnelStore {
  package static let stateName = "attempts"

  /// What is known of an open attempt besides the times of its steps.
  private struct Facts: BitwiseCopyable {
    var reached: Int64
    /// Where the row of its first step stands among all.
    var lane: Int64
    var place: Int64
  }

  private let fields: [Field]
  private let steps: Int
  /// Microseconds.
  private let span: Int64
  private let isStrict: Bool
  private let keys: KeptKeys
  private var facts = Cells(Facts(reached: 0, lane: 0, place: 0))
  /// By step.
  private var times: [Cells<Int64>]
  private var deadlines = Heap<KeptDeadline>()
  private let ended: EndedAttempts

  /// `schema`: that of `EndedAttempts`.
  package init(
    keys: [Field], steps: Int, span: Int64, isStrict: Bool, schema: Schema,
    rowLimit: Int = Batch.rowLimit
  ) {
    fields = keys
    self.steps = steps
    self.span = span
    self.isStrict = isStrict
    self.keys = KeptKeys(keys)
    times = (0..<steps).map { _ in Cells<Int64>(0) }
    ended = EndedAttempts(schema, keys: keys.count, rowLimit: rowLimit)
  }

  /// Open attempts.
  package var count: Int { keys.keptCount }

  /// Takes rows; `places` are the key columns of the batch, `mask` its column of the steps whose
  /// conditions a row meets, a bit for each. The batch has event times and no selection. O(rows).
  package func take(_ batch: Batch, keys places: [Int], mask: Int) {
    guard let moments = batch.hidden.eventTimes?.ints, batch.rowCount > 0 else { return }
    let found = keys.find(places.map { batch.columns[$0] }, rowCount: batch.rowCount)
    grow()
    let masks = batch.columns[mask].withFixedValues()
    let (lanes, numbers) = (batch.hidden.lanes?.ints, batch.hidden.places?.ints)
    for row in 0..<batch.rowCount {
      let tag = RowTag(
        time: moments[row], lane: lanes?[row] ?? 0, place: numbers?[row] ?? 0)
      take(found[row], masks.ints[row], tag)
    }
  }

  private func grow() {
    facts.grow(to: keys.count)
    for time in times { time.grow(to: keys.count) }
  }

  private func take(_ key: UInt32, _ mask: Int64, _ row: RowTag) {
    if keys.isKept(key), row.time > end(key) { expire(key) }
    if keys.isKept(key) {
      let next = Int(facts[key].reached)
      if mask >> Int64(next) & 1 != 0 {
        times[next].set(key, row.time)
        reach(key, next + 1, row)
        return
      }
      guard isStrict, mask != 0 else { return }
      end(key, at: row)
    }
    guard mask & 1 != 0 else { return }
    times[0].set(key, row.time)
    facts.set(key, Facts(reached: 0, lane: row.lane, place: row.place))
    keys.keep(key)
    reach(key, 1, row)
    if keys.isKept(key) { watch(key) }
  }

  private func reach(_ key: UInt32, _ count: Int, _ row: RowTag) {
    var known = facts[key]
    known.reached = Int64(count)
    facts.set(key, known)
    keys.keep(key)
    if count == steps { end(key, at: row) }
  }

  /// The last time at which the attempt takes a step.
  private func end(_ key: UInt32) -> Int64 { KeptDeadline.time(times[0][key], span) }

  private func watch(_ key: UInt32) {
    guard keys.watch(key) else { return }
    deadlines.add(KeptDeadline(time: end(key), key: key))
  }

  /// Ends an attempt whose time is over.
  private func expire(_ key: UInt32) {
    let known = facts[key]
    end(key, at: RowTag(time: end(key), lane: known.lane, place: known.place))
  }

  private func end(_ key: UInt32, at tag: RowTag) {
    ended.add(keys, key, times, reached: Int(facts[key].reached), tag)
    keys.release(key)
  }

  /// The next batch of attempts that have ended by the rows so far or, with a watermark, by time;
  /// nil where there are no more. O(rows of it × log attempts).
  package func next(_ watermark: Timestamp?) -> Batch? {
    while let mark = watermark?.microseconds, !ended.isFull, let due = deadlines.first,
      due.time < mark || mark == .max
    {
      deadlines.removeFirst()
      keys.unwatch(due.key)
      guard keys.isKept(due.key) else { continue }
      if end(due.key) < mark || mark == .max {
        expire(due.key)
      } else {
        watch(due.key)
      }
    }
    if let batch = ended.next() { return batch }
    if watermark != nil, keys.isSparse { renumber() }
    return nil
  }

  /// Moves the open attempts to new columns. O(those).
  private func renumber() {
    let open = keys.renumber()
    let old = (facts, times)
    facts = Cells(Facts(reached: 0, lane: 0, place: 0))
    times = (0..<steps).map { _ in Cells<Int64>(0) }
    deadlines = Heap()
    grow()
    for (number, key) in open.enumerated() {
      let number = UInt32(truncatingIfNeeded: number)
      facts.set(number, old.0[key])
      for step in 0..<steps { times[step].set(number, old.1[step][key]) }
      watch(number)
    }
  }
}

extension FunnelStore {
  package var declaration: StateDeclaration {
    let times = (0..<steps).map { Field("$step\($0 + 1)", .timestamp, nullable: $0 > 0) }
    return StateDeclaration(
      name: Self.stateName, kind: .keyed,
      schema: Schema(
        fields + [Field("$steps", .int), Field("$lane", .int), Field("$place", .int)] + times),
      keyColumns: fields.count, parameters: "within \(span), \(isStrict ? "strict" : "loose")")
  }

  /// All open attempts, or what has changed since the last snapshot. O(changes + pages).
  package func snapshot(full: Bool) -> any StateSnapshot {
    KeptSnapshot(
      declaration, keys, full: full,
      values: Attempts(facts.share(), times.map { $0.share() }))
  }

  /// Takes over the rows of a block of the state. O(rows).
  package func restore(_ batch: Batch) {
    let batch = batch.gathered()
    guard batch.rowCount > 0 else { return }
    let found = keys.find(Array(batch.columns[..<fields.count]), rowCount: batch.rowCount)
    grow()
    let kinds = batch.hidden.rowKinds?.ints
    let columns = batch.columns[fields.count...].map { $0.withFixedValues() }
    for row in 0..<batch.rowCount {
      let key = found[row]
      if kinds.map({ $0[row] == RowKind.delete.rawValue }) ?? false {
        keys.release(key)
        continue
      }
      facts.set(
        key,
        Facts(
          reached: columns[0].ints[row], lane: columns[1].ints[row], place: columns[2].ints[row]))
      for step in 0..<steps { times[step].set(key, columns[3 + step].ints[row]) }
      keys.keep(key)
      watch(key)
    }
  }

  /// What a snapshot reads of open attempts.
  private final class Attempts: KeptValues, @unchecked Sendable {
    private let facts: Cells<Facts>
    private let times: [Cells<Int64>]

    init(_ facts: Cells<Facts>, _ times: [Cells<Int64>]) {
      self.facts = facts
      self.times = times
    }

    var keysOfBlock: Int { Batch.rowLimit }

    func columns(_ keys: [UInt32]) -> [Column] {
      let numbers = { (path: KeyPath<Facts, Int64>) in
        let column = Column(fixed: .int, rowCount: keys.count)
        for (row, key) in keys.enumerated() { column.ints[row] = self.facts[key][keyPath: path] }
        return column
      }
      let steps = times.indices.map { step in
        let column = Column(fixed: .timestamp, rowCount: keys.count, withValidity: step > 0)
        for (row, key) in keys.enumerated() {
          let isReached = step < facts[key].reached
          column.ints[row] = isReached ? times[step][key] : 0
          column.validity?[row] = isReached ? 1 : 0
        }
        return column
      }
      return [numbers(\.reached), numbers(\.lane), numbers(\.place)] + steps
    }
  }
}
