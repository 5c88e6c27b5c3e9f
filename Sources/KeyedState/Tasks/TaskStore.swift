package import Columns
package import Schemas

/// Tasks that wait for their call, for its answer or to leave, with their rows.
///
/// A task has a number, which is another's when it is gone. Tasks of one key are one: the first of
/// them leads, and the others follow it. With an order, tasks of one of its values stand in a line,
/// whose head alone may be called. Not thread-safe, and its accesses do not overlap, which is not
/// looked at anew for each; snapshots are immutable.
package final class TaskStore {
  /// The columns that the store goes by.
  package struct Shape: Sendable {
    package var input: Schema
    /// Says which task it is; a text.
    package var key: Int
    /// Whose values are done in order.
    package var order: Int?

    package init(input: Schema, key: Int, order: Int? = nil) {
      self.input = input
      self.key = key
      self.order = order
    }
  }

  static let pageShift: UInt32 = 12
  static let pageMask: UInt32 = 1 << 12 - 1

  let shape: Shape
  /// Pages of entries: a snapshot shares them, and the next write to one copies it.
  @exclusivity(unchecked) private(set) var pages: [[TaskEntry]] = []
  @exclusivity(unchecked) private var free: [UInt32] = []
  @exclusivity(unchecked) var rows = TaskRows()
  @exclusivity(unchecked) private var leaders = TaskIndex()
  @exclusivity(unchecked) private var followers: [UInt32: [UInt32]] = [:]
  /// The last task of each line.
  @exclusivity(unchecked) private var tails = TaskIndex()
  /// Of those that wait, and of some that did.
  @exclusivity(unchecked) private var times = TaskTimes()
  /// Times of tasks that wait no more.
  @exclusivity(unchecked) private var stale = 0
  /// Why the first call of a task failed.
  @exclusivity(unchecked) package private(set) var firstErrors: [UInt32: String] = [:]
  /// Outcomes of tasks that have not left, as their operator wrote them.
  @exclusivity(unchecked) package private(set) var outcomes: [UInt32: [UInt8]] = [:]
  @exclusivity(unchecked) private(set) var arrivals: UInt64 = 0
  @exclusivity(unchecked) var changes = TaskChanges()
  @exclusivity(unchecked) package private(set) var count = 0

  package init(_ shape: Shape) { self.shape = shape }

  /// About how many bytes it takes.
  package var byteCount: Int { rows.byteCount + count * Self.bytesOfTask + toldBytes }

  /// The same without so many tasks that wait for something else than their turn.
  package func readyByteCount(without others: Int) -> Int {
    guard count > 0 else { return 0 }
    return byteCount / count * (count - min(others, count))
  }

  /// Of outcomes and first errors.
  @exclusivity(unchecked) private var toldBytes = 0

  /// An entry, its place in the index, in the heap and in the piece of its row.
  private static let bytesOfTask = 56 + 16 + 16 + 4

  package subscript(task: UInt32) -> TaskEntry {
    get { pages[Int(task >> Self.pageShift)][Int(task & Self.pageMask)] }
    _modify {
      let before = self[task]
      yield &pages[Int(task >> Self.pageShift)][Int(task & Self.pageMask)]
      if !before.isChanged, !self[task].isSame(before) { note(task) }
    }
  }

  /// The next snapshot says of the task what is so then.
  private func note(_ task: UInt32) {
    let (page, place) = (Int(task >> Self.pageShift), Int(task & Self.pageMask))
    guard !pages[page][place].isChanged else { return }
    pages[page][place].isChanged = true
    changes.tasks.append(task)
  }

  /// A snapshot says of the task what is so.
  func forgetChange(_ task: UInt32) {
    pages[Int(task >> Self.pageShift)][Int(task & Self.pageMask)].isChanged = false
  }

  package func setOutcome(_ outcome: [UInt8], of task: UInt32) {
    toldBytes += outcome.count - (outcomes.updateValue(outcome, forKey: task)?.count ?? 0)
    self[task].phase = .ended
    note(task)
  }

  /// The first error counts.
  package func addError(_ error: String, of task: UInt32) {
    guard firstErrors[task] == nil else { return }
    firstErrors[task] = error
    toldBytes += error.utf8.count
    note(task)
  }

  /// Takes rows over, as tasks of phase `new`. O(rows).
  package func add(_ batch: Batch) -> [UInt32] {
    let first = arrivals
    arrivals += UInt64(batch.selectedCount)
    return add(batch.gathered(), arrivals: { first + UInt64($0) })
  }

  /// Takes rows without selection. `arrivals`: by row.
  func add(_ batch: Batch, arrivals: (Int) -> UInt64) -> [UInt32] {
    let count = batch.rowCount
    guard count > 0 else { return [] }
    var keys = [UInt64](repeating: 0, count: count)
    KeyHasher.hash(
      columns: [batch.columns[shape.key]], rowCount: count, selection: nil, into: &keys)
    var owners = keys
    if let order = shape.order {
      KeyHasher.hash(
        columns: [batch.columns[order]], rowCount: count, selection: nil, into: &owners)
    }
    let tasks = (0..<count).map { row in
      var entry = TaskEntry()
      entry.arrival = arrivals(row)
      self.arrivals = max(self.arrivals, entry.arrival + 1)
      entry.keyHash = UInt32(truncatingIfNeeded: keys[row])
      entry.orderHash = UInt32(truncatingIfNeeded: owners[row])
      entry.group = KeyGroup(hash: owners[row]).number
      entry.phase = .new
      return place(entry)
    }
    self.count += count
    rows.add(Self.kept(batch), tasks) { move($0, $1, $2) }
    return tasks
  }

  /// What is kept of rows: of what is hidden only where they came from.
  private static func kept(_ batch: Batch) -> Batch {
    var hidden = HiddenColumns()
    hidden.lanes = batch.hidden.lanes
    hidden.places = batch.hidden.places
    return Batch(
      schema: batch.schema, columns: batch.columns, rowCount: batch.rowCount, hidden: hidden)
  }

  private func place(_ entry: TaskEntry) -> UInt32 {
    if let task = free.popLast() {
      self[task] = entry
      note(task)
      return task
    }
    if pages.last.map({ $0.count > Self.pageMask }) ?? true {
      pages.append([])
      pages[pages.count - 1].reserveCapacity(Int(Self.pageMask) + 1)
    }
    let page = pages.count - 1
    pages[page].append(entry)
    let task = UInt32(truncatingIfNeeded: page << Int(Self.pageShift) + pages[page].count - 1)
    note(task)
    return task
  }

  private func move(_ task: UInt32, _ piece: UInt32, _ row: UInt16) {
    self[task].piece = piece
    self[task].row = row
  }

  /// Lets go of a task, which leads none, follows none and is in no line.
  package func remove(_ task: UInt32) {
    let entry = self[task]
    changes.remove(entry)
    pages[Int(task >> Self.pageShift)][Int(task & Self.pageMask)] = TaskEntry()
    toldBytes -= firstErrors.removeValue(forKey: task)?.utf8.count ?? 0
    toldBytes -= outcomes.removeValue(forKey: task)?.count ?? 0
    free.append(task)
    count -= 1
    rows.remove(entry.piece, entry.row) { move($0, $1, $2) }
  }
}

// Tasks of one key.
extension TaskStore {
  /// Makes a task that of its key, or has it follow the one that is; whether it leads.
  package func lead(_ task: UInt32) -> Bool {
    let hash = self[task].keyHash
    if let leader = leaders.find(hash, isSame: { isSame($0, task, shape.key) }) {
      followers[leader, default: []].append(task)
      self[task].phase = .following
      return false
    }
    leaders.add(task, hash)
    return true
  }

  /// The task leads no more; those that followed it.
  package func endLead(_ task: UInt32) -> [UInt32] {
    leaders.remove(task, self[task].keyHash)
    return followers.isEmpty ? [] : followers.removeValue(forKey: task) ?? []
  }
}

// Lines of tasks that are done in order.
extension TaskStore {
  /// Puts a task at the end of its line; whether it is the head.
  package func enterLine(_ task: UInt32) -> Bool {
    guard let order = shape.order else { return true }
    let hash = self[task].orderHash
    if let tail = tails.find(hash, isSame: { isSame($0, task, order) }) {
      self[tail].next = task
      self[task].phase = .behind
      tails.replace(tail, with: task, hash)
      return false
    }
    tails.add(task, hash)
    return true
  }

  /// The head of a line leaves it; the next head.
  package func leaveLine(_ task: UInt32) -> UInt32? {
    guard shape.order != nil else { return nil }
    let next = self[task].next
    self[task].next = .max
    if next == .max { tails.remove(task, self[task].orderHash) }
    return next == .max ? nil : next
  }
}

// Tasks that end before their turn.
extension TaskStore {
  /// Numbers of tasks are below it.
  package var numberBound: UInt32 {
    guard let last = pages.last else { return 0 }
    return UInt32(truncatingIfNeeded: (pages.count - 1) << Int(Self.pageShift) + last.count)
  }

  /// The task behind another in its line.
  package func next(of task: UInt32) -> UInt32? {
    self[task].next == .max ? nil : self[task].next
  }

  /// The task behind another leaves their line.
  package func dropNext(of task: UInt32) {
    let next = self[task].next
    self[task].next = self[next].next
    if self[next].next == .max { tails.replace(next, with: task, self[next].orderHash) }
    self[next].next = .max
  }
}

// Tasks whose time has not come.
extension TaskStore {
  /// So many times of tasks that wait no more may lie about.
  private static let roomyTimes = 4096

  /// The task waits until its `due`.
  package func wait(_ task: UInt32) {
    self[task].phase = .waiting
    times.add(task, at: Timestamp(microseconds: self[task].due))
  }

  /// A task that waits is ready before its time.
  package func wake(_ task: UInt32) {
    self[task].phase = .ready
    stale += 1
    guard stale * 2 > times.count + Self.roomyTimes else { return }
    times.keep { isWaiting($0, until: $1) }
    stale = 0
  }

  package var nextDue: Timestamp? { times.first?.time }

  /// A task that waits no more, because its time has come: a `ready` one.
  package func takeDue(_ now: Timestamp) -> UInt32? {
    while let first = times.first, first.time <= now {
      times.removeFirst()
      guard isWaiting(first.number, until: first.time) else {
        stale -= 1
        continue
      }
      self[first.number].phase = .ready
      return first.number
    }
    return nil
  }

  /// Whether a time is that of a task that waits; it may have ended, and its number be another's.
  private func isWaiting(_ task: UInt32, until time: Timestamp) -> Bool {
    self[task].phase == .waiting && self[task].due == time.microseconds
  }
}

// What tasks' rows say.
extension TaskStore {
  package func row(of task: UInt32) -> (rows: Batch, row: Int) {
    let entry = self[task]
    guard let piece = rows.pieces[Int(entry.piece)] else {
      // A piece goes with the last of its tasks.
      preconditionFailure("a task without a row")
    }
    return (piece.rows, Int(entry.row))
  }

  package func group(of task: UInt32) -> KeyGroup { KeyGroup(self[task].group) }

  /// nil where it is null.
  package func key(of task: UInt32) -> String? {
    let (rows, row) = row(of: task)
    let column = rows.columns[shape.key]
    return column.isValid(row) ? column.string(row) : nil
  }

  /// A column's value, of a type whose values are whole numbers; nil where it is null.
  package func int(_ column: Int, of task: UInt32) -> Int64? {
    let (rows, row) = row(of: task)
    guard rows.columns[column].isValid(row) else { return nil }
    let (values, place) = rows.columns[column].entry(row)
    return values.ints[place]
  }

  /// Whether two tasks have the same value in a column; two nulls are the same.
  private func isSame(_ a: UInt32, _ b: UInt32, _ column: Int) -> Bool {
    let (left, leftRow) = row(of: a)
    let (right, rightRow) = row(of: b)
    let (x, y) = (left.columns[column], right.columns[column])
    guard x.isValid(leftRow), y.isValid(rightRow) else {
      return x.isValid(leftRow) == y.isValid(rightRow)
    }
    if x.type.isText {
      let (s, t) = (x.text(leftRow), y.text(rightRow))
      guard let start = s.baseAddress, let other = t.baseAddress else { return s.count == t.count }
      return s.count == t.count && equalBytes(start, other, s.count)
    }
    let (p, pRow) = x.entry(leftRow)
    let (q, qRow) = y.entry(rightRow)
    switch x.type.width {
    case 1: return p.bools[pRow] == q.bools[qRow]
    case 16: return p.decimals[pRow] == q.decimals[qRow]
    default: return p.ints[pRow] == q.ints[qRow]
    }
  }

  /// A batch of the rows of some tasks, in that order; there must be one.
  package func rows(of tasks: ArraySlice<UInt32>) -> Batch {
    var parts: [UInt32: UInt32] = [:]
    var batches: [Batch] = []
    var places: [PartPlace] = []
    places.reserveCapacity(tasks.count)
    var (last, part) = (UInt32.max, UInt32(0))
    for task in tasks {
      let entry = self[task]
      if entry.piece != last {
        last = entry.piece
        part = parts[last] ?? UInt32(truncatingIfNeeded: batches.count)
        if Int(part) == batches.count {
          parts[last] = part
          batches.append(row(of: task).rows)
        }
      }
      places.append(PartPlace(part: part, number: UInt32(entry.row)))
    }
    if batches.count == 1 { return batches[0].gathered(rows: places.map(\.number)) }
    return Self.joined(batches, places[...], shape.input)
  }

  static func joined(
    _ batches: [Batch], _ places: ArraySlice<PartPlace>, _ schema: Schema
  ) -> Batch {
    var hidden = HiddenColumns()
    func tag(_ path: KeyPath<HiddenColumns, Column?>) -> Column? {
      let columns = batches.map { $0.hidden[keyPath: path] }
      guard columns.contains(where: { $0 != nil }) else { return nil }
      return ColumnParts(.int, columns).values(at: places)
    }
    hidden.lanes = tag(\.lanes)
    hidden.places = tag(\.places)
    let columns = schema.fields.enumerated().map { number, field in
      ColumnParts(field.type, batches.map { $0.columns[number] }).values(at: places)
    }
    return Batch(schema: schema, columns: columns, rowCount: places.count, hidden: hidden)
  }

  /// So many of these tasks, at least one and at most `limit`, as make a batch: until their texts
  /// and their outcomes do.
  package func bound(_ tasks: ArraySlice<UInt32>, limit: Int) -> Int {
    let most = min(limit, tasks.count)
    guard rows.byteCount > TextLimit.batchBytes / 2 else { return most }
    var bytes = 0
    for (place, task) in tasks.prefix(most).enumerated() {
      let (rows, row) = row(of: task)
      for column in rows.columns where column.type.isText && column.isValid(row) {
        bytes += column.textBytes(row)
      }
      bytes += outcomes[task]?.count ?? 0
      if bytes >= TextLimit.batchBytes { return place + 1 }
    }
    return most
  }
}
