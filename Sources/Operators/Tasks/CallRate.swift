import Plans
import Schemas

/// Calls at most so fast: the generic cell rate algorithm. A bucket is one number, the time at
/// which its next call is due, so that there may be one for each of a million values.
///
/// Times are in 1/1024 microseconds, and a call's time is rounded up: the rate is never exceeded.
struct CallRate {
  /// Between two calls.
  let period: Int64
  /// How far the time of the next call may lie behind.
  let slack: Int64

  private static let scale: Int64 = 1024
  private static let longest = Int64.max >> 12

  init(_ rate: TaskSpec.Rate) {
    let exact = (1_000_000 / max(rate.rate, 1e-9) * Double(Self.scale)).rounded(.up)
    period = max(Int64(min(exact, Double(Self.longest))), 1)
    let (slack, isPast) = period.multipliedReportingOverflow(by: Int64(max(rate.burst, 1) - 1))
    self.slack = isPast ? Self.longest : min(slack, Self.longest)
  }

  /// A bucket that has nothing in it at that time.
  func empty(at now: Timestamp) -> Int64 { Self.time(now) }

  /// A bucket whose next call is due in the time that is between two.
  func soonest(at now: Timestamp) -> Int64 { Self.time(now) + min(period, Self.longest) }

  /// Time that went by without calls counts as a burst and no more.
  func look(_ next: inout Int64, at now: Timestamp) { next = max(next, Self.time(now) - slack) }

  /// How many calls may begin now.
  func available(_ next: Int64, at now: Timestamp) -> Int {
    let left = Self.time(now) - next
    return left < 0 ? 0 : Int(left / period) + 1
  }

  /// When the `number`th call from now on is due, from 0.
  func due(_ next: Int64, number: Int = 0) -> Timestamp {
    let time = next + min(period, Self.longest / Int64(number + 1)) * Int64(number)
    return Self.timestamp(time)
  }

  func pass(_ next: inout Int64) { next += period }

  /// Whether a bucket that is made anew would hold more than one that was used has.
  static func isPast(_ next: Int64, at now: Timestamp) -> Bool { next <= time(now) }

  /// Whether a restart takes less than the time between two calls, so that a bucket is remembered.
  var isSlow: Bool { period >= 1_000_000 * Self.scale }

  /// What is remembered of a bucket, or as much of it as can be true: the clock may have been set
  /// back since.
  func recalled(_ next: Int64, at now: Timestamp) -> Int64 { min(next, Self.time(now) + period) }

  /// Whether nothing is known of the bucket that a new one would not say.
  func isFull(_ next: Int64, at now: Timestamp) -> Bool { next <= Self.time(now) - slack }

  static func timestamp(_ time: Int64) -> Timestamp {
    Timestamp(microseconds: (time + scale - 1) >> 10)
  }

  static func time(_ now: Timestamp) -> Int64 {
    let most = Int64.max >> 11
    return min(max(now.microseconds, -most), most) * scale
  }
}
