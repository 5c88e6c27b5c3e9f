import Platform
import Synchronization

/// The common end of all sources of a run: of one that stops where its sources end now, and of
/// sources that nobody reads any more.
///
/// Such an end is the run's, not the source's: the next run may read on. So none says that its
/// time has ended before all can, and a run that is interrupted between leaves no window closed for
/// good. Nor does one that is at its end count as idle: windows behind it hold rows until then.
/// Shared by all sources and workers.
final class RunEnd: Sendable {
  private let reached: Atomic<Bool>
  private let open: Mutex<Set<Int>>
  private let bells: [any Wake]

  /// `sources`: all of the job.
  init(sources: [Int], bells: [any Wake]) {
    reached = Atomic(sources.isEmpty)
    open = Mutex(Set(sources))
    self.bells = bells
  }

  /// Whether all sources are at their ends. Takes no lock.
  var isReached: Bool { reached.load(ordering: .acquiring) }

  /// A source is at its end, on all workers; rings them if it was the last.
  func arrive(_ source: Int) {
    let isLast = open.withLock { open in open.remove(source) != nil && open.isEmpty }
    guard isLast else { return }
    reached.store(true, ordering: .releasing)
    for bell in bells { bell.wake() }
  }
}
