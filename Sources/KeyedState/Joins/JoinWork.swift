package import Columns

/// What a join has to do still, piece by piece, so that others have their turn.
package protocol JoinWork: AnyObject {
  /// Whether there are results to ask for, or rows to let go.
  var hasWork: Bool { get }
  /// A row has begun to look for its matches and not ended.
  var isWithinRow: Bool { get }
  /// The next results, at most `limit` of them; nil where a stretch of work made none.
  func next(limit: Int) -> Batch?
  /// The next results of the row that has begun.
  func nextOfRow(limit: Int) -> Batch?
}

extension JoinStore: JoinWork {}
extension RunningJoinStore: JoinWork {}
