internal import CRdKafka
internal import Synchronization

/// Whether a client's brokers answer, told once when they go away and once when they are back.
///
/// librdkafka reports trouble through its log callback, from its own threads; that all is well
/// again shows only in data or answers arriving (`heard`).
package final class ConnectionStatus: Sendable {
  private let place: String
  private let notify: @Sendable (String) -> Void
  private let down = Atomic<Bool>(false)
  private let reason = Mutex<String>("")

  package init(place: String, notify: @escaping @Sendable (String) -> Void) {
    self.place = place
    self.notify = notify
  }

  /// Whether the brokers were reported gone and nothing was heard since.
  package var isDown: Bool { down.load(ordering: .relaxed) }

  /// What librdkafka said last about the connection; empty if nothing.
  package var lastTrouble: String { reason.withLock { $0 } }

  /// An answer or a record has arrived.
  package func heard() {
    guard down.load(ordering: .relaxed), down.exchange(false, ordering: .relaxed) else { return }
    notify("\(place): the brokers answer again")
  }

  /// A line of the library's log. Levels are syslog's: 3 is an error.
  func logged(level: Int32, facility: String, line: String) {
    switch facility {
    case "FAIL", "ERROR":
      reason.withLock { $0 = line }
      // One broker of many may come and go unnoticed; all of them gone is worth a word.
      guard line.contains("brokers are down") else { return }
      guard !down.exchange(true, ordering: .relaxed) else { return }
      notify("\(place): no broker can be reached, waiting for them to come back: \(line)")
    case "CONFWARN", "GETPID", "TERM": return
    default:
      if level <= 3 { notify("\(place): \(line)") }
    }
  }
}
