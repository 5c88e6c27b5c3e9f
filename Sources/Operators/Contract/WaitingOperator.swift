package import KeyedState

/// An operator that can say what waits in it.
package protocol WaitingOperator: Operator {
  /// Asked about once a second, between two calls.
  var waiting: Waiting { get }
}

extension DedupeOperator: WaitingOperator {}
extension FoldOperator: WaitingOperator {}
extension GlobalWindowOperator: WaitingOperator {}
extension JoinOperator: WaitingOperator {}
extension LocalWindowOperator: WaitingOperator {}
extension MatchOperator: WaitingOperator {}
extension OrderOperator: WaitingOperator {}
extension RunningJoinOperator: WaitingOperator {}
extension RunningOperator: WaitingOperator {}
extension SessionOperator: WaitingOperator {}
