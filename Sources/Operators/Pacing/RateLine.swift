import Schemas

/// Rows at most so fast: the generic cell rate algorithm, a token bucket that is one number, the
/// time at which the next row is due.
///
/// Times are in 2⁻³² microseconds, and a row's time is rounded up: so the rate is never exceeded,
/// and kept to a billionth.
struct RateLine {
  /// Between two rows.
  private let period: Int128
  /// How far the next row's time may lie behind.
  private let slack: Int128
  /// How far it may lie ahead; more means that the clock was put back.
  private let lead: Int128
  /// nil before the first look at the clock: the first row is due then, and no burst before it.
  private var next: Int128?
  private var resumed = Int128(Int64.min) * RateLine.scale

  private static let scale: Int128 = 1 << 32
  /// More than the range of timestamps.
  private static let longest = 1e30

  /// - Parameters:
  ///   - rate: rows a second.
  ///   - burst: rows that may go at once after a time without any, at least 1.
  ///   - ahead: rows whose time may be given out before it has come.
  init(rate: Double, burst: Int, ahead: Int) {
    let exact = (1_000_000 / rate * Double(1 << 32)).rounded(.up)
    period = Int128(min(exact, Self.longest))
    slack = period * Int128(max(burst, 1) - 1)
    lead = period * Int128(max(ahead, 1))
  }

  /// Goes on where a line of an earlier run was, as far as that lies in the future.
  mutating func resume(at time: Timestamp) {
    resumed = max(resumed, Int128(time.microseconds) * Self.scale)
  }

  /// When the next row is due, for a checkpoint.
  var time: Timestamp { Self.time(next ?? resumed) }

  /// Time that went by without rows counts as a burst and no more.
  mutating func look(at now: Timestamp) {
    let now = Int128(now.microseconds) * Self.scale
    let least = next.map { max($0, now - slack) } ?? max(resumed, now)
    next = min(least, now + lead)
  }

  /// When so many rows may go.
  func due(_ rows: Int) -> Timestamp {
    Self.time((next ?? 0) + period * Int128(rows - 1))
  }

  mutating func pass(_ rows: Int) { next = (next ?? 0) + period * Int128(rows) }

  private static func time(_ value: Int128) -> Timestamp {
    let rounded = (value + scale - 1) >> 32
    return Timestamp(microseconds: Int64(clamping: rounded))
  }
}
