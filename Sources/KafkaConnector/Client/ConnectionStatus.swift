internal import CRdKafka
package import Connectors
internal import Synchronization

/// Whether a client's brokers answer, told once when they go away and once when they are back.
///
/// librdkafka reports trouble through its log callback, from its own threads; that all is well
/// again shows only in data or answers arriving (`heard`).
package final class ConnectionStatus: Sendable {
  /// As the definition names them.
  package let brokers: String
  private let place: String
  private let security: String
  private let notify: @Sendable (String) -> Void
  private let waits: @Sendable (_ place: String, _ what: String?) -> Void
  private let down = Atomic<Bool>(false)
  private let answered = Atomic<Bool>(false)
  private let recent = Atomic<Bool>(false)
  private let lost = Atomic<Bool>(false)
  private let trouble = Mutex(Trouble())
  /// Whether there is anything to forget once something is heard.
  private let isTroubled = Atomic<Bool>(false)
  private let absence = Mutex<(@Sendable (ClusterInspection.Partition) -> Void)?>(nil)

  /// What a client without an answer waits for.
  private static let awaited = "a broker"

  private struct Trouble {
    var last = ""
    /// The last line that says that brokers and we do not trust each other.
    var refusal: String?
  }

  /// `security` says how we connect and log in, for messages; without secrets.
  package init(
    place: String, brokers: String, security: String,
    notify: @escaping @Sendable (String) -> Void,
    waits: @escaping @Sendable (_ place: String, _ what: String?) -> Void = { _, _ in }
  ) {
    self.place = place
    self.brokers = brokers
    self.security = security
    self.notify = notify
    self.waits = waits
  }

  /// Whether the brokers were reported gone and nothing was heard since.
  package var isDown: Bool { down.load(ordering: .relaxed) }

  /// Whether a broker has ever answered a question.
  package var hasAnswered: Bool { answered.load(ordering: .relaxed) }

  /// What librdkafka said last about the connection; empty if nothing, or if all was well since.
  package var lastTrouble: String { trouble.withLock { $0.last } }

  /// What that may mean, as the end of a message; empty once a broker has answered.
  var suspicion: String {
    guard !hasAnswered, let text = SecurityAdvice.suspicion(lastTrouble) else { return "" }
    return ". We connect \(security). \(text)"
  }

  /// Why brokers have refused us, or we them, before any has ever answered: a certificate, a
  /// password. Waiting does not mend it.
  package var refusal: ConnectorError? {
    guard !hasAnswered, let line = trouble.withLock({ $0.refusal }) else { return nil }
    return ConnectorError(
      .configuration,
      "\(place): the connection to \(brokers) was refused (\(security)): \(line)."
        + " \(SecurityAdvice.text(for: line))")
  }

  /// An answer or a record has arrived.
  package func heard() {
    if !answered.load(ordering: .relaxed) { answered.store(true, ordering: .relaxed) }
    if !recent.load(ordering: .relaxed) { recent.store(true, ordering: .relaxed) }
    if isTroubled.load(ordering: .relaxed) {
      isTroubled.store(false, ordering: .relaxed)
      trouble.withLock { $0.last = "" }
    }
    guard down.load(ordering: .relaxed), down.exchange(false, ordering: .relaxed) else { return }
    waits(place, nil)
    notify("\(place): the brokers answer again")
  }

  /// Whether anything was heard since the last call.
  func takeHeard() -> Bool { recent.exchange(false, ordering: .relaxed) }

  /// Brokers that have answered before let questions wait, though connections to them stand.
  func hangs(for seconds: UInt64) {
    guard !down.exchange(true, ordering: .relaxed) else { return }
    waits(place, Self.awaited)
    notify("\(place): no broker answers at \(brokers) for \(seconds) s, waiting for one")
  }

  /// Nothing was heard for a while; whoever asks waits for so many seconds in all.
  func silent(for seconds: Int64) {
    guard !hasAnswered else { return }
    guard !down.exchange(true, ordering: .relaxed) else { return }
    let trouble = lastTrouble
    waits(place, Self.awaited)
    notify(
      "\(place): no broker answers at \(brokers), waiting up to \(seconds) s for one"
        + (trouble.isEmpty ? "" : ": \(trouble)\(suspicion)"))
  }

  /// Whether the library has said of a partition that the cluster has it no longer.
  var hasLostPartitions: Bool { lost.load(ordering: .relaxed) }

  /// Whom to tell that the cluster no longer names a partition that is read.
  package func onAbsence(_ tell: @escaping @Sendable (ClusterInspection.Partition) -> Void) {
    absence.withLock { $0 = tell }
  }

  /// A line of the library's log. Levels are syslog's: 3 is an error.
  package func logged(level: Int32, facility: String, line: String) {
    switch facility {
    case "FAIL", "ERROR":
      let line = Self.plain(line)
      if let partition = AbsentPartitions.partition(in: line) {
        lost.store(true, ordering: .relaxed)
        if let tell = absence.withLock({ $0 }) { return tell(partition) }
      }
      // That all are down says less than why the last one is.
      let areAllDown = line.contains("brokers are down")
      trouble.withLock { trouble in
        if !areAllDown || trouble.last.isEmpty { trouble.last = line }
        if SecurityAdvice.isRefusal(line) { trouble.refusal = line }
      }
      isTroubled.store(true, ordering: .relaxed)
      // One broker of many may come and go unnoticed; all of them gone is worth a word.
      guard areAllDown, !down.exchange(true, ordering: .relaxed) else { return }
      waits(place, Self.awaited)
      notify(
        "\(place): no broker answers at \(brokers), waiting for one: \(lastTrouble)\(suspicion)")
    case "CONFWARN", "GETPID", "TERM": return
    default:
      if level <= 3 { notify("\(place): \(line)") }
    }
  }

  /// Without the client's own name and thread, with which the library begins its lines.
  private static func plain(_ line: String) -> String {
    var rest = line[...]
    while rest.hasPrefix("["), let end = rest.firstRange(of: "]: ") {
      rest = rest[end.upperBound...]
    }
    return String(rest)
  }
}
