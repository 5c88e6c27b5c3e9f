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

  private struct State {
    /// By the reader's index.
    var waiting: [Int: Partition] = [:]
    var isRunning = false
    /// What was last told of a cluster that refuses to say.
    var told = ""
  }

  private let lane: LaneName
  private let state = Mutex(State())

  init(_ lane: LaneName) { self.lane = lane }

  func wait(
    for index: Int, _ partition: Partition, _ source: KafkaSource, _ findings: GapFindings
  ) {
    let begins = state.withLock { state in
      state.waiting[index] = partition
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
    for waiting: [Int: Partition], _ source: KafkaSource, _ findings: GapFindings
  ) {
    let inspection = ClusterInspection(
      source.client, place: source.place, clock: source.environment.clock, patience: 0)
    do throws(ConnectorError) {
      let counts = try inspection.partitionCounts(Set(waiting.values.map(\.topic)).sorted())
      source.absent.compare(waiting.values, with: counts)
      let back = waiting.filter { $0.value.number < counts[$0.value.topic] ?? 0 }
      let places = Array(back.values)
      let firsts = try inspection.offsets(places, at: ClusterInspection.earliest)
      let lasts = try inspection.offsets(places, at: ClusterInspection.latest)
      state.withLock { state in for index in back.keys { state.waiting[index] = nil } }
      for (index, place) in back {
        let first = firsts[place] ?? 0
        findings.add(
          GapFindings.Finding(
            partition: index, range: .success(first..<max(first, lasts[place] ?? first)),
            wasAbsent: true))
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
}
