package import Schemas

/// An operator that takes rows whenever they come and puts them out when their time has come, or
/// when there is room for them.
///
/// What it holds is in its snapshots, so barriers pass it at once. It never refuses rows, for those
/// in front of a barrier would hold that up; instead it says when it is full, and the runtime lets
/// the sources before it read no more.
package protocol HoldingOperator: Operator {
  /// While it does, the stage has not come to its end, nor is it idle.
  var holdsRows: Bool { get }
  /// Whether some of them wait for nothing but room. The runtime calls `resume` whenever there is
  /// some, in turn with all else that it has to do; other calls may come between.
  var hasMore: Bool { get }
  /// How many rows it holds, where none of them can go on before another run; nil where some can,
  /// or more may come of itself. It is asked when all sources have ended.
  var restingCount: Int? { get }
  /// Whether rows wait for an answer, or for what is being written down: it goes on by itself.
  var awaitsAnswers: Bool { get }
  /// Holds as much as it should: what sources would read now had to wait long.
  var isFull: Bool { get }
  /// The watermark behind which nothing is held any more. The runtime passes this one on, after
  /// every call, in the place of those that come in.
  var releasedWatermark: Timestamp { get }
  /// No row of it can come to a sink any more: it lets go of what it holds, and drops what comes.
  /// It may keep what it would put out at once wherever there is room.
  func letGo()
}

extension HoldingOperator {
  package var hasMore: Bool { false }
  package var restingCount: Int? { nil }
  package var awaitsAnswers: Bool { false }
  package func letGo() {}
}
