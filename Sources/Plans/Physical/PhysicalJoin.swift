/// A join whose keys are plain columns of its inputs, in pairs of the same type; see `JoinSpec`.
public struct PhysicalJoin: Hashable, Sendable, Codable {
  /// The columns of one side between which the other side's event time must lie.
  public struct ColumnBounds: Hashable, Sendable, Codable {
    /// Whether they are the right row's.
    public var areRight: Bool
    public var low: String
    public var high: String

    public init(areRight: Bool, low: String, high: String) {
      self.areRight = areRight
      self.low = low
      self.high = high
    }
  }

  public var kind: JoinSpec.Kind
  public var leftKeys: [String]
  public var rightKeys: [String]
  public var before: Int64
  public var after: Int64
  public var columnBounds: ColumnBounds?
  public var columns: [JoinedColumn]

  public init(
    kind: JoinSpec.Kind, leftKeys: [String], rightKeys: [String], before: Int64, after: Int64,
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
