/// What an operator counts of its calls to the outside world.
public final class CallMetrics: Sendable {
  /// Calls that were made and have ended, repeated ones too.
  public let sent = Counter()
  /// Of those, the ones that failed or got no answer in time.
  public let failed = Counter()
  /// Rows that found their answer in the cache, stale or not, and those that did not.
  public let hits = Counter()
  public let misses = Counter()
  /// Keys that were not asked for, because too many calls failed or a budget was used up.
  public let refused = Counter()
  /// Tokens that models read and wrote, and what they cost, in billionths.
  public let tokensRead = Counter()
  public let tokensWritten = Counter()
  public let cost = Counter()
  /// Calls without an answer yet.
  public let underWay = Gauge()
  /// Calls that may be, where their bound follows who is called; else 0.
  public let bound = Gauge()
  /// Until when there is nothing left of a budget, in microseconds of the clock; 0: never was.
  public let budgetUntil = Gauge()
  /// 1 while no call is made, because too many failed.
  public let isOpen = Gauge()
  /// How long calls took that were answered.
  public let latency = Spans()
  /// How long tasks waited from when they were due, as they came, by their time or to be tried
  /// again, until their calls were made.
  public let wait = Spans()

  public init() {}
}

/// How often spans of time were how long: in classes that double, from 250 µs on.
public final class Spans: Sendable {
  /// The upper bounds of all classes but the last, in microseconds.
  public static let bounds: [Int64] = (0..<16).map { 250 << Int64($0) }

  private let classes = (0...bounds.count).map { _ in Counter() }
  private let total = Counter()

  public init() {}

  /// Microseconds.
  public func add(_ span: Int64) {
    classes[Self.bounds.firstIndex { span <= $0 } ?? Self.bounds.count].add(1)
    total.add(Int(max(span, 0)))
  }

  /// Spans of each class, the last one's those beyond all bounds.
  public var counts: [Int64] { classes.map(\.value) }
  /// All spans together, in microseconds.
  public var sum: Int64 { total.value }
}
