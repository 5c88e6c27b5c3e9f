internal import Connectors
internal import Platform
internal import Schemas
internal import Synchronization

/// What became known about positions that no longer exist. Filled by other threads, taken by the
/// reader.
final class GapFindings: Sendable {
  struct Finding: Sendable {
    var partition: Int
    /// The first and the next offset on the broker, or why they can't be known; nil where there is
    /// no such partition, and was none for long.
    var range: Result<Range<Int64>?, ConnectorError>
    /// The cluster did not name the partition for a while.
    var wasAbsent = false
  }

  struct News: Sendable {
    var findings: [Finding] = []
    /// Partitions, of any reader, that the cluster no longer names.
    var absent: [ClusterInspection.Partition] = []
  }

  private let wake: any Wake
  private let news = Mutex(News())
  private let hasAny = Atomic<Bool>(false)
  private let closed = Atomic<Bool>(false)

  init(_ wake: any Wake) { self.wake = wake }

  var hasNews: Bool { hasAny.load(ordering: .acquiring) }
  var isClosed: Bool { closed.load(ordering: .relaxed) }

  func close() { closed.store(true, ordering: .relaxed) }

  func add(_ finding: Finding) {
    news.withLock { $0.findings.append(finding) }
    tell()
  }

  func lose(_ partition: ClusterInspection.Partition) {
    news.withLock { $0.absent.append(partition) }
    tell()
  }

  private func tell() {
    hasAny.store(true, ordering: .releasing)
    wake.wake()
  }

  func take() -> News {
    hasAny.store(false, ordering: .relaxed)
    return news.withLock { news in
      defer { news = News() }
      return news
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
      do throws(ConnectorError) {
        let first = try inspection.offsets([place], at: ClusterInspection.earliest)[place] ?? 0
        let last = try inspection.offsets([place], at: ClusterInspection.latest)[place] ?? first
        findings.add(
          GapFindings.Finding(partition: partition, range: .success(first..<max(first, last))))
      } catch {
        let counts = try? inspection.partitionCounts([place.topic])
        if let counts, place.number >= counts[place.topic] ?? 0 { return findings.lose(place) }
        findings.add(GapFindings.Finding(partition: partition, range: .failure(error)))
      }
    }
  }
}
