internal import CRdKafka
package import Connectors
package import Platform
package import Schemas
internal import Synchronization

/// Topics of a cluster as a source: one consumer for the process, its partitions spread over the
/// workers' readers by the engine, positions kept in checkpoints and nowhere else.
package final class KafkaSource: Source {
  /// Memory for records fetched ahead, shared by all workers (kilobytes).
  private static let inputBudget = 32 * 1024
  /// Records fetched ahead, shared by all workers: each costs the library some 400 bytes.
  private static let recordBudget = 100_000

  let name: String
  let place: String
  let client: KafkaClient
  let options: SourceOptions
  let environment: ConnectorEnvironment
  /// When librdkafka stops fetching ahead for a worker.
  let queueLimits: QueueWatch.Limits
  private let brokers: String
  /// What the last successful look at the cluster has found.
  private let known = Mutex<[SourcePartition]>([])
  let absent: AbsentPartitions
  /// Whether it was said that no topic matches.
  private let saidNothing = Mutex(false)

  package init(
    name: String, place: String, configuration: ClientConfiguration, options: SourceOptions,
    environment: ConnectorEnvironment
  ) throws(ConnectorError) {
    self.name = name
    self.options = options
    self.environment = environment
    brokers = configuration.brokers
    self.place = place
    absent = AbsentPartitions(
      place: place, brokers: configuration.brokers, notify: environment.notify)
    let settings = try ClientSettings(
      Self.withDefaults(configuration, workers: environment.workers), place: place)
    try settings.set("group.id", options.group ?? "raudal.\(environment.pipeline)")
    try settings.set("enable.auto.commit", "false")
    try settings.set("enable.auto.offset.store", "false")
    // The engine decides what to do about a position that is gone.
    try settings.set("auto.offset.reset", "error")
    try settings.set("enable.partition.eof", "true")
    // Younger libraries look again by themselves after this many milliseconds (see `QueueWatch`).
    settings.setIfKnown("fetch.queue.backoff.ms", "10")
    queueLimits = QueueWatch.Limits(
      records: settings.value("queued.min.messages").flatMap { Int($0) } ?? Self.recordBudget,
      bytes: 1024
        * (settings.value("queued.max.messages.kbytes").flatMap { Int($0) } ?? Self.inputBudget))
    client = try KafkaClient(
      RD_KAFKA_CONSUMER, settings, place: "\(place) (\(brokers))", notify: environment.notify,
      waits: environment.waits)
    client.status.onAbsence { [absent] in absent.report($0) }
    ConnectionPulse.shared.watch(client, environment.lanes)
  }

  deinit { KafkaClient.release(client, on: environment.lanes) }

  /// Our defaults, where the user's `config:` says nothing else.
  private static func withDefaults(
    _ configuration: ClientConfiguration, workers: Int
  ) -> ClientConfiguration {
    let workers = max(workers, 1)
    var configuration = configuration
    // A partition's queue is forwarded to its worker's, and librdkafka holds the limits against
    // the queue that is forwarded to: they are a worker's share, not a partition's.
    let defaults = [
      "isolation.level": "read_committed",
      "queued.max.messages.kbytes": String(max(256, inputBudget / workers)),
      "queued.min.messages": String(max(8_192, recordBudget / workers)),
      "fetch.max.bytes": String(8 << 20),
      "fetch.error.backoff.ms": "100",
      // Brokers may send more than was asked for, so that a single large record gets through.
      "receive.message.max.bytes": "1000000000",
    ]
    for (key, value) in defaults where configuration.entries[key] == nil {
      configuration.entries[key] = value
    }
    // The library refuses a fetch larger than what it would receive.
    if let receive = configuration.entries["receive.message.max.bytes"].flatMap({ Int($0) }),
      let fetch = configuration.entries["fetch.max.bytes"].flatMap({ Int($0) }),
      fetch > receive - 512
    {
      configuration.entries["fetch.max.bytes"] = String(max(receive - 512, 0))
    }
    return configuration
  }

  package var discoveryInterval: Int64? { options.discovery }

  package func partitions(fixEnds: Bool) throws(ConnectorError) -> [SourcePartition] {
    let before = known.withLock { $0 }
    do {
      let found = try look(fixEnds: fixEnds, before)
      let all = (found + before.filter { lost in !found.contains { $0.id == lost.id } })
        .sorted { $0.id < $1.id }
      known.withLock { $0 = all }
      return all
    } catch {
      // While running, brokers that are away are waited for: nothing new is known.
      guard error.kind == .retriable, !before.isEmpty, !fixEnds else { throw error }
      environment.notify("\(place): no look for new partitions: \(error.message)")
      return before
    }
  }

  private func look(
    fixEnds: Bool, _ before: [SourcePartition]
  ) throws(ConnectorError) -> [SourcePartition] {
    let inspection = ClusterInspection(
      client, place: place, clock: environment.clock, stop: environment.stop)
    let partitions = try allPartitions(
      inspection, read: before.map { .init(topic: $0.id.topic, number: $0.id.number) })
    let beginnings = try inspection.offsets(partitions, at: ClusterInspection.earliest)
    let starts = try self.starts(inspection, partitions, beginnings)
    let ends = fixEnds ? try inspection.offsets(partitions, at: ClusterInspection.latest) : [:]
    return partitions.map { partition in
      let beginning = beginnings[partition] ?? 0
      return SourcePartition(
        id: PartitionID(source: name, topic: partition.topic, number: partition.number),
        start: Position(offset: starts[partition] ?? beginning),
        beginning: Position(offset: beginning),
        end: ends[partition].map { Position(offset: $0) })
    }
  }

  /// `read`: those that were found before; they may be gone.
  private func allPartitions(
    _ inspection: ClusterInspection, read: [ClusterInspection.Partition]
  ) throws(ConnectorError) -> [ClusterInspection.Partition] {
    let counts: [String: Int32]
    switch options.topics {
    case .named(let names):
      counts = try inspection.partitionCounts(names)
      let known = Set(read.map(\.topic))
      if let missing = names.first(where: { counts[$0] == nil && !known.contains($0) }) {
        throw ConnectorError(
          .configuration,
          "\(place): topic `\(missing)` does not exist on \(brokers). Create it, or correct"
            + " `topic:`"
        )
      }
    case .matching(let pattern):
      // Names that begin with two underscores are Kafka's own topics.
      counts = try inspection.partitionCounts(nil).filter {
        !$0.key.hasPrefix("__") && pattern.matches($0.key)
      }
    }
    if case .matching(let pattern) = options.topics, counts.isEmpty { tellNothing(pattern) }
    absent.compare(read, with: counts)
    return counts.sorted { $0.key < $1.key }.flatMap { topic, count in
      (0..<max(count, 0)).map { ClusterInspection.Partition(topic: topic, number: $0) }
    }
  }

  /// A pattern may be ahead of its topics; or it is wrong.
  private func tellNothing(_ pattern: TopicPattern) {
    let isSaid = saidNothing.withLock { said in
      defer { said = true }
      return said
    }
    guard !isSaid else { return }
    let next =
      options.discovery.map { "new ones are looked for every \(Double($0) / 1e6) s" }
      ?? "with `discovery: 0s` new ones are not looked for"
    environment.notify(
      "\(place): no topic on \(brokers) matches `topic_pattern: \"\(pattern.text)\"` yet; \(next)")
  }

  private func starts(
    _ inspection: ClusterInspection, _ partitions: [ClusterInspection.Partition],
    _ beginnings: [ClusterInspection.Partition: Int64]
  ) throws(ConnectorError) -> [ClusterInspection.Partition: Int64] {
    switch options.start {
    case .earliest: return beginnings
    case .latest: return try inspection.offsets(partitions, at: ClusterInspection.latest)
    case .time(let microseconds):
      // Rounded up to a millisecond: no record of an earlier time.
      let (quotient, remainder) = microseconds.quotientAndRemainder(dividingBy: 1_000)
      let time = quotient + (remainder > 0 ? 1 : 0)
      return try inspection.offsets(partitions, at: max(time, 0))
    case .offsets(let offsets):
      try refuseUnknown(offsets, partitions)
      var starts = beginnings
      for partition in partitions {
        let own = offsets["\(partition.topic):\(partition.number)"]
        if let offset = own ?? offsets["\(partition.number)"] { starts[partition] = offset }
      }
      return starts
    case .committed:
      let committed = try GroupOffsets.committed(
        client, partitions.map { ($0.topic, $0.number) }, clock: environment.clock,
        stop: environment.stop, place: place)
      var starts = beginnings
      for element in committed where element.offset >= 0 {
        let partition = ClusterInspection.Partition(
          topic: element.topic, number: element.partition)
        starts[partition] = element.offset
      }
      return starts
    }
  }

  /// An offset for a partition that is not there is a slip, and would be of no effect. Partitions
  /// that come later begin at their beginning.
  private func refuseUnknown(
    _ offsets: [String: Int64], _ partitions: [ClusterInspection.Partition]
  ) throws(ConnectorError) {
    guard known.withLock({ $0.isEmpty }) else { return }
    let names = Set(partitions.flatMap { ["\($0.topic):\($0.number)", "\($0.number)"] })
    guard let unknown = offsets.keys.sorted().first(where: { !names.contains($0) }) else { return }
    let there = partitions.map { "\($0.topic):\($0.number)" }.joined(separator: ", ")
    throw ConnectorError(
      .configuration,
      "\(place): `start:` names partition \(unknown), which does not exist; there are: \(there)."
        + " Correct `start:`, or create the partition")
  }

  package func makeReader(
    worker: Int, wake: any Wake
  ) throws(ConnectorError) -> any SourceReader {
    guard let queue = rd_kafka_queue_new(client.handle) else {
      throw ConnectorError(.fatal, "\(place): no memory for a queue of records")
    }
    return KafkaReader(self, worker: worker, queue: queue, wake: wake)
  }

  /// Commits positions to the group without waiting for the answer: they are for tools alone.
  package func publish(_ positions: [PartitionID: Position]) throws(ConnectorError) {
    let list = PartitionList(capacity: positions.count)
    for (partition, position) in positions where partition.source == name {
      list.add(partition.topic, partition.number, offset: position.offset)
    }
    guard list.count > 0 else { return }
    let code = rd_kafka_commit(client.handle, list.handle, 1)
    guard code == RD_KAFKA_RESP_ERR_NO_ERROR else {
      throw BrokerFault(code).error("\(place): committing offsets to its group")
    }
  }
}
