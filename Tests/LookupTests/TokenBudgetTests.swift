import Columns
import Plans
import Platform
import Schemas
import Synchronization
import TestKit
import Testing

@testable import HTTPConnector

/// What budgets let through, held against all that was used.
@Suite("Budgets of tokens")
struct TokenBudgetTests {
  /// A time that the test sets.
  private final class Hand: Clock {
    private let time = Mutex<UInt64>(1_000_000_000)

    func now() -> Timestamp { Timestamp(microseconds: Int64(monotonic() / 1_000)) }
    func monotonic() -> UInt64 { time.withLock { $0 } }
    func go(on nanoseconds: UInt64) { time.withLock { $0 += nanoseconds } }
  }

  private struct Used {
    var at: UInt64
    var tokens: Int64
  }

  /// Nanoseconds.
  private static let span: UInt64 = 60_000_000
  private static let budget = TokenBudget(tokens: 100, span: Int64(span / 1_000))

  private static func sum(_ used: [Used], since: UInt64) -> Int64 {
    used.reduce(0) { $0 + ($1.at > since ? $1.tokens : 0) }
  }

  @Test(arguments: 0..<40 as Range<UInt64>)
  func `no span sees more than its budget, and what is over comes back`(_ seed: UInt64) throws {
    var random = SeededRandom(seed: seed)
    let clock = Hand()
    let budgets = TokenBudgets(Self.budget, clock)
    var used: [Used] = []
    for _ in 0..<2_000 {
      clock.go(on: UInt64.random(in: 0...(seed % 2 == 0 ? 900_000 : 9_000_000), using: &random))
      let now = clock.monotonic()
      let inSpan = Self.sum(used, since: now - min(Self.span, now))
      switch budgets.ask([], guess: 1) {
      case .granted(let taken):
        #expect(inSpan < Self.budget.tokens, "\(inSpan) at \(now)")
        let tokens = Int64.random(in: 1...20, using: &random)
        budgets.settle([], taken, used: tokens)
        used.append(Used(at: now, tokens: tokens))
      case .refused(let wait):
        #expect(wait.isUsedUp)
        // A span, and the part in which it may have begun.
        let touched = Self.sum(used, since: now - min(Self.span * 61 / 60 + 1, now))
        #expect(touched >= Self.budget.tokens)
        clock.go(on: UInt64(wait.time) * 1_000)
      }
    }
    #expect(used.count > 1_000)
  }
}
