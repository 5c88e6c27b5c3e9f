import Checkpoints
import Dataflow
import Schemas
import Synchronization

/// Remembers what a run is doing, for whoever asks from another thread.
final class RunObserver: Sendable {
  private struct State {
    var phase = PipelineStatus.Phase.starting
    var restarts = 0
    var lastFailure: String?
    var checkpoint: PipelineStatus.Checkpoint?
    var checkpoints = 0
    var latestDigest = ""
    var job: (any Job)?
    /// Attempts that had failed when it began.
    var restartsBefore = 0
    var ended: PipelineStatus.EndedJob?
    var turns: TransactionTurns?
    var attempt = 0
    /// By who waits.
    var waits: [String: PipelineStatus.Wait] = [:]
    var holdsDirectory = false
    var failedAt: Timestamp?
    var countedSince: Timestamp?
  }

  private let state = Mutex(State())

  /// Of the manifest that was written last.
  var latestDigest: String { state.withLock { $0.latestDigest } }

  func starting(attempt: Int) {
    state.withLock {
      $0.phase = attempt == 1 ? .starting : .recovering
      if attempt > 1 { $0.restarts += 1 }
      $0.attempt = attempt
      $0.waits = [:]
    }
  }

  /// The state directory is this process's own from now on.
  func tookDirectory() { state.withLock { $0.holdsDirectory = true } }

  /// What a connector of an attempt waits for; nil: it does no more.
  func waits(_ place: String, for what: String?, at now: Timestamp, attempt: Int) {
    state.withLock { state in
      // Clients of an earlier attempt may still be about to close.
      guard state.attempt == attempt else { return }
      state.waits[place] = what.map { what in
        PipelineStatus.Wait(
          place: place, what: what, since: state.waits[place]?.since ?? now)
      }
    }
  }

  func running(_ job: any Job, committed: Manifest, turns: TransactionTurns?, at now: Timestamp) {
    state.withLock {
      $0.phase = .running
      $0.countedSince = now
      $0.job = job
      $0.restartsBefore = $0.restarts
      $0.ended = nil
      $0.turns = turns
      $0.checkpoint = PipelineStatus.Checkpoint(
        epoch: committed.id.epoch, at: committed.createdAt, duration: nil, size: committed.size)
    }
  }

  func wrote(digest: String, of manifest: Manifest) {
    state.withLock { $0.latestDigest = digest }
  }

  func committed(_ manifest: Manifest, began: Timestamp?, at now: Timestamp) {
    let duration = began.map { now.microseconds &- $0.microseconds }
    state.withLock {
      $0.checkpoints += 1
      $0.checkpoint = PipelineStatus.Checkpoint(
        epoch: manifest.id.epoch, at: now, duration: duration, size: manifest.size)
    }
  }

  func failed(_ message: String, at now: Timestamp) {
    state.withLock {
      $0.lastFailure = message
      $0.failedAt = now
      $0.waits = [:]
      $0.phase = .recovering
    }
  }

  func stopped() {
    state.withLock {
      if let job = $0.job {
        $0.ended = PipelineStatus.EndedJob(status: job.status(), restarts: $0.restartsBefore)
      }
      $0.job = nil
      $0.turns = nil
    }
  }

  func ended() { state.withLock { $0.phase = .ended } }

  func look() { state.withLock { $0.job }?.look() }

  func status(at now: Timestamp) -> PipelineStatus {
    let state = state.withLock { $0 }
    let age = state.turns?.oldestBegan.map { now.microseconds &- $0.microseconds }
    return PipelineStatus(
      phase: state.phase, restarts: state.restarts, lastFailure: state.lastFailure,
      checkpoint: state.checkpoint, checkpoints: state.checkpoints, transactionAge: age,
      job: state.job?.status(), ended: state.ended,
      waits: state.waits.values.sorted { $0.place < $1.place },
      holdsDirectory: state.holdsDirectory, failedAt: state.failedAt,
      countedSince: state.countedSince, now: now)
  }
}
