import CCurl
import Columns
import Connectors
import FoundationEssentials
import Glibc
import Plans
import Platform
import Synchronization

/// Makes the calls of `task … using smtp`: a mail for each attempt, over connections that stay.
final class MailTask: TaskClient {
  /// Of a call's time: when a mail is given up here. The engine does so at its end, and knows then
  /// whether the mail was handed over.
  private static let share = 0.95

  private struct Words: Encodable {
    var message_id: String
    var reply: String
  }

  private let place: String
  private let server: MailServer
  private let template: MailTemplate
  private let decoder: ResponseDecoder
  private let threads: CallThreads
  private let stopped = Flag()
  private let connections: Mutex<[MailConnection?]>
  private let clock: any Clock
  private let mask: SecretMask

  /// Outlives the task where a mail is under way.
  private final class Flag: Sendable { let isSet = Atomic<Bool>(false) }

  init(
    _ spec: TaskSpec, _ server: MailServer, _ template: MailTemplate, connections: Int,
    _ environment: ConnectorEnvironment, _ mask: SecretMask, in place: String
  ) throws(ConnectorError) {
    self.mask = mask
    self.place = place
    self.server = server
    self.template = template
    decoder = try ResponseDecoder(spec)
    threads = CallThreads("smtp.\(spec.name)", count: connections)
    self.connections = Mutex(Array(repeating: nil, count: connections))
    clock = environment.clock
  }

  /// Of the process, once; it counts.
  private static let library: Bool = curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK

  func start() throws(ConnectorError) {
    guard Self.library else {
      throw ConnectorError(.configuration, "\(place): libcurl can't be used here")
    }
  }

  func perform(
    _ attempt: TaskAttempt, _ answer: @escaping @Sendable (TaskAnswer) -> Void
  ) {
    let mail: MailMessage
    do throws(TemplateRefusal) {
      mail = try template.message(attempt, now: Int(time(nil)))
    } catch {
      return answer(TaskAnswer(.invalid(error.reason)))
    }
    let deadline = clock.monotonic() &+ UInt64(Double(server.timeout) * 1_000 * Self.share)
    threads.submit { [self] lane in
      guard !stopped.isSet.load(ordering: .acquiring) else { return }
      let now = clock.monotonic()
      guard deadline > now else {
        return answer(TaskAnswer(.unreached("\(server.place): no connection was free in time")))
      }
      guard let connection = connection(lane) else {
        return answer(TaskAnswer(.unreached("there is no memory for a connection")))
      }
      let ending = connection.send(mail, within: Int((deadline - now + 999_999) / 1_000_000))
      // Nobody waits any more.
      if !stopped.isSet.load(ordering: .acquiring) { answer(told(ending, mail)) }
    }
  }

  /// The lane's own, made where it is not there yet.
  private func connection(_ lane: Int) -> MailConnection? {
    if let known = connections.withLock({ $0[lane] }) { return known }
    let fresh = MailConnection(server) { [stopped] in stopped.isSet.load(ordering: .acquiring) }
    connections.withLock { $0[lane] = fresh }
    return fresh
  }

  private func told(_ ending: MailConnection.Ending, _ mail: MailMessage) -> TaskAnswer {
    let status = ending.status
    if ending.code == CURLE_OK {
      return TaskAnswer(
        .done, status: status, response: decoder.isEmpty ? [] : words(mail, ending.reply))
    }
    if (400...599).contains(status) {
      let said = mask.shown(ending.reply.isEmpty ? "\(status) \(ending.message)" : ending.reply)
      // What is said of a mail or its receiver says nothing of the server.
      let isFailure = status < 500 || ending.code == CURLE_LOGIN_DENIED
      return TaskAnswer(
        .refused("\(server.place): \(said.prefix(300))"), status: status, isFailure: isFailure)
    }
    let reason = "\(server.place): \(mask.shown(ending.message))"
    switch ending.code {
    case CURLE_URL_MALFORMAT, CURLE_BAD_FUNCTION_ARGUMENT: return TaskAnswer(.invalid(reason))
    case _ where !ending.isWhole: return TaskAnswer(.unreached(reason))
    case CURLE_OPERATION_TIMEDOUT: return TaskAnswer(.timedOut(reason))
    default: return TaskAnswer(.broken(reason))
    }
  }

  private func words(_ mail: MailMessage, _ reply: String) -> [UInt8] {
    let words = Words(message_id: mail.id, reply: reply)
    return (try? JSONEncoder().encode(words)).map(Array.init) ?? []
  }

  func read(_ responses: [[UInt8]?]) -> (columns: [Column], unreadable: [Int: String]) {
    decoder.read(responses)
  }

  /// Mails under way are given up within a second, and connections end on threads of calls, so that
  /// nobody waits for a server's good-bye.
  func close() {
    stopped.isSet.store(true, ordering: .releasing)
    for _ in 0..<connections.withLock({ $0.count }) {
      threads.submit { [self] lane in
        let last = connections.withLock { connections in
          defer { connections[lane] = nil }
          return connections[lane]
        }
        withExtendedLifetime(last) {}
      }
    }
  }
}
