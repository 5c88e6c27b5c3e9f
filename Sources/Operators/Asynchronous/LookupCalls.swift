import Columns
import KeyedState
import Plans
import Schemas
import Synchronization

/// One question: its keys, and how often it was asked.
struct LookupCall {
  var keys: [LookupKey]
  /// The keys' columns.
  var batch: Batch
  var attempt = 0
  /// When it was sent, and until when an answer counts.
  var sent = Timestamp.beginning
  var deadline = Timestamp.endOfTime
  /// How often the breaker had opened then.
  var opening = 0

  /// The same for some of its keys.
  func part(_ places: [Int]) -> LookupCall {
    guard places.count < keys.count else { return self }
    var part = self
    part.keys = places.map { keys[$0] }
    part.batch = batch.gathered(rows: places.map { UInt32(truncatingIfNeeded: $0) })
    return part
  }
}

/// Answers on their way to the worker, put here by any thread.
final class AnswerBox: Sendable {
  private let answers = Mutex<[Ticket: Result<LookupAnswer, LookupFailure>]>([:])

  func put(_ answer: Result<LookupAnswer, LookupFailure>, for ticket: Ticket) {
    answers.withLock { $0[ticket] = answer }
  }

  func take(_ ticket: Ticket) -> Result<LookupAnswer, LookupFailure>? {
    answers.withLock { $0.removeValue(forKey: ticket) }
  }
}

/// The calls of one stage: which may go, which wait to go again. It knows nothing of rows.
struct LookupCalls {
  /// What becomes of a call that failed.
  enum Failed {
    case again
    case forGood
  }

  private let policy: LookupPolicy
  private let backoff: RetryBackoff
  private var breaker: CallBreaker
  private var pending: PendingKeys
  private var underWay: [Ticket: LookupCall] = [:]
  private var waiting: [(call: LookupCall, due: Timestamp)] = []
  /// Until then the server wants no call at all, for it said so to one.
  private var quietUntil = Timestamp.beginning

  init(_ policy: LookupPolicy) {
    self.policy = policy
    backoff = RetryBackoff(policy)
    breaker = CallBreaker(policy.breaker)
    pending = PendingKeys(policy)
  }

  /// Calls without an answer.
  var count: Int { underWay.count }
  /// Whether no call is made because too many failed.
  var isOpen: Bool { breaker.opensUntil != nil }

  mutating func want(_ entry: PendingKeys.Entry) { pending.add(entry) }

  /// The keys of calls that are not made because calls fail, or because the server wants to be left
  /// alone for longer than an answer is waited for (then until when), where they need not wait.
  mutating func refused(at now: Timestamp) -> (keys: [LookupKey], quietUntil: Timestamp?) {
    let quiet = quietUntil > now.later(by: policy.timeout) ? quietUntil : nil
    guard quiet != nil || !breaker.allowsCall(at: now) && breaker.opensUntil != nil else {
      return ([], nil)
    }
    var keys: [LookupKey] = []
    while pending.count > 0 { keys += pending.take().map(\.key) }
    for (call, _) in waiting { keys += call.keys }
    waiting = []
    return (keys, quiet)
  }

  /// The next call that should go now. The caller says by `sent` that it went.
  mutating func next(
    at now: Timestamp, _ columns: (_ entries: [PendingKeys.Entry]) -> Batch
  ) -> LookupCall? {
    guard underWay.count < policy.concurrency, now >= quietUntil else { return nil }
    let again = waiting.firstIndex { $0.due <= now }
    guard again != nil || pending.isDue(at: now), breaker.allowsCall(at: now) else { return nil }
    if let again { return waiting.remove(at: again).call }
    let entries = pending.take()
    return LookupCall(keys: entries.map(\.key), batch: columns(entries))
  }

  mutating func sent(_ call: LookupCall, as ticket: Ticket, at now: Timestamp) {
    breaker.begin()
    var call = call
    call.opening = breaker.openings
    call.attempt += 1
    call.sent = now
    call.deadline = now.later(by: policy.timeout)
    underWay[ticket] = call
  }

  /// The call of an answer; nil where it is over, because it took too long or was answered before.
  mutating func answered(_ ticket: Ticket) -> LookupCall? { underWay.removeValue(forKey: ticket) }

  /// A call that took too long, taken off.
  mutating func overdue(at now: Timestamp) -> LookupCall? {
    guard
      let ticket = underWay.filter({ $0.value.deadline <= now }).map(\.key)
        .min(by: { $0.number < $1.number })
    else { return nil }
    return underWay.removeValue(forKey: ticket)
  }

  mutating func succeeded(_ call: LookupCall, at now: Timestamp) {
    breaker.record(isFailure: false, of: call.opening, at: now)
  }

  mutating func failed(
    _ call: LookupCall, isRetriable: Bool, retryAfter: Int64 = 0, at now: Timestamp,
    random: UInt64
  ) -> Failed {
    quietUntil = max(quietUntil, now.later(by: retryAfter))
    breaker.record(isFailure: true, of: call.opening, at: now)
    guard isRetriable, call.attempt < policy.attempts else { return .forGood }
    let delay = max(backoff.delay(behind: call.attempt, random: random), retryAfter)
    waiting.append((call, now.later(by: delay)))
    return .again
  }

  /// A call that was none: nobody was asked.
  mutating func withdraw(_ call: LookupCall) { breaker.withdraw(of: call.opening) }

  /// What is left of a call waits, and that it was made does not count as an attempt.
  mutating func postpone(_ call: LookupCall, for time: Int64, at now: Timestamp) {
    var call = call
    call.attempt = max(call.attempt - 1, 0)
    waiting.append((call, now.later(by: time)))
  }

  /// When there will be something to do without an answer.
  func timer(at now: Timestamp) -> Timestamp? {
    let deadline = underWay.values.map(\.deadline).min()
    guard underWay.count < policy.concurrency else { return deadline }
    let full = pending.isDue(at: now) ? now : pending.due
    guard var send = (waiting.map(\.due) + [full].compactMap(\.self)).min() else {
      return deadline
    }
    if let open = breaker.opensUntil { send = max(send, open) }
    send = max(send, quietUntil)
    // It waits for the outcome of the call that tries.
    var trying = breaker
    if !trying.allowsCall(at: send) { return deadline }
    return min(send, deadline ?? send)
  }

  mutating func removeAll() {
    pending.removeAll()
    (underWay, waiting) = ([:], [])
  }
}

extension Timestamp {
  /// At most the end of time.
  func later(by microseconds: Int64) -> Timestamp {
    let (time, isPast) = self.microseconds.addingReportingOverflow(microseconds)
    return isPast ? .endOfTime : Timestamp(microseconds: time)
  }
}
