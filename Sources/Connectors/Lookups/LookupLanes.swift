package import Platform
import Synchronization

/// Lanes that ask, one for each connection: a question goes to the next in turn.
///
/// What belongs to a connection is used by its lane alone.
package final class LookupLanes<Session: AnyObject & Sendable>: Sendable {
  private let lanes: any BackgroundLanes
  private let sessions: [(name: LaneName, session: Session)]
  private let next = Atomic<Int>(0)
  private let isClosed = Atomic<Bool>(false)

  package init(
    _ name: String, count: Int, on lanes: any BackgroundLanes, make: () -> Session
  ) {
    self.lanes = lanes
    sessions = (0..<max(count, 1)).map {
      (name: LaneName("lookup.\(name).\($0)", .input), session: make())
    }
  }

  /// Runs a job that may wait, on one of the connections. None runs when it is closed.
  package func submit(_ job: @escaping @Sendable (Session) -> Void) {
    let turn = next.wrappingAdd(1, ordering: .relaxed).oldValue
    let (name, session) = sessions[Int(UInt(bitPattern: turn) % UInt(sessions.count))]
    lanes.submit(name) { [self] in
      if !isClosed.load(ordering: .acquiring) { job(session) }
    }
  }

  /// No job begins any more; each connection gets `last` when its lane is free.
  package func close(_ last: @escaping @Sendable (Session) -> Void) {
    guard !isClosed.exchange(true, ordering: .acquiringAndReleasing) else { return }
    for (name, session) in sessions { lanes.submit(name) { last(session) } }
  }
}
