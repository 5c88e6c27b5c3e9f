public import Schemas

/// Two streams joined within an interval of event time: the left is the first input.
///
/// A left row matches the right rows of equal keys whose event times are from `before` ahead of its
/// own to `after` behind it, both ends included. A key with a null matches nothing.
public struct JoinSpec: Hashable, Sendable, Codable {
  public enum Kind: String, Hashable, Sendable, Codable {
    case inner, left, right, full, semi, anti
  }

  public var kind: Kind
  /// In pairs of the same type.
  public var leftKeys: [Expression]
  public var rightKeys: [Expression]
  /// Microseconds, not negative.
  public var before: Int64
  public var after: Int64
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
  public var bounds: String { Self.bounds(before, after) }

  static func bounds(_ before: Int64, _ after: Int64) -> String {
    let (ahead, behind) = (TimeRendering.duration(before), TimeRendering.duration(after))
    if before == after { return "within \(ahead)" }
    if after == 0 { return "within \(ahead) before" }
    return before == 0 ? "within \(behind) after" : "within \(ahead) before and \(behind) after"
  }
}
