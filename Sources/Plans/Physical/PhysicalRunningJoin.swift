/// A join of all rows so far, behind exchanges of both inputs by their keys; see `RunningJoinSpec`.
public struct PhysicalRunningJoin: Hashable, Sendable, Codable {
  /// Its interval says nothing.
  public var join: PhysicalJoin
  public var running: RunningJoinSpec
  /// The columns by which a row is an update of another; none: rows come and go.
  public var pairs: [String]
  /// Where rows are taken back, by what they came (see `UpdateOrigin`).
  public var origin: String

  public init(join: PhysicalJoin, running: RunningJoinSpec, pairs: [String], origin: String) {
    self.join = join
    self.running = running
    self.pairs = pairs
    self.origin = origin
  }

  var lines: [String] {
    let keys = zip(join.leftKeys, join.rightKeys).map { "\($0) == \($1)" }
    return ["\(join.kind.word) on \(keys.joined(separator: " and ")) \(running.text)"]
      + (join.columns.isEmpty
        ? [] : ["columns \(join.columns.map(\.text).joined(separator: ", "))"])
  }
}
