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

    /// The steps that it holds a row against, as bits.
    var steps: UInt32 {
      switch self {
      case .take(let step, _): 1 << UInt32(step)
      case .gap(let excluded, _), .wait(let excluded): excluded
      case .fork, .found: 0
      }
    }

    /// The states that it leads to.
    var next: [Int] {
      switch self {
      case .take(_, let next), .gap(_, let next): [next]
      case .fork(let first, let second): [first, second]
      case .wait, .found: []
      }
    }
  }

  let states: [State]
  let start: Int
  /// The steps that the first and the last row of a match meet, as bits.
  let first: UInt32
  let last: UInt32
  let leastRows: Int
  /// The steps that no row meets within the time before a match, as bits.
  let bars: UInt32
  /// Whether matches are there only when their time is over.
  let waits: Bool
  let memory: MatchMemory

  /// `memory`: of what steps ask of rows that were taken before; where some do, any row may be the
  /// last of a match, or end a search that cannot go on.
  package init(
    states: [State], start: Int, first: UInt32, last: UInt32, leastRows: Int, bars: UInt32,
    memory: MatchMemory
  ) {
    self.bars = bars
    self.states = states
    self.memory = memory
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
