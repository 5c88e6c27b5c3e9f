package import Platform
package import Schemas

/// The pipeline's transactions as a sink's writers see them: two producers that take turns behind
/// one door. Shared by all exactly-once writers on a cluster; any worker's thread may call it.
package protocol TransactionalOutput: AnyObject, Sendable {
  /// Queues a record written after barrier `epoch` (nil: before the first of this run). `.full`
  /// also while the turn has not come: all writers must have passed that barrier, and all earlier
  /// records be acknowledged. The wake given to `register` rings when to try again.
  func produce(_ record: OutgoingRecord, after epoch: Epoch?) -> ProduceOutcome
  /// A writer that will call `passed` at every barrier.
  func register(_ wake: any Wake)
  /// The writer has handed over all rows before barrier `epoch`.
  func passed(_ epoch: Epoch)
  /// Whether all records before barrier `epoch` are acknowledged.
  func isAcknowledged(_ epoch: Epoch) throws(ConnectorError) -> Bool
}
