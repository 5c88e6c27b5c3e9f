/// A join whose keys are plain columns of its inputs, in pairs of the same type; see `JoinSpec`.
public struct PhysicalJoin: Hashable, Sendable, Codable {
  public var kind: JoinSpec.Kind
  public var leftKeys: [String]
  public var rightKeys: [String]
  public var before: Int64
  public var after: Int64
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
