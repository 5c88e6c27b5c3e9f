import Synchronization

/// A number that only grows. Written by one thread, read by any.
public final class Counter: Sendable {
  private let stored = Atomic<Int64>(0)

  public init() {}

  public func add(_ amount: Int) { stored.add(Int64(amount), ordering: .relaxed) }
  public var value: Int64 { stored.load(ordering: .relaxed) }
}

/// The greatest of some numbers above zero.
public final class Peak: Sendable {
  private let stored = Atomic<Int64>(0)

  public init() {}

  public func raise(to value: Int64) { stored.max(value, ordering: .relaxed) }
  public var value: Int64 { stored.load(ordering: .relaxed) }
}

/// A number that goes up and down.
public final class Gauge: Sendable {
  private let stored = Atomic<Int64>(0)

  public init() {}

  public func set(_ value: Int64) { stored.store(value, ordering: .relaxed) }
  public var value: Int64 { stored.load(ordering: .relaxed) }
}

/// What every operator counts. Rows in + made = out + filtered + unmatched + late + failed +
/// expired + what was taken into state; a test holds the sum at every checkpoint.
public final class OperatorMetrics: Sendable {
  public let rowsIn = Counter()
  public let rowsOut = Counter()
  public let filtered = Counter()
  public let unmatched = Counter()
  public let late = Counter()
  /// Rows behind a watermark that their partition joined late (see time.md); part of `late`.
  public let lateAfterIdle = Counter()
  public let failed = Counter()
  public let absorbed = Counter()
  /// Rows made from state: a window's partial rows and results, keys that are over.
  public let made = Counter()
  /// Keys that were forgotten and told.
  public let expired = Counter()
  /// By how much the furthest of the late rows was, in microseconds.
  public let lateness = Peak()
  /// Nanoseconds that the operator was at work.
  public let busy = Counter()
  /// Of operators that ask the outside world.
  public let calls = CallMetrics()
  /// Of operators that ask models.
  public let inference = InferenceMetrics()

  public init() {}
}
