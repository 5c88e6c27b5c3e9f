import Platform
import Synchronization

/// Whether the sources in front of a stage may read: shut while its operator is full on a worker.
///
/// Barriers and watermarks go through, and what is under way arrives, so a checkpoint never waits
/// for a slow stage. A worker may see the gate shut a batch late, and that is enough.
final class FlowGate: Sendable {
  private let full = Atomic<Int>(0)
  private let bells: [any Wake]

  init(bells: [any Wake]) { self.bells = bells }

  var isShut: Bool { full.load(ordering: .acquiring) > 0 }

  /// The operator on one more worker is full.
  func shut() { full.add(1, ordering: .acquiringAndReleasing) }

  /// One that was full is so no longer. All workers are rung if sources may read on.
  func open() {
    let left = full.subtract(1, ordering: .acquiringAndReleasing).newValue
    if left == 0 { for bell in bells { bell.wake() } }
  }
}
