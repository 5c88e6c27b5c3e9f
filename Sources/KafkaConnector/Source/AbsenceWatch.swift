internal import Connectors
internal import Platform
internal import Synchronization

/// Waits for a reader's absent partitions to be there again, and finds out what there is of them
/// then.
final class AbsenceWatch: Sendable {
  typealias Partition = ClusterInspection.Partition

  /// Microseconds between two looks, and between two glances at whether the reader is closed.
  private static let interval: Int64 = 1_000_000
  private static let pause: Int64 = 100_000

  /// Looks that find nothing, until a partition that was to be read to its end counts as gone for
  /// good: brokers that have just started may not know it yet.
  private static let patience = 10

  private struct Waiting {
    var place: Partition
    /// How many looks it is waited for still; nil: without bound.
    var looks: Int?
  }

  private struct State {
    /// By the reader's index.
    var waiting: [Int: Waiting] = [:]
    var isRunning = false
    /// What was last told of a cluster that refuses to say.
    var told = ""
  }

  private let lane: LaneName
  private let state = Mutex(State())

  init(_ lane: LaneName) { self.lane = lane }

  /// `isBounded`: somebody waits for the partition's end.
  func wait(
    for index: Int, _ place: Partition, isBounded: Bool, _ source: KafkaSource,
    _ findings: GapFindings
  ) {
    let begins = state.withLock { state in
      state.waiting[index] = Waiting(place: place, looks: isBounded ? Self.patience : nil)
      defer { state.isRunning = true }
      return !state.isRunning
    }
    guard begins else { return }
    source.environment.lanes.submit(lane) { self.run(source, findings) }
  }

  private func run(_ source: KafkaSource, _ findings: GapFindings) {
    let stop = source.environment.stop
    while !findings.isClosed, !stop.isStopped {
      let waiting = state.withLock { state in
        state.isRunning = !state.waiting.isEmpty
        return state.waiting
      }
      guard !waiting.isEmpty else { return }
      look(for: waiting, source, findings)
      var waited: Int64 = 0
      while waited < Self.interval, !findings.isClosed, !stop.wait(microseconds: Self.pause) {
        waited += Self.pause
      }
    }
  }

  private func look(
    for waiting: [Int: Waiting], _ source: KafkaSource, _ findings: GapFindings
  ) {
    let inspection = ClusterInspection(
      source.client, place: source.place, clock: source.environment.clock, patience: 0)
    do throws(ConnectorError) {
      let topics = Set(waiting.values.map(\.place.topic))
      let counts = try inspection.partitionCounts(topics.sorted())
      source.absent.compare(waiting.values.map(\.place), with: counts)
      let back = waiting.filter { $0.value.place.number < counts[$0.value.place.topic] ?? 0 }
      let places = back.values.map(\.place)
      let firsts = try inspection.offsets(places, at: ClusterInspection.earliest)
      let lasts = try inspection.offsets(places, at: ClusterInspection.latest)
      for (index, waiting) in back {
        let first = firsts[waiting.place] ?? 0
        tell(index, first..<max(first, lasts[waiting.place] ?? first), findings)
      }
      for (index, waiting) in waiting where back[index] == nil {
        guard let looks = waiting.looks else { continue }
        if looks <= 1 { tell(index, nil, findings) }
        state.withLock { $0.waiting[index]?.looks = looks - 1 }
      }
    } catch {
      // Asked again: brokers may be away, or the topic gone once more.
      guard error.kind != .retriable else { return }
      let isNew = state.withLock { state in
        defer { state.told = error.message }
        return state.told != error.message
      }
      if isNew { source.environment.notify(error.message) }
    }
  }

  /// Waits for it no longer, and says what there is of it.
  private func tell(_ index: Int, _ range: Range<Int64>?, _ findings: GapFindings) {
    state.withLock { $0.waiting[index] = nil }
    findings.add(
      GapFindings.Finding(partition: index, range: .success(range), wasAbsent: true))
  }
}
