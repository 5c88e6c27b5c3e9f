package import KeyedState

/// An operator that can say what waits in it: each one that keeps rows or keys.
package protocol WaitingOperator: Operator {
  /// Asked about once a second, between two calls.
  var waiting: Waiting { get }
}

extension AsOfOperator: WaitingOperator {}
extension AttributionOperator: WaitingOperator {}
extension DedupeOperator: WaitingOperator {}
extension FinalOperator: WaitingOperator {}
extension FoldOperator: WaitingOperator {}
extension FrequencyCapOperator: WaitingOperator {}
extension FunnelOperator: WaitingOperator {}
extension GlobalWindowOperator: WaitingOperator {}
extension JoinOperator: WaitingOperator {}
extension KeepLastOperator: WaitingOperator {}
extension LatestOperator: WaitingOperator {}
extension LocalWindowOperator: WaitingOperator {}
extension MatchOperator: WaitingOperator {}
extension OrderOperator: WaitingOperator {}
extension OverOperator: WaitingOperator {}
extension RefreshingSessionOperator: WaitingOperator {}
extension RefreshingWindowOperator: WaitingOperator {}
extension RunningJoinOperator: WaitingOperator {}
extension RunningOperator: WaitingOperator {}
extension RunningTopOperator: WaitingOperator {}
extension SessionOperator: WaitingOperator {}
extension ThrottleOperator: WaitingOperator {}
extension TopOperator: WaitingOperator {}
extension UpsertOperator: WaitingOperator {}
