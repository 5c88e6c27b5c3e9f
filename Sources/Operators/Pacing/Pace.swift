package import Plans
import Schemas
import Synchronization

/// The rate of one `throttle`, shared by its operators on all workers.
///
/// A worker asks for its next piece and is given a time; it holds one such promise at most, so
/// pieces come in turn and no worker waits for ever. A worker that is late for its time would meet
/// another's piece: so what really goes is held to the rate once more, when it goes.
package final class Pace: Sendable {
  private struct Turn {
    var rows: Int
    var due: Timestamp
  }

  private struct State {
    var promised: RateLine
    var spent: RateLine
    /// By worker.
    var turns: [Int: Turn] = [:]
  }

  private let piece: Int
  private let state: Mutex<State>

  package init(_ spec: ThrottleSpec) {
    piece = spec.piece
    // Each worker may have the promise of a piece.
    state = Mutex(
      State(
        promised: RateLine(
          rate: spec.rate, burst: spec.burst, ahead: spec.piece * Self.mostWorkers),
        spent: RateLine(rate: spec.rate, burst: spec.burst, ahead: 1)))
  }

  private static let mostWorkers = KeyGroup.count

  /// So many rows may go now; where it is none, when to ask again.
  func ask(for wanted: Int, worker: Int, now: Timestamp) -> (rows: Int, again: Timestamp) {
    state.withLock { state in
      let turn = state.turns[worker] ?? Self.promise(min(wanted, piece), now, &state)
      state.spent.look(at: now)
      let due = max(turn.due, state.spent.due(turn.rows))
      guard due <= now else {
        state.turns[worker] = turn
        return (0, due)
      }
      state.turns[worker] = nil
      state.spent.pass(turn.rows)
      return (turn.rows, now)
    }
  }

  private static func promise(_ rows: Int, _ now: Timestamp, _ state: inout State) -> Turn {
    state.promised.look(at: now)
    let turn = Turn(rows: rows, due: state.promised.due(rows))
    state.promised.pass(rows)
    return turn
  }

  /// When the next row is due, for a checkpoint: a restart is no way around a slow rate.
  var time: Timestamp { state.withLock { $0.spent.time } }

  func resume(at time: Timestamp) {
    state.withLock { $0.spent.resume(at: time) }
  }
}
