package import Platform
package import Schemas

/// A cluster whose transactions are a pipeline's commit point: Kafka, or its simulation. All calls
/// may block and come from a background lane, except `produce`.
package protocol TransactionalCluster: AnyObject, Sendable {
  /// The producer `raudal.<pipeline>.<turn>` (turn 0 or 1). Initialising it fences every earlier
  /// one of that name.
  func makeProducer(turn: Int) throws(ConnectorError) -> any TransactionalProducer
  /// The marker of the last committed transaction; never one of an open or aborted transaction.
  func readMarker() throws(ConnectorError) -> CommitMarker?
  /// The same before anybody is fenced, without waiting for a transaction that is about to change
  /// it, or for brokers that are away.
  func peekMarker() throws(ConnectorError) -> PeekedMarker
}

/// What a cluster says of the marker while others may still write it.
package enum PeekedMarker: Sendable {
  case known(CommitMarker?)
  /// It may change any moment, or nobody has answered.
  case undecided
}

package protocol TransactionalProducer: AnyObject, Sendable {
  /// Queues a record. Never waits; any worker's thread may call it while a transaction is open.
  func produce(_ record: OutgoingRecord) -> ProduceOutcome
  /// Records queued and not yet acknowledged.
  var unacknowledged: Int { get }
  /// The first error that ends the transaction (a record was refused, the producer was fenced).
  var failure: ConnectorError? { get }
  /// Microseconds after which the cluster aborts a transaction and fences its producer.
  var timeout: Int64 { get }
  func begin() throws(ConnectorError)
  /// Waits until all queued records are acknowledged.
  func flush() throws(ConnectorError)
  /// Puts the marker into the open transaction and commits it. Anything but a clear success throws;
  /// the caller then never decides by itself whether the commit happened.
  func commit(_ marker: CommitMarker) throws(ConnectorError)
  /// Rings when it is worth asking again: after `produce` answered `.full`, after
  /// `unacknowledged` was not zero, and when `failure` is set.
  func ring(_ wake: any Wake)
  /// Drops what is queued and lets go of the connection, without waiting.
  func destroy()
}

extension TransactionalProducer {
  package func ring(_ wake: any Wake) {}
}

package enum ProduceOutcome: Sendable, Hashable {
  case queued
  /// No room at present: try again when the wake rings.
  case full
  case rejected(ConnectorError)
}

/// A record on its way out. The bytes are copied before `produce` returns.
package struct OutgoingRecord {
  package var topic: String
  package var key: UnsafeBufferPointer<UInt8>?
  package var value: UnsafeBufferPointer<UInt8>?
  /// Encoded as in `RecordBatch.headers`; empty for none.
  package var headers: UnsafeBufferPointer<UInt8>?
  /// Milliseconds; nil: the broker's or client's own time.
  package var timestamp: Int64?

  package init(
    topic: String, key: UnsafeBufferPointer<UInt8>?, value: UnsafeBufferPointer<UInt8>?,
    headers: UnsafeBufferPointer<UInt8>? = nil, timestamp: Int64? = nil
  ) {
    self.topic = topic
    self.key = key
    self.value = value
    self.headers = headers
    self.timestamp = timestamp
  }
}

/// What a commit leaves on the sink's cluster: which checkpoint belongs to the visible output.
package struct CommitMarker: Hashable, Sendable {
  package var epoch: Epoch
  /// Distinguishes lives of a pipeline that must not be mixed (`--fresh`, `--from`).
  package var lineage: String
  /// Digest of the checkpoint's manifest.
  package var digest: String

  package init(epoch: Epoch, lineage: String, digest: String) {
    self.epoch = epoch
    self.lineage = lineage
    self.digest = digest
  }
}
