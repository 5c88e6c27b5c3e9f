import Plans

/// How long a call waits before it is tried again: exponential, with full jitter, so that many who
/// failed at once do not come back at once.
struct RetryBackoff {
  private let first: Int64
  private let longest: Int64

  init(_ policy: LookupPolicy) {
    self.init(first: policy.backoff, longest: policy.longestBackoff)
  }

  init(first: Int64, longest: Int64) {
    self.first = max(first, 0)
    self.longest = max(longest, 0)
  }

  /// Between none and this many microseconds behind the `attempt`-th attempt, from 1.
  func bound(behind attempt: Int) -> Int64 {
    let doublings = max(attempt - 1, 0)
    guard first > 0, doublings < 62, first <= longest >> Int64(doublings) else {
      return first > 0 ? longest : 0
    }
    return min(first << Int64(doublings), longest)
  }

  /// `random`: uniform over 64 bits.
  func delay(behind attempt: Int, random: UInt64) -> Int64 {
    let bound = UInt64(bound(behind: attempt))
    return Int64((random.multipliedFullWidth(by: bound + 1)).high)
  }
}
