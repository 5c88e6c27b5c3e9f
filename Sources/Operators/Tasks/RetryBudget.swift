import Schemas

/// Calls that are made again, as a share of first calls at most, so that a server that fails is not
/// called all the more for it: as Finagle's `RetryBudget`, each first call brings a part of a token
/// and each further one takes a whole one. A token a second comes by itself, where there is none:
/// what waits comes to an end though nothing new comes.
struct RetryBudget {
  private static let token: Int64 = 1 << 20
  /// Tokens at the start, and the least that can be saved up.
  private static let reserve = 10
  /// What the last so many first calls have brought can be saved up.
  private static let memory = 1_000
  /// A token comes by itself in so many microseconds.
  private static let interval: Int64 = 1_000_000

  private let share: Int64
  private var balance = Int64(RetryBudget.reserve) * RetryBudget.token
  private var lookedAt: Timestamp?

  /// `share`: of first calls, up to 1.
  init?(_ share: Double?) {
    guard let share else { return nil }
    self.share = Int64(share * Double(Self.token))
  }

  private var most: Int64 {
    max(share * Int64(Self.memory), Int64(Self.reserve) * Self.token)
  }

  /// Whether a new one says the same.
  var isUnused: Bool { balance >= Int64(Self.reserve) * Self.token }

  mutating func firstCall() { balance = min(balance + share, most) }

  /// Takes what a call costs, or says when there will be as much.
  mutating func take(at now: Timestamp) -> Timestamp? {
    let gone = lookedAt.map { max(now.microseconds - $0.microseconds, 0) } ?? 0
    lookedAt = now
    if balance < Self.token {
      let grown = min(gone, Self.interval) * Self.token / Self.interval
      balance = min(balance + grown, Self.token)
    }
    guard balance < Self.token else {
      balance -= Self.token
      return nil
    }
    let missing = (Self.token - balance) * Self.interval
    return now.later(by: (missing + Self.token - 1) / Self.token)
  }
}
