import Platform
import Synchronization

/// Looks now and then whether files that were read to their end have grown, on one lane for all
/// files of a source.
final class FileFollower: Sendable {
  /// Nanoseconds between two looks: 50 ms.
  static let interval: Int64 = 50_000_000

  private struct State {
    var resting: [FilePump] = []
    var isRunning = false
    var isClosed = false
  }

  private let state = Mutex(State())
  private let lanes: any BackgroundLanes
  private let lane: LaneName
  /// Rings the waiting job when the source is closed.
  private let parker = Parker()

  init(lanes: any BackgroundLanes, lane: LaneName) {
    self.lanes = lanes
    self.lane = lane
  }

  /// The pump has no more to read at present.
  func rest(_ pump: FilePump) {
    let starts = state.withLock { state in
      guard !state.isClosed else { return false }
      state.resting.append(pump)
      defer { state.isRunning = true }
      return !state.isRunning
    }
    if starts { lanes.submit(lane) { self.run() } }
  }

  func close() {
    state.withLock { state in
      state.isClosed = true
      state.resting = []
    }
    parker.wake()
  }

  /// The lane's job: as long as anybody rests.
  private func run() {
    while true {
      parker.wait(nanoseconds: Self.interval, spins: 0)
      let pumps = state.withLock { state in
        defer { state.resting = [] }
        return state.resting
      }
      let waiting = pumps.filter { $0.look() }
      let goesOn = state.withLock { state in
        if !state.isClosed { state.resting += waiting }
        state.isRunning = !state.resting.isEmpty
        return state.isRunning
      }
      if !goesOn { return }
    }
  }
}
