/// An attribution whose keys, conditions and values were computed before it, over rows that are
/// conversions or touches; see `AttributeSpec`.
public struct PhysicalAttribution: Hashable, Sendable, Codable {
  public struct Column: Hashable, Sendable, Codable {
    public var name: String
    public var isOfTouch: Bool

    public init(_ name: String, isOfTouch: Bool) {
      self.name = name
      self.isOfTouch = isOfTouch
    }
  }

  public static let value = "$value"

  /// The first columns of the input.
  public var keys: [String]
  /// An `int` column: 0 says that the row is a conversion, bit 0 that it is a touch which the first
  /// look-back may see.
  public var mask: String
  /// Microseconds.
  public var lookBacks: [Int64]
  /// Look-backs and their conditions as text: with others, touches that were kept say nothing.
  public var windows: String
  public var model: AttributionModel
  /// Those of the result, under the same names in the input, but for the credit.
  public var columns: [Column]

  public init(
    keys: [String], mask: String, lookBacks: [Int64], windows: String, model: AttributionModel,
    columns: [Column]
  ) {
    self.keys = keys
    self.mask = mask
    self.lookBacks = lookBacks
    self.windows = windows
    self.model = model
    self.columns = columns
  }

  /// All columns of the input that it reads.
  public var read: [String] { keys + [mask, Self.value] + columns.map(\.name) }
}
