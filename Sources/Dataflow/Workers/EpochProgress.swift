import Connectors
import Schemas

/// How far a barrier has come on one worker: what is still to be said before it has passed.
struct EpochProgress {
  let epoch: Epoch
  var sources: Int
  var segments: Int
  var sinks: Int
  var partitions: [PartitionState] = []

  var hasPassed: Bool { sources == 0 && segments == 0 && sinks == 0 }
}

/// The barriers under way on one worker, oldest first.
struct EpochBook {
  private let sources: Int
  private let segments: Int
  private let sinks: Int
  private var open: [EpochProgress] = []

  init(sources: Int, segments: Int, sinks: Int) {
    self.sources = sources
    self.segments = segments
    self.sinks = sinks
  }

  /// Notes something and returns what the epoch's progress then is; forgets an epoch that has
  /// passed.
  mutating func note(
    _ epoch: Epoch, _ change: (inout EpochProgress) -> Void
  ) -> EpochProgress {
    var place = open.firstIndex { $0.epoch == epoch }
    if place == nil {
      open.append(
        EpochProgress(epoch: epoch, sources: sources, segments: segments, sinks: sinks))
      place = open.count - 1
    }
    guard let place else { preconditionFailure("an epoch was just added") }
    change(&open[place])
    let progress = open[place]
    if progress.hasPassed { open.remove(at: place) }
    return progress
  }
}
