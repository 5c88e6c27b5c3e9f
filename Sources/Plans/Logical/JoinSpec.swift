public import Schemas

/// Two streams joined within an interval of event time: the left is the first input.
///
/// A left row matches the right rows of equal keys whose event times are from `before` ahead of its
/// own to `after` behind it, both ends included. A key with a null matches nothing.
public struct JoinSpec: Hashable, Sendable, Codable {
  public enum Kind: String, Hashable, Sendable, Codable {
    case inner, left, right, full, semi, anti
  }

  /// Further bounds of a match, by values of one side: the other side's event time lies between
  /// them, both ends included. A null matches nothing.
  public struct ColumnBounds: Hashable, Sendable, Codable {
    /// Whether they are the right row's, and the left row's time is asked for.
    public var areRight: Bool
    public var low: Expression
    public var high: Expression

    public init(areRight: Bool, low: Expression, high: Expression) {
      self.areRight = areRight
      self.low = low
      self.high = high
    }
  }

  public var kind: Kind
  /// In pairs of the same type.
  public var leftKeys: [Expression]
  public var rightKeys: [Expression]
  /// Microseconds, not negative.
  public var before: Int64
  public var after: Int64
  public var columnBounds: ColumnBounds?
  /// All columns of the result, in order.
  public var columns: [JoinedColumn]
  /// Where there is no interval: all rows of both sides match.
  public var running: RunningJoinSpec?

  public init(
    kind: Kind, leftKeys: [Expression], rightKeys: [Expression], before: Int64, after: Int64,
    columns: [JoinedColumn]
  ) {
    self.kind = kind
    self.leftKeys = leftKeys
    self.rightKeys = rightKeys
    self.before = before
    self.after = after
    self.columns = columns
  }
}

/// A column of a join's result and where it comes from.
public struct JoinedColumn: Hashable, Sendable, Codable {
  public enum Source: Hashable, Sendable, Codable {
    case left(String)
    case right(String)
    /// A key by its number, of the side that has a row.
    case key(Int)
  }

  public var name: String
  public var source: Source

  public init(_ name: String, _ source: Source) {
    self.name = name
    self.source = source
  }
}

extension JoinSpec {
  /// What it computes of the left row.
  public var leftInputs: [Expression] { leftKeys + bounds(areRight: false) }

  /// What it computes of the right row.
  public var rightInputs: [Expression] { rightKeys + bounds(areRight: true) }

  private func bounds(areRight: Bool) -> [Expression] {
    guard let columnBounds, columnBounds.areRight == areRight else { return [] }
    return [columnBounds.low, columnBounds.high]
  }

  /// The same with other expressions over each side.
  public func mapExpressions(
    left: (Expression) -> Expression, right: (Expression) -> Expression
  ) -> JoinSpec {
    var spec = self
    spec.leftKeys = leftKeys.map(left)
    spec.rightKeys = rightKeys.map(right)
    if let columnBounds {
      let change = columnBounds.areRight ? right : left
      spec.columnBounds?.low = change(columnBounds.low)
      spec.columnBounds?.high = change(columnBounds.high)
    }
    return spec
  }

  /// The columns of the left row that the result has.
  public var leftColumns: [String] {
    columns.compactMap { if case .left(let name) = $0.source { name } else { nil } }
  }

  public var rightColumns: [String] {
    columns.compactMap { if case .right(let name) = $0.source { name } else { nil } }
  }

  /// The types of the result's columns; nil where a column is not there.
  public func types(left: Schema, right: Schema) -> [DataType?] {
    let (ofLeft, ofRight) = (Self.types(left), Self.types(right))
    return columns.map { column in
      switch column.source {
      case .left(let name): ofLeft[name]
      case .right(let name): ofRight[name]
      case .key(let number): leftKeys.indices.contains(number) ? leftKeys[number].type : nil
      }
    }
  }

  private static func types(_ row: Schema) -> [String: DataType] {
    Dictionary(row.fields.map { ($0.name, $0.type) }, uniquingKeysWith: { first, _ in first })
  }

  /// The interval, as the language writes it.
  public var bounds: String {
    let span = Self.bounds(before, after)
    guard let columnBounds else { return span }
    return "\(span) between \(columnBounds.low) and \(columnBounds.high)"
      + (columnBounds.areRight ? " of the other" : "")
  }

  static func bounds(_ before: Int64, _ after: Int64) -> String {
    let (ahead, behind) = (TimeRendering.duration(before), TimeRendering.duration(after))
    if before == after { return "within \(ahead)" }
    if after == 0 { return "within \(ahead) before" }
    return before == 0 ? "within \(behind) after" : "within \(ahead) before and \(behind) after"
  }
}
