/// A pattern of rows as the states of an automaton.
///
/// Threads wait at states, those that stand further ahead being preferred. What a state that takes
/// no row leads to is followed at once, so threads rest only where a row is awaited.
package struct MatchProgram: Sendable {
  package enum State: Hashable, Sendable {
    /// Takes a row that meets the step.
    case take(step: Int, next: Int)
    /// Goes on, or rather not yet, and passes over a row that meets none of these steps (as bits).
    case gap(excluded: UInt32, next: Int)
    /// Waits for the time to be over; a row that meets one of these steps ends it.
    case wait(excluded: UInt32)
    /// Goes on at either, rather at the first.
    case fork(Int, Int)
    case found
  }

  let states: [State]
  let start: Int
  /// The steps that the first and the last row of a match meet, as bits.
  let first: UInt32
  let last: UInt32
  let leastRows: Int
  /// Whether matches are there only when their time is over.
  let waits: Bool

  package init(
    states: [State], start: Int, first: UInt32, last: UInt32, leastRows: Int
  ) {
    self.states = states
    self.start = start
    self.first = first
    self.last = last
    self.leastRows = leastRows
    waits = states.contains { if case .wait = $0 { true } else { false } }
  }
}

/// Where to look for a key's next match.
package enum MatchSkip: Hashable, Sendable {
  case pastLast, toNext
  case toFirst(Int)
  case toLast(Int)
}

/// A key's rows from the first on that a match may begin with, and how far the search for a match
/// that begins with it has come.
struct MatchAttempt {
  struct Row {
    /// On the shelf.
    var number: UInt32
    /// The steps that it meets, as bits.
    var met: UInt32
    var time: Int64
  }

  struct Thread: Equatable {
    var state: Int32
    /// The last row that it took, in `taken`; -1: none.
    var last: Int32
  }

  /// A row that was taken, and the one before it: threads share their beginnings.
  struct Taken {
    var row: Int32
    var step: Int32
    var before: Int32
  }

  var rows = MatchRows()
  /// Rows that came and were not looked at yet.
  var queued: Int32 = 0
  /// So many of the rows were looked at.
  var seen = 0
  /// The preferred one first.
  var threads: [Thread] = []
  var taken: [Taken] = []
  /// So many of those were left when they were looked through last.
  var kept = 0
  /// No row before this place can be the last of a match that begins with the first, and none
  /// between those that were looked at and `unended`.
  var endless = 0
  var unended = 0
  /// The last row of the best match so far, in `taken`; -1: there is none.
  var found: Int32 = -1
  /// The first row behind the first one that a match may begin with, and the first one that may be
  /// the last of that; -1: none.
  var nextStart: Int32 = -1
  var nextEnd: Int32 = -1
  /// Whether its store knows a time from which on matches may come.
  var isHeld = false

  /// The rows that the best match took, with their steps, in order.
  var path: [Taken] {
    var path: [Taken] = []
    var next = found
    while next >= 0 {
      path.append(taken[Int(next)])
      next = taken[Int(next)].before
    }
    return path.reversed()
  }

  /// No match that is put out later has a smaller event time, if it has only rows that came.
  var least: Int64? {
    let best = found < 0 ? nil : rows[Int(taken[Int(found)].row)].time
    let other = nextEnd < 0 ? nil : rows[Int(nextEnd)].time
    guard let best, let other else { return best ?? other }
    return min(best, other)
  }
}

/// Runs a program over the rows of a key: all ways to match at once, row by row. Conditions see one
/// row alone, so of several threads in one state only the preferred one counts, and a row costs at
/// most one look at each state.
final class MatchSearch {
  let program: MatchProgram
  private let initial: [MatchAttempt.Thread]
  /// By state: in which round it was reached last.
  private var reached: [UInt64]
  private var round: UInt64 = 0
  private var open: [Int] = []
  private var fresh: [MatchAttempt.Thread] = []

  init(_ program: MatchProgram) {
    self.program = program
    reached = Array(repeating: 0, count: program.states.count)
    var attempt = MatchAttempt()
    var threads: [MatchAttempt.Thread] = []
    round = 1
    _ = Self.follow(
      program.start, -1, of: program.states, round, &reached, &open, &threads, &attempt.found)
    initial = threads
  }

  /// Begins at the first of the rows.
  func begin(_ attempt: inout MatchAttempt) {
    attempt.threads.removeAll(keepingCapacity: true)
    attempt.threads += initial
    attempt.taken.removeAll(keepingCapacity: true)
    attempt.kept = 0
    attempt.unended = 0
    attempt.found = -1
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
  /// are passed over, up to one that comes later than `time`.
  func step(_ attempt: inout MatchAttempt, until time: Int64) {
    let place = attempt.seen
    let row = attempt.rows[place]
    attempt.seen += 1
    note(place..<place + 1, &attempt)
    round += 1
    fresh.removeAll(keepingCapacity: true)
    for thread in attempt.threads {
      let next: Int
      var last = thread.last
      switch program.states[Int(thread.state)] {
      case .take(let step, let target):
        guard row.met >> UInt32(step) & 1 == 1 else { continue }
        attempt.taken.append(
          MatchAttempt.Taken(
            row: Int32(truncatingIfNeeded: place), step: Int32(truncatingIfNeeded: step),
            before: last))
        last = Int32(truncatingIfNeeded: attempt.taken.count - 1)
        next = target
      case .gap(let excluded, _), .wait(let excluded):
        guard row.met & excluded == 0 else { continue }
        next = Int(thread.state)
      case .fork, .found: continue
      }
      // What comes behind a match is worse than it.
      if Self.follow(
        next, last, of: program.states, round, &reached, &open, &fresh, &attempt.found)
      {
        break
      }
    }
    swap(&attempt.threads, &fresh)
    // Threads that took no row were made by gaps alone, and would be made by them again.
    if fresh == attempt.threads { pass(&attempt, until: time) }
    if attempt.taken.count > max(4_096, 2 * attempt.kept) { forget(&attempt) }
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
  private static func follow(
    _ state: Int, _ last: Int32, of states: [MatchProgram.State], _ round: UInt64,
    _ reached: inout [UInt64], _ open: inout [Int], _ threads: inout [MatchAttempt.Thread],
    _ found: inout Int32
  ) -> Bool {
    open.append(state)
    while let state = open.popLast() {
      // Below zero: the gap itself, behind all that it goes on to.
      if state < 0 {
        threads.append(MatchAttempt.Thread(state: Int32(truncatingIfNeeded: ~state), last: last))
        continue
      }
      guard reached[state] != round else { continue }
      reached[state] = round
      switch states[state] {
      case .take, .wait:
        threads.append(MatchAttempt.Thread(state: Int32(truncatingIfNeeded: state), last: last))
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
}
