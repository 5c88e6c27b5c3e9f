package import Connectors
import KafkaConnector
package import Plans
package import Platform

/// How a command reaches the topics of a definition: with the brokers, the encryption and the login
/// that stand there.
package struct TopicAccess: Sendable {
  private let resolver: OptionResolver
  /// The definition's folder.
  private let directory: String
  let clock: any Clock
  private let notify: @Sendable (String) -> Void

  package init(
    resolver: OptionResolver, directory: String, clock: any Clock,
    notify: @escaping @Sendable (String) -> Void
  ) {
    self.resolver = resolver
    self.directory = directory
    self.clock = clock
    self.notify = notify
  }

  /// A topic with how it is reached; secrets are in it.
  package struct Place: Sendable {
    package var name: String
    package var block: String
    var options: ResolvedOptions
    var configuration: ClientConfiguration
  }

  package func place(
    of connector: ConnectorSpec, _ block: String
  ) throws(ConnectorError) -> Place {
    let options = try resolver.resolve(connector.options, place: block)
    guard case .text(let topic)? = options["topic"] else {
      throw ConnectorError(
        .configuration, "\(block): jobs need one topic by its name: `topic: \"…\"`")
    }
    return Place(
      name: topic, block: block, options: options,
      configuration: try ClientConfiguration(options, place: block, directory: directory))
  }

  package func place(of output: JobDefinition.Output) throws(ConnectorError) -> Place {
    try place(of: output.sink.connector, "sink `\(output.sink.name)`")
  }

  package func place(of source: SourceSpec) throws(ConnectorError) -> Place {
    try place(of: source.connector, source.place)
  }

  /// Bytes that a record of it may have at most.
  package func largestRecord(of source: SourceSpec) throws(ConnectorError) -> Int {
    let written = try place(of: source).configuration.entries["message.max.bytes"]
    return written.flatMap { Int($0) } ?? TaskForm.usualLargest
  }

  /// How many partitions it has; nil where there is no such topic.
  package func partitions(of place: Place) throws(ConnectorError) -> Int32? {
    try admin(place).partitionCount(place.name)
  }

  /// Makes it unless it is there; whether it was not.
  package func create(
    _ place: Place, partitions: Int32, replicas: Int32, settings: [String: String] = [:]
  ) throws(ConnectorError) -> Bool {
    try admin(place).createTopic(
      place.name, partitions: partitions, replicas: replicas, settings: settings)
  }

  func expect(_ place: Place) throws {
    guard try partitions(of: place) == nil else { return }
    throw JobError(
      "\(place.block): topic `\(place.name)` does not exist on \(place.configuration.brokers);"
        + " `raudal job topics` makes those of the definition")
  }

  func writer(to place: Place) throws(ConnectorError) -> TopicWriter {
    try TopicWriter(configuration: place.configuration, place: place.block, notify: notify)
  }

  /// From its beginning, records of committed transactions alone.
  func source(_ place: Place) throws(ConnectorError) -> any Source {
    var options = ResolvedOptions(["topic": .text(place.name)])
    for name in ["brokers", "tls", "sasl", "config"] { options.values[name] = place.options[name] }
    let environment = ConnectorEnvironment(
      pipeline: "job", clock: clock, lanes: ThreadLanes(), workers: 1,
      checkpointInterval: 10_000_000, notify: notify, directory: directory)
    let spec = SourceSpec(
      name: place.name, connector: ConnectorSpec(connector: "kafka", options: []),
      decoding: DecodingSpec(format: .raw, columns: []), eventTime: nil)
    return try KafkaConnectorFactory().makeSource(spec, options: options, environment: environment)
  }

  private func admin(_ place: Place) throws(ConnectorError) -> KafkaAdmin {
    try KafkaAdmin(configuration: place.configuration, clock: clock, notify: notify)
  }
}
