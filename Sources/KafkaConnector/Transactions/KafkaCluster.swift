internal import CRdKafka
package import Connectors
internal import Platform
internal import Schemas
internal import Synchronization

/// The cluster that holds a pipeline's exactly-once output and, with it, the marker of the
/// checkpoint the output belongs to.
///
/// The marker is an offset of the group `raudal.<pipeline>.commits` at (first exactly-once topic,
/// 0): its number is the epoch, its metadata names the lineage and the manifest.
package final class KafkaCluster: TransactionalCluster {
  /// What a broker allows unless its `transaction.max.timeout.ms` was changed.
  private static let usualMaximum: Int64 = 900_000
  package static let minimum: Int64 = 60_000

  private let configuration: ClientConfiguration
  private let markerTopic: String
  private let environment: ConnectorEnvironment
  private let minimumTimeout: Int64
  /// The client that reads the marker, between a look at it and the reading.
  private let reader = Mutex<KafkaClient?>(nil)

  /// `minimumTimeout`: milliseconds that a transaction may stay open at least.
  package init(
    configuration: ClientConfiguration, markerTopic: String, environment: ConnectorEnvironment,
    minimumTimeout: Int64 = KafkaCluster.minimum
  ) {
    self.configuration = configuration
    self.markerTopic = markerTopic
    self.environment = environment
    self.minimumTimeout = minimumTimeout
  }

  /// Not the group in which sources publish their positions: a pipeline that reads the topic it
  /// writes would overwrite the marker.
  private var group: String { "raudal.\(environment.pipeline).commits" }

  /// Milliseconds that a transaction may stay open: ten checkpoints, at least the minimum.
  package static func timeout(interval: Int64, minimum: Int64 = minimum) -> Int64 {
    let tenfold = interval.multipliedReportingOverflow(by: 10)
    let wanted = tenfold.overflow ? Int64.max : tenfold.partialValue
    return min(max(minimum, wanted / 1_000), Int64(Int32.max))
  }

  /// Blocks until the coordinator has fenced all earlier producers of this name, or fails after a
  /// minute.
  package func makeProducer(turn: Int) throws(ConnectorError) -> any TransactionalProducer {
    let wanted = Self.timeout(
      interval: environment.checkpointInterval, minimum: minimumTimeout)
    do {
      return try makeProducer(turn: turn, timeout: wanted)
    } catch {
      // A broker with the usual limit refuses more; a shorter timeout serves as well.
      guard error.kind == .configuration, wanted > Self.usualMaximum else { throw error }
      return try makeProducer(turn: turn, timeout: Self.usualMaximum)
    }
  }

  private func makeProducer(turn: Int, timeout: Int64) throws(ConnectorError)
    -> KafkaTransactionalProducer
  {
    let name = "raudal.\(environment.pipeline).\(turn)"
    let place = "transactional producer `\(name)` on \(configuration.brokers)"
    let settings = try ProducerSettings.make(configuration, place: place)
    try settings.set("transactional.id", name)
    try settings.set("transaction.timeout.ms", String(timeout))
    let client = try KafkaClient(
      RD_KAFKA_PRODUCER, settings, place: place, notify: environment.notify,
      waits: environment.waits)
    let producer = KafkaTransactionalProducer(
      RecordProducer(client: client, place: place, lanes: environment.lanes),
      KafkaTransactionalProducer.Identity(
        place: place, group: group, markerTopic: markerTopic, timeout: timeout),
      clock: environment.clock)
    do {
      try producer.initialize(stop: environment.stop)
    } catch {
      producer.destroy()
      throw error
    }
    return producer
  }

  package func readMarker() throws(ConnectorError) -> CommitMarker? {
    let client = try markerReader()
    reader.withLock { $0 = nil }
    let offset = try GroupOffsets.committed(
      client, [(markerTopic, 0)], clock: environment.clock, stop: environment.stop,
      place: markerPlace)
    guard let element = offset.first else { return nil }
    return try marker(element)
  }

  package func peekMarker() throws(ConnectorError) -> PeekedMarker {
    let client = try markerReader()
    guard let element = GroupOffsets.peek(client, (markerTopic, 0)) else { return .undecided }
    return .known(try marker(element))
  }

  private var markerPlace: String {
    "the commit marker of `\(group)` on \(configuration.brokers)"
  }

  /// The client that has peeked reads too.
  private func markerReader() throws(ConnectorError) -> KafkaClient {
    if let client = reader.withLock({ $0 }) { return client }
    let settings = try ClientSettings(configuration, place: markerPlace)
    try settings.set("group.id", group)
    // Makes the broker answer only when no transaction is deciding about the offset.
    try settings.set("isolation.level", "read_committed")
    try settings.set("enable.auto.commit", "false")
    let client = try KafkaClient(
      RD_KAFKA_CONSUMER, settings, place: markerPlace, notify: environment.notify,
      waits: environment.waits)
    reader.withLock { $0 = client }
    return client
  }

  private func marker(_ element: PartitionList.Element) throws(ConnectorError) -> CommitMarker? {
    guard element.offset >= 0 else { return nil }
    guard let marker = CommitMarkerText.decode(element.metadata, offset: element.offset) else {
      throw ConnectorError(
        .configuration,
        "\(markerPlace): the offset \(element.offset) at `\(markerTopic)` [0] was not written by"
          + " Raudal (its metadata is `\(element.metadata)`). Delete the group's offset there, or"
          + " rename the pipeline")
    }
    return marker
  }
}
