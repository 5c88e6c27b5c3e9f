import Schemas

/// How far rows are from what those of their key before them let expect.
///
/// The checker makes a `fold` of it: a weighted mean and variance for each key, or for each slot of
/// a period. This says what the fold is, in the words of the language.
public struct AnomalySpec: Hashable, Sendable, Codable {
  /// How much less what was long ago counts.
  public enum Forgetting: Hashable, Sendable, Codable {
    /// Microseconds in which a row's weight halves.
    case halfLife(Int64)
    /// Each row takes this share of the weight from those before it.
    case share(Double)
  }

  /// A baseline for each step of a period, both in microseconds.
  public struct Season: Hashable, Sendable, Codable {
    public static let mostSlots: Int64 = 10_080

    public var period: Int64
    public var step: Int64

    public init(period: Int64, step: Int64) {
      self.period = period
      self.step = step
    }
  }

  public static let models = ["ewma", "seasonal"]
  /// Scores are no farther from zero, so that one of a series without variance is a number too.
  public static let greatestScore = 1e6
  /// A standard deviation is taken for this share of the mean at least: less is rounding.
  public static let leastScale = 1e-9
  /// Values farther from zero count as none: their squares would be no numbers.
  public static let greatestValue = 1e140

  public var value: Expression
  public var keys: [Expression]
  public var forgetting: Forgetting
  public var season: Season?
  /// The standard deviation is taken for this at least.
  public var floor: Double
  public var threshold: Double
  /// So many rows of a key, or of a slot, are looked at before one is judged.
  public var warmUp: Int64
  public var ignoresAnomalies: Bool
  /// Microseconds.
  public var expiry: Int64?
  /// The column that is added.
  public var name: String

  public init(
    value: Expression, keys: [Expression], forgetting: Forgetting, season: Season?, floor: Double,
    threshold: Double, warmUp: Int64, ignoresAnomalies: Bool, expiry: Int64?, name: String
  ) {
    self.value = value
    self.keys = keys
    self.forgetting = forgetting
    self.season = season
    self.floor = floor
    self.threshold = threshold
    self.warmUp = warmUp
    self.ignoresAnomalies = ignoresAnomalies
    self.expiry = expiry
    self.name = name
  }

  /// As the language writes it.
  public var text: String {
    let keys = keys.map(\.description).joined(separator: ", ")
    return "anomaly of \(value) by \(keys) using \(model) above \(threshold) after \(warmUp) rows"
      + (ignoresAnomalies ? " ignore anomalies" : "")
      + (expiry.map { " expire after \(TimeRendering.duration($0))" } ?? "")
  }

  private var model: String {
    var settings: [String] = []
    if let season {
      settings.append("period: \(TimeRendering.duration(season.period))")
      settings.append("step: \(TimeRendering.duration(season.step))")
    }
    switch forgetting {
    case .halfLife(let span): settings.append("half_life: \(TimeRendering.duration(span))")
    case .share(let share): settings.append("alpha: \(share)")
    }
    if floor > 0 { settings.append("floor: \(floor)") }
    return "\(Self.models[season == nil ? 0 : 1])(\(settings.joined(separator: ", ")))"
  }
}
