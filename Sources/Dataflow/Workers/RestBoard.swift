import Platform
import Synchronization

/// Finds out that a job has come to rest: its sources are at their ends, no worker has anything to
/// do, and what is left are rows that only another run can let go on.
///
/// A worker that is about to wait enters, and leaves before it looks for work again, or when an
/// answer comes for it. So while all are in nobody sends or receives, and a look at the channels
/// between them says whether something is still on its way.
final class RestBoard: Sendable {
  private struct State {
    var resting: Set<Int> = []
    /// Those of them that hold rows.
    var holding: Set<Int> = []
  }

  private let workers: Int
  private let state = Mutex(State())

  init(workers: Int) { self.workers = workers }

  /// A worker has nothing to do, unless an answer has just come, so that it is not still. Whether
  /// all have come to rest, and rows are left.
  func enter(
    _ worker: Int, holdsRows: Bool, isStill: () -> Bool, areChannelsEmpty: () -> Bool
  ) -> Bool {
    state.withLock { state in
      guard isStill() else { return false }
      state.resting.insert(worker)
      if holdsRows { state.holding.insert(worker) }
      return state.resting.count == workers && !state.holding.isEmpty && areChannelsEmpty()
    }
  }

  /// It looks for work, or has some.
  func leave(_ worker: Int) {
    state.withLock { state in
      state.resting.remove(worker)
      state.holding.remove(worker)
    }
  }
}

/// Wakes a worker that something has come for.
final class RisingBell: Wake {
  private let board: RestBoard
  private let worker: Int
  private let bell: any Wake

  init(_ board: RestBoard, _ worker: Int, _ bell: any Wake) {
    (self.board, self.worker, self.bell) = (board, worker, bell)
  }

  func wake() {
    board.leave(worker)
    bell.wake()
  }
}
