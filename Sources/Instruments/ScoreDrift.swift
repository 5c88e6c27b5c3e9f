import Glibc
import Synchronization

/// How an output of a model is spread over its last rows, beside how it was spread once.
public final class ScoreDrift: Sendable {
  /// What it is held against: rows by class. All classes but the last have upper bounds.
  public struct Baseline: Hashable, Sendable {
    public var output: String
    public var bounds: [Double]
    public var rows: [Double]

    public init(output: String, bounds: [Double], rows: [Double]) {
      self.output = output
      self.bounds = bounds
      self.rows = rows
    }
  }

  /// Rows in which the window goes on, and how many such steps it has.
  static let step = 1_000
  static let steps = 10

  /// Counts by class: of whole steps, the oldest first, and of the one that is filled.
  private struct Window {
    var full: [[Int64]] = []
    var open: [Int64]
    var count = 0
  }

  public let baseline: Baseline
  private let window: Mutex<Window>

  public init(_ baseline: Baseline) {
    self.baseline = baseline
    window = Mutex(Window(open: Array(repeating: 0, count: baseline.bounds.count + 1)))
  }

  /// What is no number is not counted. O(log classes) each.
  public func add(_ values: some Sequence<Double>) {
    window.withLock { window in
      for value in values where value.isFinite {
        window.open[place(of: value)] += 1
        window.count += 1
        guard window.count == Self.step else { continue }
        window.full.append(window.open)
        if window.full.count == Self.steps { window.full.removeFirst() }
        window.open = Array(repeating: 0, count: window.open.count)
        window.count = 0
      }
    }
  }

  /// Rows of the window by class.
  public var counts: [Int64] {
    window.withLock { window in
      window.full.reduce(into: window.open) { sum, step in
        for (place, count) in step.enumerated() { sum[place] += count }
      }
    }
  }

  /// The first class whose bound is not below the value.
  private func place(of value: Double) -> Int {
    var (low, high) = (0, baseline.bounds.count)
    while low < high {
      let middle = (low + high) / 2
      if baseline.bounds[middle] < value { low = middle + 1 } else { high = middle }
    }
    return low
  }
}

extension ScoreDrift.Baseline {
  /// Fewer rows say nothing: a few by chance in another class look like drift.
  public static let least: Int64 = 200

  /// The population stability index: the sum over all classes of (a − b) · ln(a / b), where a and
  /// b are the shares of the rows now and then; nil where there are too few. Each class counts half
  /// a row more than it has, so that one without rows has a logarithm.
  public func index(_ counts: [Int64]) -> Double? {
    guard counts.count == rows.count, counts.reduce(0, +) >= Self.least else { return nil }
    let half = 0.5 * Double(rows.count)
    let then = rows.reduce(0, +) + half
    let now = Double(counts.reduce(0, +)) + half
    return zip(rows, counts).reduce(0) { sum, pair in
      let (a, b) = ((Double(pair.1) + 0.5) / now, (pair.0 + 0.5) / then)
      return sum + (a - b) * log(a / b)
    }
  }
}
