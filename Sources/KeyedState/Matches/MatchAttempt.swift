/// A key's rows from the first on that a match may begin with, and how far the search for a match
/// that begins with it has come.
struct MatchAttempt {
  struct Row {
    /// On the shelf.
    var number: UInt32
    /// The steps that it meets, as bits.
    var met: UInt32
    var time: Int64
    /// Whether no match begins with it: a row came before that may not.
    var isBarred = false
  }

  struct Thread: Equatable {
    var state: Int32
    /// The last row that it took, in `taken`; -1: none.
    var last: Int32
    /// What later conditions may depend on, of the rows that it took: by slot of the program's
    /// memory.
    var memory: [Int]
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
  /// The time of the last of the rows that bars others behind it.
  var lastBar = MatchBars.none
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
  /// Why the search cannot go on.
  var failure: String?
  /// So many different lists of rows were remembered.
  var lists = 0
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
