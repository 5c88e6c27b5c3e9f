package import Columns
package import Schemas

/// The rows of each key that a `match` may still need, and the search for matches among them.
///
/// Rows must come in the order of event time, with their order tags. A search begins at the first
/// row that a match may begin with; when it is decided, by a row or by time, the next one begins
/// among the rows behind. So what is kept of a key is the rows from there on, and all else follows
/// from them: a restore looks at them again. Not thread-safe; snapshots are immutable.
package final class MatchStore {
  package static let rowsName = "rows"
  package static let openName = "open"

  let schema: Schema
  /// What the rows' steps mean.
  let parameters: String
  let keys: KeptKeys
  private let mask: Int
  private let search: MatchSearch
  /// Microseconds; nil: without a bound.
  let span: Int64?
  private let skip: MatchSkip
  private var found: FoundMatches
  var shelf = RowShelf()
  var attempts: [MatchAttempt] = []
  /// Of each key, so many rows are its own, the last that came.
  var counts = Cells<Int64>(0)
  var bars: MatchBars
  /// Rows that came and were not looked at, in order.
  private var queue: [(row: MatchAttempt.Row, key: UInt32)] = []
  /// So many of them were by now.
  private var looked = 0
  /// The key whose rows are looked at.
  private var current: UInt32?
  /// Rows that are looked at in one piece of work.
  private static let pieceRows = 1 << 14
  /// So many are left of them.
  private var budget = 0
  /// When the time of keys' first rows may be over.
  private var deadlines = Heap<KeptDeadline>()
  /// Keys of which matches may come that have an earlier event time than the watermark.
  private var holds = Heap<KeptDeadline>()
  private var watermark = Timestamp.beginning.microseconds

  /// `schema`: the keys, then what measures read, and the column of the steps that a row meets, a
  /// bit for each; `output`: the keys, two times, and the measures; `parameters`: the pattern, as
  /// text. Fails with an aggregate that this build cannot compute.
  package init(
    schema: Schema, keyCount: Int, mask: Int, program: MatchProgram,
    questions: MatchQuestions?, span: Int64?, skip: MatchSkip, measures: [MatchMeasure],
    output: Schema, parameters: String, rowLimit: Int = Batch.rowLimit
  ) throws(UnknownAggregate) {
    self.schema = schema
    self.parameters = parameters
    self.mask = mask
    self.span = span
    self.skip = skip
    let fields = Array(schema.fields.prefix(keyCount))
    keys = KeptKeys(fields)
    let judge = try questions.map { questions throws(UnknownAggregate) in
      try MatchJudge(questions, keys: fields)
    }
    search = MatchSearch(program, judge)
    bars = MatchBars(program.bars, span: span)
    found = try FoundMatches(output, keys: fields, measures, rowLimit: rowLimit)
  }

  /// Keys with rows that are kept.
  package var count: Int { keys.keptCount }

  /// Rows that are kept.
  package var rowCount: Int { shelf.keptCount }

  /// Takes rows without selection, for `next`. O(rows).
  package func add(_ batch: Batch) {
    guard let times = batch.hidden.eventTimes?.ints, batch.rowCount > 0 else { return }
    let masks = batch.columns[mask].withFixedValues()
    let columns = Array(batch.columns.prefix(keys.fields.count))
    let numbers = keys.find(columns, rowCount: batch.rowCount)
    grow()
    let first = UInt32(truncatingIfNeeded: shelf.add(batch))
    for row in 0..<batch.rowCount {
      let key = numbers[row]
      let kept = MatchAttempt.Row(
        number: first + UInt32(truncatingIfNeeded: row),
        met: UInt32(truncatingIfNeeded: masks.ints[row]), time: times[row])
      queue.append((kept, key))
      attempts[Int(key)].queued += 1
      note(key)
    }
    withExtendedLifetime(masks) {}
  }

  func grow() {
    while attempts.count < keys.count { attempts.append(MatchAttempt()) }
    counts.grow(to: keys.count)
    bars.grow(to: keys.count)
  }

  /// No row with a smaller event time comes any more.
  package func advance(to time: Timestamp) { watermark = max(watermark, time.microseconds) }

  /// Whether `next` has something to do.
  package var hasWork: Bool {
    looked < queue.count || current != nil || !found.isEmpty || deadlines.first.map(isDue) ?? false
  }

  private func isDue(_ deadline: KeptDeadline) -> Bool {
    deadline.time < watermark || watermark == .max
  }

  /// Goes on until matches make a batch, so many rows were looked at that others should have their
  /// turn, or there is nothing more to do. What was decided is in the batch. O(rows looked at ×
  /// states of the pattern); a row is looked at once for each start whose threads it concerns.
  package func next() -> MatchResults? {
    budget = Self.pieceRows
    while !found.isFull, budget > 0, let key = current ?? nextKey() {
      current = key
      while !found.isFull, budget > 0, advance(key) {}
      if found.isFull || budget <= 0 {
        note(key)
        break
      }
      settle(key)
      current = nil
    }
    let result = found.isEmpty ? nil : found.take(from: shelf)
    tidy()
    return result
  }

  /// The next key about which something is to be decided.
  private func nextKey() -> UInt32? {
    budget -= 1
    if looked < queue.count {
      var (row, key) = queue[looked]
      looked += 1
      attempts[Int(key)].queued -= 1
      bars.note(&row, &attempts[Int(key)], key)
      attempts[Int(key)].rows.append(row)
      if attempts[Int(key)].rows.count == 1 { restart(key, from: 0) }
      return key
    }
    while let due = deadlines.first, isDue(due) {
      deadlines.removeFirst()
      keys.unwatch(due.key)
      guard let first = attempts[Int(due.key)].rows.first else {
        unbar(due.key)
        continue
      }
      guard isDue(KeptDeadline(time: end(of: first), key: due.key)) else {
        watch(due.key)
        continue
      }
      search.end(&attempts[Int(due.key)])
      decide(due.key)
      return due.key
    }
    return nil
  }

  /// Looks at a key's rows until a match is decided; false: there are none to look at any more, or
  /// it is the turn of others.
  private func advance(_ key: UInt32) -> Bool {
    let place = Int(key)
    while budget > 0, attempts[place].seen < attempts[place].rows.count {
      budget -= 1
      let time = end(of: attempts[place].rows[0])
      // Without a row that ends a match there is nothing to look for, however many others come.
      guard let mayEnd = search.mayEnd(&attempts[place], by: time) else { return false }
      if !mayEnd || attempts[place].rows[attempts[place].seen].time > time {
        search.end(&attempts[place])
      } else {
        budget -= search.step(&attempts[place], until: time, shelf)
      }
      if attempts[place].threads.isEmpty, decide(key) { return true }
    }
    return false
  }

  /// The last time at which a match that begins with a row may have rows.
  private func end(of first: MatchAttempt.Row) -> Int64 {
    span.map { KeptDeadline.time(first.time, $0) } ?? .max
  }

  /// Puts the match out, if there is one, or why it could not be found, and begins anew behind it;
  /// whether there was one.
  @discardableResult
  private func decide(_ key: UInt32) -> Bool {
    let end = search.program.waits ? end(of: attempts[Int(key)].rows[0]) : nil
    if let reason = attempts[Int(key)].failure {
      found.add(attempts[Int(key)], failed: reason, end: end)
      restart(key, from: 1)
      return true
    }
    guard attempts[Int(key)].found >= 0 else {
      restart(key, from: 1)
      return false
    }
    let path = attempts[Int(key)].path
    found.add(attempts[Int(key)], path, end: end)
    restart(key, from: rowBehind(path))
    return true
  }

  /// Where the next match may begin.
  private func rowBehind(_ path: [MatchAttempt.Taken]) -> Int {
    let row: Int32? =
      switch skip {
      case .pastLast: path.last.map { $0.row + 1 }
      case .toNext: 1
      case .toFirst(let step): path.first { $0.step == step }?.row
      case .toLast(let step): path.last { $0.step == step }?.row
      }
    return max(1, Int(row ?? 1))
  }

  /// Begins at the first row from a place on that a match may begin with, and forgets those before.
  private func restart(_ key: UInt32, from place: Int) {
    let count = attempts[Int(key)].rows.count
    var first = attempts[Int(key)].rows.place(
      in: min(place, count)..<count, meeting: search.program.first)
    while first < count, attempts[Int(key)].rows[first].isBarred {
      first = attempts[Int(key)].rows.place(
        in: first + 1..<count, meeting: search.program.first)
    }
    for gone in 0..<first {
      shelf.letGo(attempts[Int(key)].rows[gone].number)
      bars.letGo(attempts[Int(key)].rows[gone], key)
    }
    attempts[Int(key)].rows.removeFirst(first)
    attempts[Int(key)].endless = max(0, attempts[Int(key)].endless - first)
    search.begin(&attempts[Int(key)])
  }

  /// Notes what is kept of a key, after its rows were looked at.
  private func settle(_ key: UInt32) {
    note(key)
    guard attempts[Int(key)].rows.isEmpty else {
      watch(key)
      return hold(key)
    }
    // Without rows it needs no memory.
    guard attempts[Int(key)].queued == 0 else { return }
    if bars.end(key) != nil { watch(key) }
    let isHeld = attempts[Int(key)].isHeld
    attempts[Int(key)] = MatchAttempt()
    attempts[Int(key)].isHeld = isHeld
  }

  private func hold(_ key: UInt32) {
    guard !search.program.waits, !attempts[Int(key)].isHeld, let time = attempts[Int(key)].least
    else { return }
    attempts[Int(key)].isHeld = true
    holds.add(KeptDeadline(time: time, key: key))
  }

  func note(_ key: UInt32) {
    let rows = attempts[Int(key)].rows.count + Int(attempts[Int(key)].queued)
    if rows == 0, bars.end(key) == nil { return keys.release(key) }
    counts.set(key, Int64(rows))
    keys.keep(key)
  }

  /// The least event time that a match of rows which came may have; nil: none waits to be decided.
  /// Amortised O(log keys).
  package var heldTime: Timestamp? {
    while let first = holds.first {
      guard let time = attempts[Int(first.key)].least else {
        attempts[Int(first.key)].isHeld = false
        holds.removeFirst()
        continue
      }
      if time == first.time { return Timestamp(microseconds: time) }
      holds.removeFirst()
      holds.add(KeptDeadline(time: time, key: first.key))
    }
    return nil
  }

  func watch(_ key: UInt32) {
    let time = attempts[Int(key)].rows.first.map { end(of: $0) } ?? bars.end(key)
    guard let time, keys.watch(key) else { return }
    deadlines.add(KeptDeadline(time: time, key: key))
  }

  /// Forgets a key without rows when it bars nothing any more.
  private func unbar(_ key: UInt32) {
    guard let end = bars.end(key), !isDue(KeptDeadline(time: end, key: key)) else {
      bars[key] = MatchBars.none
      if attempts[Int(key)].queued == 0 { note(key) }
      return
    }
    watch(key)
  }

  /// Moves rows and keys that count to others where they are few.
  private func tidy() {
    if looked == queue.count {
      queue.removeAll(keepingCapacity: true)
      looked = 0
      if current == nil, keys.isSparse { renumber() }
    }
    guard let move = shelf.tidy() else { return }
    for key in attempts.indices {
      attempts[key].rows.renumber { move.numbers[Int($0)] }
    }
    for place in queue.indices.dropFirst(looked) {
      queue[place].row.number = move.numbers[Int(queue[place].row.number)]
    }
  }

  /// Moves the keys that have rows to new numbers. O(those).
  private func renumber() {
    let kept = keys.renumber()
    attempts = kept.map { attempts[Int($0)] }
    bars.renumber(kept)
    counts = Cells(0)
    deadlines = Heap()
    holds = Heap()
    grow()
    for key in 0..<UInt32(truncatingIfNeeded: kept.count) {
      counts.set(key, Int64(attempts[Int(key)].rows.count))
      attempts[Int(key)].isHeld = false
      watch(key)
      hold(key)
    }
  }
}
