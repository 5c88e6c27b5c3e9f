internal import Connectors
internal import Platform
internal import Schemas
internal import Synchronization

/// Where partitions end, as the brokers said last. Filled by a background lane, read by the reader.
final class EndFindings: Sendable {
  /// How long an answer holds, and the least time between two questions (nanoseconds).
  static let life: UInt64 = 1_000_000_000

  private struct State {
    var isAsking = false
    var askedAt: UInt64?
    var answeredAt: UInt64 = 0
    var ends: [PartitionID: Int64] = [:]
  }

  private let wake: any Wake
  private let state = Mutex(State())
  private let closed = Atomic<Bool>(false)

  init(_ wake: any Wake) { self.wake = wake }

  var isClosed: Bool { closed.load(ordering: .relaxed) }

  func close() { closed.store(true, ordering: .relaxed) }

  /// The partition's end, if it was learned just now.
  func end(of partition: PartitionID, at now: UInt64) -> Int64? {
    state.withLock { now &- $0.answeredAt <= Self.life ? $0.ends[partition] : nil }
  }

  /// Whether it is time for another question, which then counts as asked. An urgent one waits only
  /// for the answer to the last.
  func takeTurn(at now: UInt64, isUrgent: Bool = false) -> Bool {
    state.withLock { state in
      guard !state.isAsking,
        isUrgent || (state.askedAt.map { now &- $0 >= Self.life } ?? true)
      else { return false }
      state.isAsking = true
      state.askedAt = now
      return true
    }
  }

  /// `ends` is nil if the brokers did not say.
  func answer(_ ends: [PartitionID: Int64]?, at now: UInt64) {
    state.withLock { state in
      state.isAsking = false
      guard let ends else { return }
      state.ends = ends
      state.answeredAt = now
    }
    wake.wake()
  }
}

extension KafkaReader {
  /// Only the brokers know: a partition whose broker is away is silent too.
  func isAtEnd(_ partition: PartitionID) -> Bool {
    guard let state = partitions.first(where: { $0.id == partition }) else { return false }
    // Nothing can come from it.
    if state.isAbsent { return true }
    let clock = source.environment.clock
    if let end = ends.end(of: partition, at: clock.monotonic()) {
      return end <= max(state.next, state.endSeen)
    }
    if ends.takeTurn(at: clock.monotonic()) { askForEnds() }
    return false
  }

  func askForEnds() {
    // One that there is no longer would spoil the answer for all.
    let ids = partitions.filter { !$0.hasEnded && !$0.isHeld && !$0.isAbsent }.map(\.id)
    source.environment.lanes.submit(LaneName("kafka.ends.\(source.name)")) { [source, ends] in
      guard !ends.isClosed else { return }
      let clock = source.environment.clock
      let inspection = ClusterInspection(
        source.client, place: source.place, clock: clock, patience: 0)
      let places = ids.map { ClusterInspection.Partition(topic: $0.topic, number: $0.number) }
      let found = try? inspection.offsets(places, at: ClusterInspection.latest)
      ends.answer(
        found.map { found in
          Dictionary(zip(ids, places.map { found[$0] ?? .max }), uniquingKeysWith: { $1 })
        }, at: clock.monotonic())
    }
  }
}
