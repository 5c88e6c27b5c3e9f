import Schemas

/// What the variants of an experiment make of those who saw them.
///
/// The checker makes steps of it that are there already: `ExperimentSteps`.
public struct ExperimentSpec: Hashable, Sendable {
  public struct Variant: Hashable, Sendable {
    public var name: String
    /// Of the users, who are one in all variants.
    public var share: Double

    public init(name: String, share: Double) {
      self.name = name
      self.share = share
    }
  }

  public static let mostVariants = 16
  /// The share of runs without a difference whose interval holds the true one at all times.
  public static let usualConfidence = 0.95
  /// The standard deviation of the differences that are thought of.
  public static let usualEffect = 0.02

  /// Text; null of a row that is no exposure.
  public var variant: Expression
  /// What tells users apart.
  public var users: [Expression]
  /// A condition, which may be null.
  public var isConversion: Expression
  /// Microseconds behind a user's first exposure.
  public var span: Int64
  /// Microseconds between two results.
  public var period: Int64
  /// The first is what the others are held against.
  public var variants: [Variant]
  public var confidence: Double
  public var effect: Double
  /// Microseconds.
  public var expiry: Int64?

  public init(
    variant: Expression, users: [Expression], isConversion: Expression, span: Int64,
    period: Int64, variants: [Variant], confidence: Double, effect: Double, expiry: Int64?
  ) {
    self.variant = variant
    self.users = users
    self.isConversion = isConversion
    self.span = span
    self.period = period
    self.variants = variants
    self.confidence = confidence
    self.effect = effect
    self.expiry = expiry
  }

  /// As the language writes it, without its block.
  public var text: String {
    let users = users.map(\.description).joined(separator: ", ")
    return "experiment of \(variant) by \(users) converted \(isConversion) within "
      + "\(TimeRendering.duration(span)) every \(TimeRendering.duration(period))"
      + (expiry.map { " expire after \(TimeRendering.duration($0))" } ?? "")
  }
}
