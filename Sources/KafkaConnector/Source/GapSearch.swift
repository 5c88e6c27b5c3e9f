internal import CRdKafka
internal import Connectors
internal import Platform
internal import Schemas
internal import Synchronization

/// What became known about positions that no longer exist. Filled by a background lane, taken by
/// the reader.
final class GapFindings: Sendable {
  struct Finding: Sendable {
    var partition: Int
    /// The first and the next offset on the broker, or why they can't be known.
    var range: Result<Range<Int64>, ConnectorError>
  }

  private let wake: any Wake
  private let findings = Mutex<[Finding]>([])
  private let news = Atomic<Bool>(false)
  private let closed = Atomic<Bool>(false)

  init(_ wake: any Wake) { self.wake = wake }

  var hasNews: Bool { news.load(ordering: .acquiring) }
  var isClosed: Bool { closed.load(ordering: .relaxed) }

  func close() { closed.store(true, ordering: .relaxed) }

  func add(_ finding: Finding) {
    findings.withLock { $0.append(finding) }
    news.store(true, ordering: .releasing)
    wake.wake()
  }

  func take() -> [Finding] {
    news.store(false, ordering: .relaxed)
    return findings.withLock { findings in
      defer { findings = [] }
      return findings
    }
  }
}

/// Asks the brokers what there is of a partition whose position is gone.
enum GapSearch {
  static func begin(
    partition: Int, _ id: PartitionID, _ source: KafkaSource, _ findings: GapFindings
  ) {
    source.environment.lanes.submit(LaneName("kafka.gap.\(source.name)")) {
      guard !findings.isClosed else { return }
      let inspection = ClusterInspection(
        source.client, place: source.place, clock: source.environment.clock)
      let place = ClusterInspection.Partition(topic: id.topic, number: id.number)
      let range = Result { () throws(ConnectorError) -> Range<Int64> in
        let first = try inspection.offsets([place], at: ClusterInspection.earliest)[place] ?? 0
        let last = try inspection.offsets([place], at: ClusterInspection.latest)[place] ?? first
        return first..<max(first, last)
      }
      findings.add(GapFindings.Finding(partition: partition, range: range))
    }
  }
}

extension KafkaReader {
  /// Stops with what was lost, or goes on where `on_gap` says.
  func takeGaps() throws(ConnectorError) {
    for finding in gaps.take() {
      let state = partitions[finding.partition]
      let range = Self.readable(try finding.range.get(), of: state)
      if range.lowerBound <= state.next, state.next <= range.upperBound {
        // It was out of reach only for a while, as behind a change of the leader.
        try again(state)
        continue
      }
      let account = Self.account(state, range)
      switch source.options.onGap {
      case .fail:
        throw ConnectorError(
          .gap,
          "\(source.place): \(account). Write `on_gap: earliest` or `on_gap: latest` to go on"
            + " without them, or begin anew with `--fresh`")
      case .earliest: state.next = range.lowerBound
      case .latest: state.next = range.upperBound
      }
      state.endSeen = 0
      source.environment.notify("\(source.place): \(account); going on at \(state.next)")
      if let end = state.end, state.next >= end {
        state.isInGap = false
        reportEnd(of: finding.partition)
      } else {
        try again(state)
      }
    }
  }

  /// What there is to read: not what came behind the fixed end.
  private static func readable(_ range: Range<Int64>, of state: ReaderPartition) -> Range<Int64> {
    let last = max(range.lowerBound, min(range.upperBound, state.end ?? .max))
    return range.lowerBound..<last
  }

  /// Reads on at the partition's position.
  private func again(_ state: ReaderPartition) throws(ConnectorError) {
    unassign(state)
    state.isInGap = false
    try assign(state)
  }

  /// Stops the partition for good, so that it can be assigned anew.
  ///
  /// Stopping cuts the partition's queue from ours, in librdkafka's own time. Its calls are worked
  /// off in order, so after a pause has been answered the stop has happened too.
  private func unassign(_ state: ReaderPartition) {
    let list = PartitionList()
    list.add(state.id.topic, state.id.number)
    if let error = rd_kafka_incremental_unassign(source.client.handle, list.handle) {
      rd_kafka_error_destroy(error)
    }
    rd_kafka_pause_partitions(source.client.handle, list.handle)
    rd_kafka_resume_partitions(source.client.handle, list.handle)
    if let queue = state.queue { rd_kafka_queue_destroy(queue) }
    state.queue = nil
  }

  private static func account(_ state: ReaderPartition, _ range: Range<Int64>) -> String {
    let place = "topic `\(state.id.topic)` [\(state.id.number)]: offset \(state.next)"
    if state.next < range.lowerBound {
      return "\(place) no longer exists; the first available is \(range.lowerBound), so"
        + " \(range.lowerBound - state.next) records are lost"
    }
    return "\(place) does not exist; the broker has \(range.lowerBound) up to \(range.upperBound)"
      + " (was the topic made anew, or is `start:` beyond its end?), so"
      + " \(state.next - range.upperBound) records before it are not there"
  }
}
