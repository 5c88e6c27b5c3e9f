internal import CRdKafka
package import Connectors

/// What a Kafka block says about its connection: brokers, and librdkafka's own options under
/// `config:`, without those the engine owns.
package struct ClientConfiguration: Sendable, Hashable {
  package var brokers: String
  /// librdkafka's keys and values, as the user wrote them.
  package var entries: [String: String]

  package init(brokers: String, entries: [String: String] = [:]) {
    self.brokers = brokers
    self.entries = entries
  }

  /// `place` names the block in messages: "source `events`"; `directory` is what relative paths are
  /// relative to.
  package init(
    _ options: ResolvedOptions, place: String, directory: String = "."
  ) throws(ConnectorError) {
    brokers = try Self.brokers(options, place: place)
    entries = try Self.security(options, place: place, directory: directory)
    if let config = options["config"] {
      guard case .object(let object) = config else {
        throw ConnectorError(
          .configuration,
          "\(place): `config:` holds librdkafka's options in braces:"
            + " `config: { \"compression.type\": \"zstd\" }`")
      }
      try add(object, prefix: "", place: place)
    }
  }

  /// The addresses, with commas between.
  static func brokers(
    _ options: ResolvedOptions, place: String
  ) throws(ConnectorError) -> String {
    switch options["brokers"] {
    case .text(let text)? where !text.isEmpty: return text
    case .list(let list)? where !list.isEmpty:
      return try list.map { value throws(ConnectorError) in
        try Self.text(value, option: "brokers", place: place)
      }.joined(separator: ",")
    default:
      throw ConnectorError(
        .configuration, "\(place) has no brokers: write `brokers: \"host:9092\"`")
    }
  }

  private mutating func add(
    _ object: [String: ResolvedValue], prefix: String, place: String
  ) throws(ConnectorError) {
    for (name, value) in object {
      let key = prefix + name
      if case .object(let inner) = value {
        try add(inner, prefix: key + ".", place: place)
        continue
      }
      if let reason = Self.owned[key] {
        throw ConnectorError(
          .configuration, "\(place): `\(key)` cannot be set in `config:`: \(reason)")
      }
      entries[key] = try Self.text(value, option: key, place: place)
    }
  }

  static func text(
    _ value: ResolvedValue, option: String, place: String
  ) throws(ConnectorError) -> String {
    switch value {
    case .bool(let flag): return flag ? "true" : "false"
    case .int(let number): return String(number)
    case .float(let number): return String(number)
    case .text(let text): return text
    case .duration(let microseconds): return String(microseconds / 1_000)
    case .list, .object, .null, .key, .keys, .template:
      throw ConnectorError(.configuration, "\(place): `\(option)` takes one value")
    }
  }

  /// librdkafka's options that the engine sets, with the reason.
  private static let owned: [String: String] = [
    "bootstrap.servers": "write it as `brokers:`",
    "metadata.broker.list": "write it as `brokers:`",
    "group.id": "it is made of the pipeline's name, which names its checkpoints too",
    "group.instance.id": "partitions are assigned by the engine, not by a group",
    "partition.assignment.strategy": "partitions are assigned by the engine, not by a group",
    "enable.auto.commit": "positions belong to checkpoints",
    "auto.commit.enable": "positions belong to checkpoints",
    "auto.commit.interval.ms": "positions belong to checkpoints",
    "enable.auto.offset.store": "positions belong to checkpoints",
    "offset.store.method": "positions belong to checkpoints",
    "auto.offset.reset": "write `start:` and `on_gap:`",
    "enable.partition.eof": "the engine needs it to know when it has caught up",
    "transactional.id": "it is made of the pipeline's name",
    "transaction.timeout.ms": "it follows from `checkpoint { every: … }`",
    "enable.idempotence": "output is never written twice by a retry",
    "enable.gapless.guarantee": "the engine watches every delivery itself",
    "acks": "a row counts as written when all replicas in sync have it",
    "request.required.acks": "a row counts as written when all replicas in sync have it",
    "partitioner": "it is Java's murmur2, so that all producers agree where a key goes",
    "delivery.report.only.error": "the engine counts every delivery",
    "statistics.interval.ms": "the engine's own metrics take its place",
    "enabled_events": "the engine handles all events",
    "opaque": "the engine uses it",
    "default_topic_conf": "write the options themselves",
    "plugin.library.paths": "the engine loads no code of others",
  ]
}

/// The settings of one client under construction. Frees its C object unless a client takes it.
package final class ClientSettings {
  private var handle: OpaquePointer?
  private let place: String
  let brokers: String
  /// How we connect and log in, without secrets.
  let security: String

  /// The user's entries first, so that what the engine sets afterwards holds.
  package init(_ configuration: ClientConfiguration, place: String) throws(ConnectorError) {
    self.place = place
    brokers = configuration.brokers
    security = configuration.securityText
    handle = rd_kafka_conf_new()
    try set("bootstrap.servers", configuration.brokers)
    // Why a broker hangs up is said in these lines alone. Where it is no trouble, nobody sees them.
    try set("log.connection.close", "true")
    for (key, value) in configuration.entries.sorted(by: { $0.key < $1.key }) {
      try set(key, value)
    }
  }

  deinit { if let handle { rd_kafka_conf_destroy(handle) } }

  package func set(_ key: String, _ value: String) throws(ConnectorError) {
    var reason = [CChar](repeating: 0, count: 512)
    let result = rd_kafka_conf_set(handle, key, value, &reason, reason.count)
    guard result == RD_KAFKA_CONF_OK else {
      throw ConnectorError(.configuration, "\(place): \(text(reason)). See librdkafka's options")
    }
  }

  /// For options that not every version of the library has.
  func setIfKnown(_ key: String, _ value: String) {
    var reason = [CChar](repeating: 0, count: 512)
    rd_kafka_conf_set(handle, key, value, &reason, reason.count)
  }

  /// The value in force, the library's default included.
  package func value(_ key: String) -> String? {
    var size = 0
    guard rd_kafka_conf_get(handle, key, nil, &size) == RD_KAFKA_CONF_OK else { return nil }
    var buffer = [CChar](repeating: 0, count: max(size, 1))
    guard rd_kafka_conf_get(handle, key, &buffer, &size) == RD_KAFKA_CONF_OK else { return nil }
    return text(buffer)
  }

  /// Gives the C object away; the settings are of no use afterwards.
  func take() -> OpaquePointer? {
    defer { handle = nil }
    return handle
  }

  func restore(_ taken: OpaquePointer?) { handle = taken }

  /// For calls that set callbacks and events.
  func configure(_ body: (OpaquePointer?) -> Void) { body(handle) }
}

/// The text before the terminating zero.
func text(_ buffer: [CChar]) -> String {
  String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
}
