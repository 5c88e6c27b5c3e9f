import Columns
import Platform
import Schemas
import Synchronization

/// Reads a partition: what the system has in memory on the worker's thread when it asks, so that
/// the bytes stay in its caches, and all else ahead on a lane, which may wait.
///
/// A job of the lane reads until the buffer is full and ends. After one that the worker could not
/// go on without, taking from the buffer starts the next for some batches. At the end of a followed
/// file the job ends too, and the follower looks for more: lanes have few threads, and a file that
/// waits must not keep one.
final class FilePump: @unchecked Sendable {
  /// Batches read ahead.
  static let depth = 2
  /// Batches for which the lane reads ahead before the worker tries again itself.
  static let turns = 16
  static let rowLimit = 4096

  private enum Ready {
    case records(RecordBatch, Position)
    case caughtUp(Position?)
    case ended
    case failed(ConnectorError)
  }

  private struct State {
    var ready: [Ready] = []
    var isReading = false
    var isDone = false
    var isClosed = false
    /// Batches for which the lane still reads ahead.
    var turns = 0
  }

  /// What there is to do for a worker that asks for records.
  private enum Step {
    case take(Ready, readsAhead: Bool)
    case read, nothing
  }

  let id: PartitionID
  private let state = Mutex(State())
  /// Used by whoever has set `isReading` (a job of the lane, or the follower), or by the worker
  /// while nobody has.
  private let records: FileRecords
  /// Whether the worker knows that there is no more at present; used like `records`.
  private var hasSaidCaughtUp = false
  private let follower: FileFollower
  private let lanes: any BackgroundLanes
  private let lane: LaneName
  private let wake: any Wake

  init(
    _ id: PartitionID, _ options: FileOptions, at place: FilePlace, ends: Bool,
    rowLimit: Int, lanes: any BackgroundLanes, follower: FileFollower, wake: any Wake
  ) {
    self.id = id
    self.follower = follower
    self.lanes = lanes
    self.wake = wake
    lane = LaneName("file \(id)", .input)
    records = FileRecords(id, options, at: place, ends: ends, rowLimit: rowLimit)
  }

  /// Has the lane read if there is room.
  func start() {
    let starts = state.withLock { state in
      guard !state.isReading, !state.isDone, !state.isClosed, state.ready.count < Self.depth
      else { return false }
      state.isReading = true
      return true
    }
    if starts { lanes.submit(lane) { self.run() } }
  }

  func take() throws(ConnectorError) -> SourcePoll? {
    let step = state.withLock { state -> Step in
      if state.ready.isEmpty {
        return state.isReading || state.isDone || state.isClosed ? .nothing : .read
      }
      let readsAhead = state.turns > 0
      if readsAhead { state.turns -= 1 }
      return .take(state.ready.removeFirst(), readsAhead: readsAhead)
    }
    switch step {
    case .nothing: return nil
    case .read: return try readAtHand()
    case .take(let ready, let readsAhead):
      if readsAhead { start() }
      switch ready {
      case .records(let batch, let next): return .records(batch, next: next)
      case .caughtUp(let place): return .caughtUp(id, at: place)
      case .ended: return .ended(id)
      case .failed(let error): throw error
      }
    }
  }

  /// Reads on the worker's thread, or has the lane do it where that might wait.
  private func readAtHand() throws(ConnectorError) -> SourcePoll? {
    do throws(ConnectorError) {
      if let (batch, place) = try records.nextAtHand() {
        return .records(batch, next: place.position)
      }
    } catch {
      state.withLock { $0.isDone = true }
      throw error
    }
    state.withLock { $0.turns = Self.turns }
    start()
    return nil
  }

  func close() { state.withLock { $0.isClosed = true } }

  /// Has a file that is followed something new? From the follower alone, between jobs of the lane.
  /// Whether it is to be looked at again.
  func look() -> Bool {
    let (isClosed, hasRoom) = state.withLock { ($0.isClosed, $0.ready.count < Self.depth) }
    guard !isClosed else { return false }
    guard hasRoom else { return true }
    let next = read()
    if case .caughtUp = next { return true }
    hasSaidCaughtUp = false
    if deliver(next, goesOn: false) { lanes.submit(lane) { self.run() } }
    return false
  }

  /// The lane's job.
  private func run() {
    while true {
      let next = read()
      guard case .caughtUp = next else {
        hasSaidCaughtUp = false
        if deliver(next, goesOn: false) { continue }
        return
      }
      // Still reading, as far as `start` is concerned: the follower is.
      if !hasSaidCaughtUp {
        hasSaidCaughtUp = true
        deliver(next, goesOn: true)
      }
      return follower.rest(self)
    }
  }

  private func read() -> Ready {
    do throws(ConnectorError) {
      switch try records.next() {
      case .records(let batch, let place):
        records.letGoIfDue()
        return .records(batch, place.position)
      case .caughtUp:
        let place = records.restingPlace
        if place != nil { records.letGoIfDue(isAtRest: true) }
        return .caughtUp(place?.position)
      case .ended:
        records.letGo()
        return .ended
      }
    } catch {
      records.letGo()
      return .failed(error)
    }
  }

  /// Puts in what the worker will take; whether the job goes on reading.
  @discardableResult
  private func deliver(_ next: Ready, goesOn: Bool) -> Bool {
    let continues = state.withLock { state -> Bool in
      state.ready.append(next)
      switch next {
      case .ended, .failed: state.isDone = true
      default: break
      }
      let continues =
        goesOn || (!state.isDone && !state.isClosed && state.ready.count < Self.depth)
      state.isReading = continues
      return continues
    }
    wake.wake()
    return continues
  }
}
