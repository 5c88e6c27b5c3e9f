/// What a join without an interval is besides its keys and columns: both sides are kept, and the
/// result is that of all rows that are there.
public struct RunningJoinSpec: Hashable, Sendable, Codable {
  /// Whether rows of a side may be taken back.
  public var leftUpdates: Bool
  public var rightUpdates: Bool
  /// Microseconds of event time after which a row is forgotten; nil: never.
  public var expiry: Int64?
  /// How the result changes.
  public var mode: StreamMode

  public init(leftUpdates: Bool, rightUpdates: Bool, expiry: Int64?, mode: StreamMode) {
    self.leftUpdates = leftUpdates
    self.rightUpdates = rightUpdates
    self.expiry = expiry
    self.mode = mode
  }

  public var takesUpdates: Bool { leftUpdates || rightUpdates }

  /// As a plan says it, in the place of the interval.
  public var text: String {
    "of all rows so far" + (expiry.map { ", expire after \(TimeRendering.duration($0))" } ?? "")
  }
}
