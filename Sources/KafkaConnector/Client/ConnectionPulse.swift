internal import Platform
internal import Synchronization

/// Asks the brokers of clients that have long heard nothing whether they are there.
///
/// A broker that hangs keeps its connections, and librdkafka waits a minute for each answer before
/// it says a word. One lane serves all clients of the process; those that hear something are left
/// alone.
final class ConnectionPulse: Sendable {
  static let shared = ConnectionPulse()

  /// Microseconds between two rounds.
  private static let interval: Int64 = 3_000_000
  /// Milliseconds for one answer.
  private static let timeout: Int32 = 3_000
  /// Nanoseconds of silence after which the user is told.
  private static let patience: UInt64 = 10_000_000_000

  private struct Watched {
    weak var client: KafkaClient?
  }

  private struct State {
    var watched: [Watched] = []
    var isRunning = false
  }

  private let state = Mutex(State())

  /// Until the client is gone.
  func watch(_ client: KafkaClient, _ lanes: any BackgroundLanes) {
    let begins = state.withLock { state in
      state.watched.append(Watched(client: client))
      defer { state.isRunning = true }
      return !state.isRunning
    }
    guard begins else { return }
    lanes.submit(LaneName("kafka.pulse", .input)) { self.run() }
  }

  private func run() {
    let clock = SystemClock()
    var heardAt: [ObjectIdentifier: UInt64] = [:]
    while goRound(&heardAt, clock) { StopToken().wait(microseconds: Self.interval) }
  }

  /// Clients are not held between two rounds: they may go. False if there are none.
  private func goRound(_ heardAt: inout [ObjectIdentifier: UInt64], _ clock: SystemClock) -> Bool {
    let clients = living()
    let names = Set(clients.map { ObjectIdentifier($0) })
    heardAt = heardAt.filter { names.contains($0.key) }
    for client in clients {
      let name = ObjectIdentifier(client)
      heardAt[name] = Self.heard(client, heardAt[name] ?? clock.monotonic(), clock)
    }
    return !clients.isEmpty
  }

  private func living() -> [KafkaClient] {
    state.withLock { state in
      state.watched.removeAll { $0.client == nil }
      state.isRunning = !state.watched.isEmpty
      return state.watched.compactMap(\.client)
    }
  }

  /// When the client was heard last, and tells where that is too long ago. What was never heard is
  /// waited for by whoever asked.
  private static func heard(
    _ client: KafkaClient, _ before: UInt64, _ clock: SystemClock
  ) -> UInt64 {
    let status = client.status
    if status.takeHeard() || !status.hasAnswered { return clock.monotonic() }
    if client.answers(within: timeout) {
      status.heard()
      return clock.monotonic()
    }
    let silence = clock.monotonic() &- before
    if silence >= patience { status.hangs(for: silence / 1_000_000_000) }
    return before
  }
}
