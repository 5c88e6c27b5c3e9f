internal import CRdKafka
package import Connectors
internal import Formats
package import Plans
package import Platform
package import Schemas

/// A topic as a sink: in the pipeline's transactions, or at once by an idempotent producer of its
/// own that all workers share.
package final class KafkaSink: Sink {
  /// What a record takes in a batch besides its bytes, at most.
  static let recordOverhead = 128

  private enum Delivery {
    case transactional(any TransactionalOutput)
    case direct(RecordProducer)
  }

  private let spec: SinkSpec
  private let schema: Schema
  private let topic: String
  private let place: String
  private let delivery: Delivery
  /// Bytes of a record, key and headers included.
  private let largestRecord: Int

  /// Blocks until the brokers have said that the topic exists.
  package init(
    _ spec: SinkSpec, schema: Schema, topic: String, configuration: ClientConfiguration,
    transaction: (any TransactionalOutput)?, environment: ConnectorEnvironment
  ) throws(ConnectorError) {
    self.spec = spec
    self.schema = schema
    self.topic = topic
    place = "sink `\(spec.name)`"
    let settings = try ProducerSettings.make(configuration, place: place)
    let limit = settings.value("message.max.bytes").flatMap { Int($0) } ?? 1_000_000
    largestRecord = limit - Self.recordOverhead
    let check = SinkTopicCheck(
      topic: topic, place: place, brokers: configuration.brokers, limit: limit,
      clock: environment.clock, stop: environment.stop)
    let shown = "\(place) (\(configuration.brokers))"
    switch (spec.delivery, transaction) {
    case (.exactlyOnce, let transaction?):
      let client = try KafkaClient(
        RD_KAFKA_PRODUCER, settings, place: shown, notify: environment.notify,
        waits: environment.waits)
      defer { KafkaClient.release(client, on: environment.lanes) }
      delivery = .transactional(transaction)
      try check.run(client)
    case (.exactlyOnce, nil):
      throw ConnectorError(
        .fatal, "\(place): exactly-once delivery needs the pipeline's transactions")
    case (.atLeastOnce, _):
      let producer = try RecordProducer(
        configuration: configuration, place: shown, lanes: environment.lanes,
        notify: environment.notify, waits: environment.waits)
      delivery = .direct(producer)
      do {
        try check.run(producer.client)
      } catch {
        producer.close()
        throw error
      }
    }
  }

  package func makeWriter(
    worker: Int, wake: any Wake
  ) throws(ConnectorError) -> any SinkWriter {
    let encoder: any RecordEncoder
    do {
      encoder = try makeEncoder(spec.encoding, schema: schema)
    } catch {
      throw ConnectorError(.configuration, "\(place): \(error.description)")
    }
    let gate: any RecordGate
    switch delivery {
    case .transactional(let output):
      output.register(wake)
      gate = TransactionalGate(output)
    case .direct(let producer):
      producer.ring(wake)
      gate = DirectGate(producer)
    }
    return KafkaWriter(
      KafkaWriter.Target(
        sink: spec.name, worker: worker, topic: topic, place: place,
        largestRecord: largestRecord,
        isDeadLetter: spec.encoding.headers.contains { $0.name == "raudal.error" },
        isUpsert: spec.updates == .upsert),
      encoder: encoder, gate: gate)
  }

  package func close() {
    if case .direct(let producer) = delivery { producer.close() }
  }
}
