internal import Connectors
internal import Schemas

/// Where a writer's records go: the pipeline's transactions, or a producer of the sink.
protocol RecordGate: AnyObject {
  /// Queues a record written after barrier `epoch`; never waits.
  func produce(_ record: OutgoingRecord, after epoch: Epoch?) -> ProduceOutcome
  /// All records before the barrier were queued.
  func passed(_ epoch: Epoch)
  /// Whether all records before the barrier are acknowledged.
  func isAcknowledged(_ epoch: Epoch) throws(ConnectorError) -> Bool
}

/// Into the pipeline's transactions, shared with all its exactly-once writers.
final class TransactionalGate: RecordGate {
  private let output: any TransactionalOutput

  init(_ output: any TransactionalOutput) { self.output = output }

  func produce(_ record: OutgoingRecord, after epoch: Epoch?) -> ProduceOutcome {
    output.produce(record, after: epoch)
  }

  func passed(_ epoch: Epoch) { output.passed(epoch) }

  func isAcknowledged(_ epoch: Epoch) throws(ConnectorError) -> Bool {
    try output.isAcknowledged(epoch)
  }
}

/// Straight to the brokers, counting for each epoch what is not yet acknowledged.
final class DirectGate: RecordGate {
  private let producer: RecordProducer
  private var current = DeliveryAccount()
  /// Accounts of epochs whose barrier has passed, oldest first.
  private var closed: [(epoch: Epoch, account: DeliveryAccount)] = []

  init(_ producer: RecordProducer) {
    self.producer = producer
    producer.register(current)
  }

  func produce(_ record: OutgoingRecord, after epoch: Epoch?) -> ProduceOutcome {
    if let failure = current.failure { return .rejected(failure) }
    return producer.produce(record, current)
  }

  func passed(_ epoch: Epoch) {
    closed.append((epoch, current))
    current = DeliveryAccount()
    producer.register(current)
  }

  func isAcknowledged(_ epoch: Epoch) throws(ConnectorError) -> Bool {
    while let first = closed.first, first.epoch <= epoch {
      let open = producer.settle(first.account)
      if let failure = first.account.failure { throw failure }
      guard open == 0 else { return false }
      producer.dismiss(closed.removeFirst().account)
    }
    return true
  }
}
