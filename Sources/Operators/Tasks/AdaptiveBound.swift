import Plans
import Schemas

/// How many calls may be under way where that follows the server: one more for each window of
/// answers in time, a third less where calls fail for want of room or answers are late (additive
/// increase, multiplicative decrease: Chiu and Jain, 1989).
///
/// Late is a window whose mean latency is far above what is usual, as in TCP Vegas and Netflix's
/// concurrency-limits. What is usual is learned anew from time to time with half as many calls, as
/// BBR probes (Cardwell et al., 2016): learned from ordinary windows it would grow with the queue
/// that the calls themselves make.
struct AdaptiveBound {
  /// A call that has ended.
  struct Sample: Hashable {
    /// When it left.
    var sent: Timestamp
    /// In microseconds; nil: there was no answer.
    var latency: Int64?
    /// Whether it failed for want of room.
    var isOverload: Bool
  }

  /// Answers of a window, however few calls are under way.
  private static let leastWindow = 10
  private static let decrease = 0.7
  /// A window is late beyond so many times what is usual, and so many microseconds.
  private static let tolerance = 2.0
  private static let slack = 2_000.0
  /// What is usual is learned anew so often, in microseconds.
  private static let probeInterval: Int64 = 30_000_000

  private let most: Double
  private var bound: Double
  /// Calls that left before say nothing of the bound as it is.
  private var since = Timestamp.beginning
  private var answers = 0
  private var total: Int64 = 0
  /// Whether more calls were wanted than there may be.
  private var wasReached = false
  /// The mean latency with half as many calls.
  private var usual: Double?
  private var isProbing = true
  private var probesAt = Timestamp.beginning
  /// When a call ended last.
  private var lastEnd = Timestamp.beginning

  /// nil where the bound stands.
  init?(_ policy: TaskSpec.Concurrency) {
    guard let first = policy.first else { return nil }
    most = Double(max(policy.calls, 1))
    bound = min(Double(max(first, 1)), most)
  }

  /// Calls that may be under way.
  var calls: Int { max(Int(isProbing && usual != nil ? bound / 2 : bound), 1) }

  /// Whether a new bound may take its place: nobody has called for a while.
  func isForgotten(at now: Timestamp) -> Bool { now >= lastEnd.later(by: 2 * Self.probeInterval) }

  /// A call was refused because there are so many.
  mutating func reach() { wasReached = true }

  mutating func record(_ sample: Sample, at now: Timestamp) {
    lastEnd = max(lastEnd, now)
    guard sample.sent >= since else { return }
    if sample.isOverload { return cut(at: now) }
    guard let latency = sample.latency else { return }
    answers += 1
    total += latency
    if answers >= max(calls, Self.leastWindow) { judge(Double(total) / Double(answers), at: now) }
  }

  /// A window has ended.
  private mutating func judge(_ mean: Double, at now: Timestamp) {
    defer { (answers, total, wasReached) = (0, 0, false) }
    guard !isProbing, let usual else {
      (usual, isProbing, since) = (mean, false, now)
      probesAt = now.later(by: Self.probeInterval)
      return
    }
    self.usual = min(usual, mean)
    if mean > usual * Self.tolerance + Self.slack {
      cut(at: now)
    } else if wasReached {
      bound = min(bound + 1, most)
    }
    if now >= probesAt { (isProbing, since) = (true, now) }
  }

  private mutating func cut(at now: Timestamp) {
    bound = max(bound * Self.decrease, 1)
    since = now
    (answers, total, wasReached) = (0, 0, false)
  }
}
