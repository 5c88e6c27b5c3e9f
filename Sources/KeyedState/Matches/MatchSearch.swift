/// Runs a program over the rows of a key: all ways to match at once, row by row. Of several threads
/// in one state only the preferred one counts, and a row costs at most one look at each state;
/// where conditions ask of rows that were taken before, of those that answer alike from there on.
final class MatchSearch {
  /// Threads at most; only what conditions ask of rows before can make so many.
  static let mostThreads = 4_096

  let program: MatchProgram
  private let judge: MatchJudge?
  private var initial: [MatchAttempt.Thread] = []
  /// By state: in which round it was reached last.
  private var reached: [UInt64]
  private var round: UInt64 = 0
  private struct Visit: Hashable {
    var state: Int
    var memory: [Int]
  }
  /// In this round, where there is something to remember.
  private var visited: Set<Visit> = []
  /// By slot and list before: the list with this round's row.
  private var lists: [MatchMemory.List: Int] = [:]
  private var open: [Int] = []
  private var fresh: [MatchAttempt.Thread] = []

  init(_ program: MatchProgram, _ judge: MatchJudge? = nil) {
    self.program = program
    self.judge = judge
    reached = Array(repeating: 0, count: program.states.count)
    var found: Int32 = -1
    round = 1
    _ = follow(program.start, -1, program.memory.none, &found)
    initial = fresh
  }

  /// Begins at the first of the rows.
  func begin(_ attempt: inout MatchAttempt) {
    attempt.threads.removeAll(keepingCapacity: true)
    attempt.threads += initial
    attempt.taken.removeAll(keepingCapacity: true)
    attempt.kept = 0
    attempt.unended = 0
    attempt.found = -1
    attempt.failure = nil
    attempt.seen = 0
    attempt.nextStart = -1
    attempt.nextEnd = -1
  }

  /// Whether a row that was not looked at may be the last of a match, no later than `time`; nil:
  /// that is not known yet. Where there is a match already any row may decide that it is the best.
  func mayEnd(_ attempt: inout MatchAttempt, by time: Int64) -> Bool? {
    if program.waits || attempt.found >= 0 { return true }
    let count = attempt.rows.count
    attempt.endless = end(from: max(attempt.endless, program.leastRows - 1), attempt.rows)
    attempt.unended = end(from: max(attempt.endless, attempt.unended, attempt.seen), attempt.rows)
    if attempt.unended < count { return attempt.rows[attempt.unended].time <= time }
    return attempt.rows[count - 1].time > time ? false : nil
  }

  /// The first row from a place on that may be the last of a match; their count if there is none.
  private func end(from start: Int, _ rows: MatchRows) -> Int {
    start < rows.count ? rows.place(in: start..<rows.count, meeting: program.last) : rows.count
  }

  /// Looks at the next row; there must be one. O(states). Rows behind it that would change nothing
  /// are passed over, up to one that comes later than `time`. Gives the rows that were looked at
  /// once more, for what conditions ask of them.
  func step(_ attempt: inout MatchAttempt, until time: Int64, _ shelf: RowShelf) -> Int {
    let place = attempt.seen
    let row = attempt.rows[place]
    attempt.seen += 1
    note(place..<place + 1, &attempt)
    let verdict = judge?.judge(attempt, place, program, shelf)
    if let reason = verdict?.failure {
      fail(&attempt, reason)
      return 0
    }
    beginRound()
    for (number, thread) in attempt.threads.enumerated() {
      let met = verdict?.met[number] ?? row.met
      let next: Int
      var last = thread.last
      var memory = thread.memory
      switch program.states[Int(thread.state)] {
      case .take(let step, let target):
        guard met >> UInt32(step) & 1 == 1 else { continue }
        program.memory.take(place, step, &memory, &lists, &attempt.lists)
        attempt.taken.append(
          MatchAttempt.Taken(
            row: Int32(truncatingIfNeeded: place), step: Int32(truncatingIfNeeded: step),
            before: last))
        last = Int32(truncatingIfNeeded: attempt.taken.count - 1)
        next = target
      case .gap(let excluded, _), .wait(let excluded):
        guard met & excluded == 0 else { continue }
        next = Int(thread.state)
      case .fork, .found: continue
      }
      // What comes behind a match is worse than it.
      if follow(next, last, memory, &attempt.found) { break }
    }
    swap(&attempt.threads, &fresh)
    if attempt.threads.count > Self.mostThreads {
      fail(
        &attempt,
        "a match that begins here could go on in more than \(Self.mostThreads) ways, "
          + "which conditions tell apart")
    }
    // Threads that took no row were made by gaps alone, and would be made by them again.
    if fresh == attempt.threads { pass(&attempt, until: time) }
    if attempt.taken.count > max(4_096, 2 * attempt.kept) { forget(&attempt) }
    return verdict?.cost ?? 0
  }

  private func beginRound() {
    round += 1
    fresh.removeAll(keepingCapacity: true)
    guard !program.memory.isEmpty else { return }
    visited.removeAll(keepingCapacity: true)
    lists.removeAll(keepingCapacity: true)
  }

  /// The search finds nothing, whatever it has found.
  private func fail(_ attempt: inout MatchAttempt, _ reason: String) {
    attempt.failure = reason
    attempt.found = -1
    attempt.threads.removeAll(keepingCapacity: true)
  }

  /// Passes over rows that meet nothing that a thread awaits or must not meet.
  private func pass(_ attempt: inout MatchAttempt, until time: Int64) {
    var awaited: UInt32 = 0
    for thread in attempt.threads {
      switch program.states[Int(thread.state)] {
      case .take(let step, _): awaited |= 1 << UInt32(step)
      case .gap(let excluded, _), .wait(let excluded): awaited |= excluded
      case .fork, .found: return
      }
    }
    let left = attempt.seen..<attempt.rows.count
    let next = attempt.rows.place(in: left, meeting: awaited)
    // One that is too late ends the search, whatever it meets.
    let place = attempt.rows.place(in: attempt.seen..<next, laterThan: time)
    note(attempt.seen..<place, &attempt)
    attempt.seen = place
  }

  /// Notes where the next match may begin and end.
  private func note(_ places: Range<Int>, _ attempt: inout MatchAttempt) {
    let end = places.upperBound
    if attempt.nextStart < 0, end > 1 {
      let place = attempt.rows.place(
        in: max(1, places.lowerBound)..<end, meeting: program.first)
      if place < end { attempt.nextStart = Int32(truncatingIfNeeded: place) }
    }
    guard attempt.nextEnd < 0, attempt.nextStart >= 0 else { return }
    let least = max(Int(attempt.nextStart) + program.leastRows - 1, places.lowerBound)
    guard least < end else { return }
    let place = attempt.rows.place(in: least..<end, meeting: program.last)
    if place < end { attempt.nextEnd = Int32(truncatingIfNeeded: place) }
  }

  /// Leaves out what was taken by threads that are no more. O(taken).
  private func forget(_ attempt: inout MatchAttempt) {
    var isKept = Array(repeating: false, count: attempt.taken.count)
    for thread in attempt.threads where thread.last >= 0 { isKept[Int(thread.last)] = true }
    if attempt.found >= 0 { isKept[Int(attempt.found)] = true }
    for place in isKept.indices.reversed() where isKept[place] {
      let before = attempt.taken[place].before
      if before >= 0 { isKept[Int(before)] = true }
    }
    var places = Array(repeating: Int32(-1), count: isKept.count)
    var count = 0
    for place in isKept.indices where isKept[place] {
      var taken = attempt.taken[place]
      if taken.before >= 0 { taken.before = places[Int(taken.before)] }
      attempt.taken[count] = taken
      places[place] = Int32(truncatingIfNeeded: count)
      count += 1
    }
    attempt.taken.removeSubrange(count...)
    attempt.kept = count
    for place in attempt.threads.indices where attempt.threads[place].last >= 0 {
      attempt.threads[place].last = places[Int(attempt.threads[place].last)]
    }
    if attempt.found >= 0 { attempt.found = places[Int(attempt.found)] }
  }

  /// No further row counts: what waits for that is a match, and what waits for rows is none.
  func end(_ attempt: inout MatchAttempt) {
    let waiting = attempt.threads.first {
      if case .wait = program.states[Int($0.state)] { true } else { false }
    }
    if let waiting { attempt.found = waiting.last }
    attempt.threads.removeAll(keepingCapacity: true)
  }

  /// Adds a thread for each state from here on that awaits a row, in the order of preference; true
  /// where the pattern ends before one.
  private func follow(
    _ state: Int, _ last: Int32, _ memory: [Int], _ found: inout Int32
  ) -> Bool {
    open.append(state)
    while let state = open.popLast() {
      // Below zero: the gap itself, behind all that it goes on to.
      if state < 0 {
        rest(at: ~state, last, memory)
        continue
      }
      guard isNew(state, memory) else { continue }
      switch program.states[state] {
      case .take, .wait: rest(at: state, last, memory)
      case .gap(_, let next):
        open.append(~state)
        open.append(next)
      case .fork(let first, let second):
        open.append(second)
        open.append(first)
      case .found:
        found = last
        open.removeAll(keepingCapacity: true)
        return true
      }
    }
    return false
  }

  private func rest(at state: Int, _ last: Int32, _ memory: [Int]) {
    fresh.append(
      MatchAttempt.Thread(
        state: Int32(truncatingIfNeeded: state), last: last,
        memory: program.memory.kept(memory, at: state)))
  }

  /// Whether no thread that is preferred came to the state and answers alike from there on.
  private func isNew(_ state: Int, _ memory: [Int]) -> Bool {
    guard memory.isEmpty else {
      return visited.insert(Visit(state: state, memory: program.memory.kept(memory, at: state)))
        .inserted
    }
    guard reached[state] != round else { return false }
    reached[state] = round
    return true
  }
}
