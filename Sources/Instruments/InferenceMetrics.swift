import Synchronization

/// What an operator counts of the models that it asks, version by version.
public final class InferenceMetrics: Sendable {
  private let stored = Mutex<[VersionMetrics]>([])

  public init() {}

  /// Those of a version that is asked from now on.
  public func add(
    _ name: String, isShadow: Bool, baselines: [ScoreDrift.Baseline] = []
  ) -> VersionMetrics {
    let metrics = VersionMetrics(name, isShadow: isShadow, baselines)
    stored.withLock { $0.append(metrics) }
    return metrics
  }

  /// In the order of the declaration; empty of an operator that asks no model.
  public var versions: [VersionMetrics] { stored.withLock { $0.map { $0 } } }
}

/// Of one version of a model.
public final class VersionMetrics: Sendable {
  public let name: String
  /// Its answers are only counted.
  public let isShadow: Bool
  /// Calls, and the rows that came with them.
  public let calls = Counter()
  public let rows = Counter()
  /// Rows that it failed over.
  public let failed = Counter()
  /// Rows whose answer was known.
  public let hits = Counter()
  /// How long calls took.
  public let latency = Spans()
  public let scores = Scores()
  /// Of outputs that are held against a baseline.
  public let drifts: [ScoreDrift]

  init(_ name: String, isShadow: Bool, _ baselines: [ScoreDrift.Baseline]) {
    self.name = name
    self.isShadow = isShadow
    drifts = baselines.map { ScoreDrift($0) }
  }
}

/// How often a score was how high: in twenty classes from 0 to 1, and those beyond.
public final class Scores: Sendable {
  /// The upper bounds of all classes but the last.
  public static let bounds: [Double] = (0...20).map { Double($0) / 20 }

  private let classes = (0...bounds.count).map { _ in Counter() }
  /// In millionths.
  private let total = Counter()

  public init() {}

  /// What is no number is not counted.
  public func add(_ scores: some Sequence<Double>) {
    var counts = [Int](repeating: 0, count: classes.count)
    var sum = 0.0
    for score in scores where score.isFinite {
      counts[Self.number(of: score)] += 1
      sum += score
    }
    for (place, count) in counts.enumerated() where count > 0 { classes[place].add(count) }
    total.add(Int(exactly: (sum * 1_000_000).rounded()) ?? 0)
  }

  private static func number(of score: Double) -> Int {
    if score <= 0 { return 0 }
    if score > 1 { return bounds.count }
    return Int((score * 20).rounded(.up))
  }

  /// Scores of each class, the last one's those above 1.
  public var counts: [Int64] { classes.map(\.value) }
  public var sum: Double { Double(total.value) / 1_000_000 }
}
