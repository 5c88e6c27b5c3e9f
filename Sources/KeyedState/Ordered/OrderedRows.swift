package import Columns
package import Schemas

/// Rows that wait until no earlier one can come, and leave by their order tags: event time, lane,
/// place. What stages that look at rows in event-time order keep of rows that are out of it.
///
/// Rows lie as they came, in runs; those that leave are merged, so that a row is copied once or
/// twice in its stay, whatever its columns. Small runs are put together. What left is not told in
/// deltas: a restore drops it by the tag of the last row that did. Not thread-safe; snapshots are
/// immutable.
package final class OrderedRows {
  package static let stateName = "rows"

  private let schema: Schema
  private let keys: [Int]
  /// Runs of rows that came since the last snapshot, and of those that it held.
  private var fresh: [OrderedRun] = []
  private var settled: [OrderedRun] = []
  private var queue = RunQueue()
  /// Of the last row that left.
  private var passed = RowTag.first
  private var restored: [(keyGroup: Int?, rows: Batch)] = []

  /// `keys`: the columns that say to which key group a row belongs.
  package init(schema: Schema, keys: [Int]) {
    self.schema = schema
    self.keys = keys
  }

  /// Rows that have not left. O(runs).
  package var waitingCount: Int { (fresh + settled).reduce(0) { $0 + $1.count } }

  package var declaration: StateDeclaration {
    HeldRows.declaration(of: schema, named: Self.stateName)
  }

  /// A batch with event times and without selection. O(rows × log rows) at most.
  package func add(_ rows: Batch) {
    guard rows.rowCount > 0 else { return }
    rows.hidden.lateWatermarks = nil
    add(OrderedRun(rows), to: &fresh)
  }

  /// The next rows before `mark` in their order, about `limit` of them and little more than
  /// `TextLimit.batchBytes` of text, but all of equal tags; nil where there are none, and from then
  /// on no row before `mark` may be added. O(rows × log runs).
  package func take(before mark: Timestamp, limit: Int = Batch.rowLimit) -> Batch? {
    var taken = TakenFromRuns()
    let end = mark == .endOfTime ? nil : mark.microseconds
    var hasRoom = true
    while let run = queue.first(), hasRoom || run.first == passed {
      if let end, run.first.time >= end { break }
      let bound = queue.bound
      repeat {
        passed = run.first
        let row = run.next()
        taken.add(run, row)
        hasRoom = taken.count < limit && taken.bytes < TextLimit.batchBytes
      } while run.count > 0 && (hasRoom || run.first == passed)
        && end.map({ run.first.time < $0 }) ?? true
        && bound.map({ run.first < $0 }) ?? true
      queue.settleFirst()
    }
    guard let rows = taken.rows() else {
      passed = max(passed, .last(before: mark))
      return nil
    }
    tidy(&fresh)
    tidy(&settled)
    return rows
  }

  /// A mark behind the event time of the last row that left: until then rows of one time are torn
  /// apart.
  package var endOfPassedTime: Timestamp {
    passed.time == .max ? .endOfTime : Timestamp(microseconds: passed.time + 1)
  }

  /// Whether a row before `mark` waits.
  package func holds(before mark: Timestamp) -> Bool {
    queue.first().map { mark == .endOfTime || $0.first.time < mark.microseconds } ?? false
  }

  /// Drops runs that are empty, and puts what is left of nearly empty ones into smaller ones.
  private func tidy(_ runs: inout [OrderedRun]) {
    runs.removeAll { $0.count == 0 }
    for place in runs.indices where runs[place].isSparse {
      runs[place] = OrderedRun(runs[place].moved())
      queue.add(runs[place])
    }
  }

  /// Puts a run behind the others; as long as the last is no larger, both become one.
  private func add(_ run: OrderedRun, to list: inout [OrderedRun]) {
    var run = run
    while let last = list.last, last.count <= run.count,
      last.count + run.count <= Batch.rowLimit,
      last.rows.textBytes + run.rows.textBytes <= TextLimit.batchBytes
    {
      list.removeLast()
      run = OrderedRun(.concatenated([last.moved(), run.moved()]))
    }
    list.append(run)
    queue.add(run)
  }
}

extension OrderedRows {
  /// All rows that wait, or only those that came since the last snapshot. O(runs).
  package func snapshot(full: Bool) -> any StateSnapshot {
    let runs = full ? settled + fresh : fresh
    let shares = runs.map { OrderedSnapshot.Share(rows: $0.rows, left: $0.remaining) }
    let came = fresh
    fresh = []
    for run in came { settle(run) }
    return OrderedSnapshot(
      state: declaration, keys: keys, isDelta: !full, shares: shares)
  }

  /// Up to where rows have left, of a worker's key groups.
  package func passed(of keyGroups: Range<Int>) -> StateBlock {
    PassedRows.block(passed, of: keyGroups)
  }

  /// Takes over the rows of a block of the state.
  package func restore(_ block: StateBlock) {
    let rows = HeldRows.rows(of: block, schema)
    guard rows.rowCount > 0 else { return }
    guard case .keyGroup(let group) = block.scope else { return restored.append((nil, rows)) }
    restored.append((Int(group.number), rows))
  }

  /// Ends a restore. Rows that had left are dropped: those up to where their key group is said to
  /// have been passed on, and of others those before the watermark. O(rows × log rows).
  package func finishRestore(_ places: PassedRows, _ watermark: Timestamp) {
    for (keyGroup, rows) in restored {
      let run = OrderedRun(rows)
      run.drop(upTo: keyGroup.flatMap { places[$0] } ?? .last(before: watermark))
      if run.count > 0 { add(run, to: &settled) }
    }
    restored = []
  }

  /// As `add`, but a run that meets no small one stays as it is.
  private func settle(_ run: OrderedRun) {
    guard let last = settled.last, last.count <= run.count else { return settled.append(run) }
    add(OrderedRun(run.moved()), to: &settled)
  }
}

/// Rows taken one by one from several runs, to be one batch.
private struct TakenFromRuns {
  private var parts: [(run: OrderedRun, rows: [UInt32])] = []
  /// Where the parts are many.
  private var places: [ObjectIdentifier: Int] = [:]
  /// The part of each row, and its place there.
  private var picks: [(part: Int, place: Int)] = []
  private var last: (run: OrderedRun, part: Int)?
  private(set) var bytes = 0

  var count: Int { picks.count }

  mutating func add(_ run: OrderedRun, _ row: UInt32) {
    let part: Int
    if let last, last.run === run {
      part = last.part
    } else if let known = place(of: run) {
      part = known
    } else {
      part = parts.count
      places[ObjectIdentifier(run)] = part
      parts.append((run, []))
    }
    last = (run, part)
    picks.append((part, parts[part].rows.count))
    parts[part].rows.append(row)
    bytes += run.textBytes(row)
  }

  private func place(of run: OrderedRun) -> Int? {
    parts.count > 8 ? places[ObjectIdentifier(run)] : parts.firstIndex { $0.run === run }
  }

  func rows() -> Batch? {
    guard !picks.isEmpty else { return nil }
    let gathered = parts.map { $0.run.rows.gathered(rows: $0.rows) }
    guard gathered.count > 1 else { return gathered[0] }
    var starts: [Int] = []
    var start = 0
    for part in gathered {
      starts.append(start)
      start += part.rowCount
    }
    let order = picks.map { UInt32(truncatingIfNeeded: starts[$0.part] + $0.place) }
    return Batch.concatenated(gathered).gathered(rows: order)
  }
}
