/// How long to wait before another attempt, and when to give up.
package struct RestartPolicy: Sendable {
  /// Failures without a checkpoint that counts in between, after which the run ends.
  package static let limit = 5
  private static let longestDelay: Int64 = 30_000_000

  /// Failures since the last checkpoint that counted.
  package private(set) var failures = 0
  /// All failures of the run.
  package private(set) var total = 0

  package init() {}

  package mutating func committed() { failures = 0 }

  /// Microseconds until the next attempt, doubling from one second up to 30; nil: give up.
  package mutating func failed() -> Int64? {
    failures += 1
    total += 1
    guard failures <= Self.limit else { return nil }
    return min(1_000_000 << Int64(failures - 1), Self.longestDelay)
  }
}
