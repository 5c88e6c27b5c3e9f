public import Schemas

/// One aggregate function: what it takes and gives, and what a two-phase plan must know of it.
public struct AggregateSignature: Hashable, Sendable {
  public var name: String
  public var parameters: [Parameter]
  public var result: ResultRule
  public var nulls: NullRule
  /// Whether merging partial states needs the rows' order tag (`first`, `collect`).
  public var dependsOnOrder: Bool
  /// Whether a row can make it fail (overflow of an exact sum).
  public var isFallible: Bool
  public var documentation: String

  public enum Parameter: Hashable, Sendable {
    /// Any value.
    case any
    /// A scalar that has an order; not `json`.
    case ordered
    /// int, float, decimal or duration, as it is.
    case summable
    /// A number, computed with as float: ints and decimals are cast.
    case float
    case bool, int
    /// A constant share between 0 and 1, or a percentage.
    case share
    /// A constant number of values, 1 to 1,000.
    case limit

    /// The most that a `limit` may be.
    public static let mostValues: Int64 = 1000

    /// Whether it says something of the aggregate itself, and is no value of rows.
    var isSetting: Bool { self == .share || self == .limit }
  }

  public enum ResultRule: Hashable, Sendable {
    case type(DataType)
    /// That of the first argument.
    case first
    /// As the first; a decimal(p, s) becomes decimal(38, s).
    case sum
    /// A list of what the first is.
    case list
    /// A list of structs: a value as the first, its count, and by how much that may be too high.
    case counts
    /// float; of decimal(p, s) decimal(38, max(6, s)); of duration duration.
    case average
  }

  public enum NullRule: Hashable, Sendable {
    case never
    /// Null of no value at all: where an argument is nullable or the call has a filter.
    case ofNothing
    /// May be null also of values (`stddev_samp` of one).
    case always
  }

  public init(
    _ name: String, _ parameters: [Parameter], _ result: ResultRule, nulls: NullRule = .ofNothing,
    ordered: Bool = false, fails: Bool = false, _ documentation: String
  ) {
    self.name = name
    self.parameters = parameters
    self.result = result
    self.nulls = nulls
    self.dependsOnOrder = ordered
    self.isFallible = fails
    self.documentation = documentation
  }

  /// One of the values that come most often.
  private static func counted(_ type: DataType) -> DataType {
    .structure([Field("value", type), Field("count", .int), Field("error", .int)])
  }

  /// The type of a call's result. `nullable`: an argument is.
  public func fieldType(of arguments: [FieldType], filtered: Bool) -> FieldType {
    let first = arguments.first?.type ?? .int
    let type: DataType =
      switch (result, first) {
      case (.type(let type), _): type
      case (.first, _): first
      case (.list, _): .list(FieldType(first))
      case (.counts, _): .list(FieldType(Self.counted(first)))
      case (.sum, .decimal(_, let scale)):
        .decimal(precision: DataType.maximumPrecision, scale: scale)
      case (.sum, _): first
      case (.average, .decimal(_, let scale)):
        .decimal(precision: DataType.maximumPrecision, scale: max(6, scale))
      case (.average, .duration): .duration
      case (.average, _): .float
      }
    let nullable =
      switch nulls {
      case .never: false
      case .always: true
      case .ofNothing: filtered || arguments.contains(where: \.isNullable)
      }
    return FieldType(type, nullable: nullable)
  }
}
