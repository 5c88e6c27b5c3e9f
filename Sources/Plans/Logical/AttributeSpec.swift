public import Schemas

/// How touches share the value of a conversion.
public enum AttributionModel: Hashable, Sendable, Codable {
  case first, last, linear
  /// Microseconds in which a touch's weight halves.
  case decay(halfLife: Int64)
  /// Millionths of the value; what is left goes evenly to the touches between.
  case position(first: Int64, last: Int64)

  /// What the shares of `position` are parts of.
  public static let whole: Int64 = 1_000_000
  /// As the language calls them.
  public static let names = ["first", "last", "linear", "decay", "position"]
}

/// The value of each conversion, given to the touches of its key before it: the conversions are the
/// first input, the touches the second.
///
/// A touch counts that is no older than a look-back and meets its condition; of several look-backs
/// the first that sees a touch is the one that counts. A key with a null has no touches.
public struct AttributeSpec: Hashable, Sendable, Codable {
  public struct LookBack: Hashable, Sendable, Codable {
    /// Microseconds.
    public var span: Int64
    /// Over the touch's own columns; nil: all touches.
    public var condition: Expression?

    public init(span: Int64, condition: Expression?) {
      self.span = span
      self.condition = condition
    }
  }

  /// Of a touch they are the bits of an int.
  public static let mostLookBacks = 8

  /// In pairs of the same type.
  public var leftKeys: [Expression]
  public var rightKeys: [Expression]
  public var lookBacks: [LookBack]
  public var model: AttributionModel
  public var value: Expression
  /// The columns of the result but for the last, the credit.
  public var columns: [JoinedColumn]
  public var credit: String

  public init(
    leftKeys: [Expression], rightKeys: [Expression], lookBacks: [LookBack],
    model: AttributionModel, value: Expression, columns: [JoinedColumn], credit: String
  ) {
    self.leftKeys = leftKeys
    self.rightKeys = rightKeys
    self.lookBacks = lookBacks
    self.model = model
    self.value = value
    self.columns = columns
    self.credit = credit
  }
}

extension AttributeSpec {
  /// The columns of the conversion that the result has.
  public var leftColumns: [String] { join.leftColumns }

  public var rightColumns: [String] { join.rightColumns }

  /// The conditions on touches.
  public var conditions: [Expression] { lookBacks.compactMap(\.condition) }

  /// The result but for the credit, as that of a join.
  var join: JoinSpec {
    JoinSpec(
      kind: .left, leftKeys: leftKeys, rightKeys: rightKeys,
      before: lookBacks.map(\.span).max() ?? 0, after: 0, columns: columns)
  }

  public var creditField: Field { Field(credit, value.fieldType) }

  /// What touches must be to count.
  public var windows: String {
    let parts = lookBacks.map { lookBack in
      "within \(TimeRendering.duration(lookBack.span))"
        + (lookBack.condition.map { " where \($0)" } ?? "")
    }
    return parts.joined(separator: " else ")
  }
}
