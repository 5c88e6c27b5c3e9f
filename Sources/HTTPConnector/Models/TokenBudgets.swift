import Columns
import Plans
import Platform
import Synchronization

/// What may be used yet of a budget, by who pays for it.
///
/// In any span of its length no more is used than it holds, but for what calls under way use beyond
/// what they are taken for: the mean of those before, and a guess where there are none. Spans are
/// counted in parts of a sixtieth, and one more, for the first of them may count in part only.
final class TokenBudgets: Sendable {
  private static let parts: UInt64 = 60
  /// Microseconds after which it is looked again at what calls under way have left.
  private static let look: Int64 = 20_000
  /// Payers beyond which those are forgotten that have not paid for a span.
  private static let payerLimit = 10_000

  private struct Payer {
    /// Tokens by the part of time in which they were used, of those that touch a span.
    var used: [UInt64: Int64] = [:]
    /// Of calls under way.
    var reserved: Int64 = 0
  }

  private struct State {
    var payers: [[UInt8]: Payer] = [:]
    /// Of all calls.
    var calls: Int64 = 0
    var tokens: Int64 = 0
    var pruneAt = TokenBudgets.payerLimit
  }

  private let budget: TokenBudget
  private let clock: any Clock
  /// Nanoseconds.
  private let part: UInt64
  private let state = Mutex(State())

  init(_ budget: TokenBudget, _ clock: any Clock) {
    self.budget = budget
    self.clock = clock
    part = max(UInt64(max(budget.span, 1)) * 1_000 / Self.parts, 1)
  }

  /// Whether a payer may ask now.
  enum Permission: Equatable {
    /// What the call is taken for, to be handed to `settle`.
    case granted(Int64)
    case refused(Postponement)
  }

  func ask(_ payer: [UInt8], guess: Int64) -> Permission {
    let now = clock.monotonic()
    let place = now / part
    return state.withLock { state -> Permission in
      if state.payers.count >= state.pruneAt { prune(&state, before: place) }
      var own = state.payers[payer] ?? Payer()
      own.used = own.used.filter { $0.key + Self.parts >= place }
      let mean = state.calls > 0 ? state.tokens / state.calls : guess
      let used = own.used.values.reduce(0, +)
      defer { state.payers[payer] = own }
      guard used < budget.tokens else {
        return .refused(Postponement(wait(own, now), isUsedUp: true))
      }
      guard used + own.reserved < budget.tokens else {
        return .refused(Postponement(Self.look, isUsedUp: false))
      }
      own.reserved += mean
      return .granted(mean)
    }
  }

  /// Until the oldest part is no more in the span.
  private func wait(_ payer: Payer, _ now: UInt64) -> Int64 {
    guard let first = payer.used.keys.min() else { return Int64(part / 1_000) + 1 }
    let end = (first + Self.parts + 1) * part
    return Int64((end > now ? end - now : 0) / 1_000) + 1
  }

  /// A call is over, and has used so much.
  func settle(_ payer: [UInt8], _ reserved: Int64, used: Int64) {
    let place = clock.monotonic() / part
    state.withLock { state in
      state.payers[payer, default: Payer()].reserved -= reserved
      guard used > 0 else { return }
      state.payers[payer, default: Payer()].used[place, default: 0] += used
      state.calls += 1
      state.tokens += used
    }
  }

  private func prune(_ state: inout State, before place: UInt64) {
    state.payers = state.payers.filter { entry in
      entry.value.reserved != 0 || entry.value.used.keys.contains { $0 + Self.parts > place }
    }
    state.pruneAt = max(Self.payerLimit, state.payers.count * 2)
  }
}
