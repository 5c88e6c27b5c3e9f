import Plans
import Schemas

/// Stops calls for a while where too many of the last ones failed, then tries with one.
struct CallBreaker {
  private enum State {
    case closed
    case open(until: Timestamp)
    /// One call may go, or is under way; its outcome decides.
    case halfOpen(isTrying: Bool)
  }

  private let policy: LookupPolicy.Breaker?
  private var state = State.closed
  /// Of the last calls whether they failed; the next outcome's place goes round.
  private var outcomes: [Bool] = []
  private var next = 0
  private var failures = 0
  /// How often it has opened. Each call keeps the number that it began with.
  private(set) var openings = 0

  init(_ policy: LookupPolicy.Breaker?) { self.policy = policy }

  /// When it looks again at whether calls succeed, where it is open.
  var opensUntil: Timestamp? {
    if case .open(let until) = state { until } else { nil }
  }

  /// Whether calls go as they come.
  var isClosed: Bool { if case .closed = state { true } else { false } }

  /// Whether a call may go. Where it is the one that tries, `begin` says that it does.
  mutating func allowsCall(at now: Timestamp) -> Bool {
    switch state {
    case .closed: return true
    case .open(let until):
      guard now >= until else { return false }
      state = .halfOpen(isTrying: false)
      return true
    case .halfOpen(let isTrying): return !isTrying
    }
  }

  mutating func begin() {
    if case .halfOpen = state { state = .halfOpen(isTrying: true) }
  }

  /// A call that was to try asked nobody; another may try.
  mutating func withdraw(of opening: Int) {
    if case .halfOpen = state, opening == openings { state = .halfOpen(isTrying: false) }
  }

  /// `opening`: how often it had opened when the call began. Outcomes of calls that began before it
  /// opened last do not count: they say nothing of how the server is now.
  mutating func record(isFailure: Bool, of opening: Int, at now: Timestamp) {
    guard let policy, opening == openings else { return }
    switch state {
    case .open: return
    case .halfOpen:
      if isFailure { open(policy, now) } else { close() }
    case .closed:
      if outcomes.count < policy.of {
        outcomes.append(isFailure)
      } else {
        if outcomes[next] { failures -= 1 }
        outcomes[next] = isFailure
        next = (next + 1) % policy.of
      }
      if isFailure { failures += 1 }
      if outcomes.count == policy.of, Double(failures) >= policy.openAt * Double(policy.of) {
        open(policy, now)
      }
    }
  }

  private mutating func open(_ policy: LookupPolicy.Breaker, _ now: Timestamp) {
    state = .open(until: now.later(by: policy.duration))
    openings += 1
    forget()
  }

  private mutating func close() {
    state = .closed
    forget()
  }

  private mutating func forget() {
    outcomes.removeAll(keepingCapacity: true)
    (next, failures) = (0, 0)
  }
}
