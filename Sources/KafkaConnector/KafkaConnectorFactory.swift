internal import CRdKafka
package import Connectors
package import Plans
package import Schemas

/// The connector `kafka`.
package struct KafkaConnectorFactory: ConnectorFactory {
  package init() {}

  package var name: String { "kafka" }

  package func makeSource(
    _ spec: SourceSpec, options: ResolvedOptions, environment: ConnectorEnvironment
  ) throws(ConnectorError) -> any Source {
    let place = spec.place
    return try KafkaSource(
      name: spec.name, place: place,
      configuration: ClientConfiguration(
        options, place: place, directory: environment.directory),
      options: SourceOptions(options, place: place), environment: environment)
  }

  package func makeSink(
    _ spec: SinkSpec, schema: Schema, options: ResolvedOptions,
    transaction: (any TransactionalOutput)?, environment: ConnectorEnvironment
  ) throws(ConnectorError) -> any Sink {
    let place = "sink `\(spec.name)`"
    return try KafkaSink(
      spec, schema: schema, topic: Self.topic(options, place: place),
      configuration: ClientConfiguration(
        options, place: place, directory: environment.directory),
      transaction: transaction, environment: environment)
  }

  package func makeTask(
    _ spec: TaskSpec, input: Schema, options: ResolvedOptions, environment: ConnectorEnvironment
  ) throws(ConnectorError) -> any TaskClient {
    let place = "task `\(spec.name)`"
    return try KafkaTask(
      spec, TaskRecord(options, input: input, in: place),
      ClientConfiguration(options, place: place, directory: environment.directory), environment)
  }

  /// The brokers, in a fixed order.
  package func transactionScope(_ spec: SinkSpec, options: ResolvedOptions) -> String? {
    guard spec.delivery == .exactlyOnce,
      let brokers = try? ClientConfiguration.brokers(options, place: "sink `\(spec.name)`")
    else { return nil }
    let addresses = brokers.split(separator: ",").map { $0.trimmed }
    return "kafka " + Set(addresses).sorted().joined(separator: ",")
  }

  package func makeCluster(
    _ spec: SinkSpec, options: ResolvedOptions, environment: ConnectorEnvironment
  ) throws(ConnectorError) -> any TransactionalCluster {
    let place = "sink `\(spec.name)`"
    return KafkaCluster(
      configuration: try ClientConfiguration(
        options, place: place, directory: environment.directory),
      markerTopic: try Self.topic(options, place: place), environment: environment)
  }

  private static func topic(
    _ options: ResolvedOptions, place: String
  ) throws(ConnectorError) -> String {
    guard case .text(let topic)? = options["topic"], !topic.isEmpty else {
      throw ConnectorError(.configuration, "\(place) writes no topic: write `topic: \"…\"`")
    }
    return topic
  }
}

extension Substring {
  /// Without spaces at its ends.
  fileprivate var trimmed: String {
    var rest = self
    while rest.first == " " { rest.removeFirst() }
    while rest.last == " " { rest.removeLast() }
    return String(rest)
  }
}
