internal import CRdKafka
package import Connectors
package import Platform

/// The patience of one call to brokers: says after some seconds that nobody answers, ends at once
/// where waiting is of no use or the user wants to stop, and gives up when its time is over.
package struct BrokerWait {
  /// Microseconds that a start waits for the first answer.
  package static let patience: Int64 = 60_000_000
  /// Microseconds without an answer after which the user is told.
  private static let notice: UInt64 = 2_000_000
  /// Microseconds between two tries.
  private static let pause: Int64 = 100_000

  private let client: KafkaClient
  private let status: ConnectionStatus
  private let place: String
  private let clock: any Clock
  private let stop: StopToken
  private let patience: Int64
  private let began: UInt64

  /// `patience`: microseconds.
  package init(
    _ client: KafkaClient, place: String, clock: any Clock, stop: StopToken,
    patience: Int64 = BrokerWait.patience
  ) {
    self.client = client
    status = client.status
    self.place = place
    self.clock = clock
    self.stop = stop
    self.patience = patience
    began = clock.monotonic()
  }

  /// Before each try.
  package func checkOpen(_ action: String) throws(ConnectorError) {
    guard stop.isStopped else { return }
    throw ConnectorError(.retriable, "\(place): stopped while \(action)")
  }

  /// After a try that failed: pauses if another one is worth it, and throws what it comes to
  /// otherwise. `action`: "reading the topics".
  package func pause(after fault: BrokerFault, _ action: String) throws(ConnectorError) {
    try checkOpen(action)
    let waited = (clock.monotonic() &- began) / 1_000
    if fault.isRetriable, !fault.isFatal {
      if let refusal = status.refusal { throw refusal }
      if waited < UInt64(clamping: patience) {
        if waited >= Self.notice { status.silent(for: patience / 1_000_000) }
        stop.wait(microseconds: Self.pause)
        return try checkOpen(action)
      }
      if !status.hasAnswered, !client.answers(within: 1_000) { throw unreachable(action) }
    }
    let trouble = status.lastTrouble
    throw fault.error("\(place): \(action)\(trouble.isEmpty ? "" : " (\(trouble))")")
  }

  private func unreachable(_ action: String) -> ConnectorError {
    let trouble = status.lastTrouble
    return ConnectorError(
      .unreachable,
      "\(place): no broker answers at \(status.brokers) within \(patience / 1_000_000) s"
        + (trouble.isEmpty ? "" : " (\(trouble))") + status.suspicion
        + ". Start the broker, or correct `brokers:`; a firewall between here and there may drop"
        + " the connection too")
  }
}
