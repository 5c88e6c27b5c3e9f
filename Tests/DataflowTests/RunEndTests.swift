import Connectors
import Plans
import Schemas
import TestKit
import Testing

@testable import Dataflow

/// A run that stops where its sources end now: such an end is the run's, not the source's.
struct RunEndTests {
  static let pipeline = """
    pipeline ends
    \(Definition.row)source left: Row from memory { event_time: time, idle: 20ms }
    source right: Row from memory { event_time: time, idle: 20ms }
    stream lefts = left | window tumbling 100us by key { total = sum(value) }
    stream rights = right | window tumbling 100us by key { total = sum(value) }
    sink lefts to memory
    sink lefts.late to memory
    sink rights to memory
    """

  @Test(arguments: World.both, [1, 2])
  func `a source at its end closes nothing before the others are at theirs`(
    world: World, workers: Int
  ) throws {
    let plan = try Definition.plan(Self.pipeline)
    let read = [Row(key: "a", time: 10, value: 1), Row(key: "a", time: 150, value: 2)]
    let right = MemoryTopic(name: "right", [read], bounded: false, seed: world.seed)
    let (first, logs) = try Definition.run(
      plan, in: world, knobs: TestRun.Knobs(workers: workers),
      topics: [MemoryTopic(name: "left", [read], seed: world.seed), right])
    var epoch = Epoch(1)
    var restored = try first.checkpoint(epoch, workers: workers)
    while !restored.partitions.contains(where: { $0.isEnded }), epoch.number < 1_000 {
      epoch = Epoch(epoch.number + 1)
      restored = try first.checkpoint(epoch, workers: workers)
    }
    first.job.stop()
    #expect(epoch.number < 1_000)
    let early = logs["lefts"]?.prepared(epoch) ?? []
    #expect(!early.contains { $0[1] == 100 }, "the window that is open stays so")

    // The next run reads on, as `StartPartitions` says it.
    for place in restored.partitions.indices { restored.partitions[place].isEnded = false }
    let more = read + [Row(key: "a", time: 160, value: 4), Row(key: "a", time: 400, value: 8)]
    let (second, later) = try Definition.run(
      plan, in: world, knobs: TestRun.Knobs(workers: 3 - workers, epoch: epoch),
      topics: [
        MemoryTopic(name: "left", [more], seed: world.seed),
        MemoryTopic(name: "right", [read], seed: world.seed),
      ],
      restored: restored)
    second.runToEnd(workers: 3 - workers)
    let totals = ((logs["lefts"]?.rows ?? []) + (later["lefts"]?.rows ?? [])).map { $0[3] }
    #expect(totals == [1, 6, 8])
    #expect(later["lefts.late"]?.rows.isEmpty == true)
    #expect(first.log.failures.isEmpty && second.log.failures.isEmpty)
  }

  static let meeting = """
    pipeline ends
    \(Definition.row)source left: Row from memory { event_time: time, idle: 20ms }
    source right: Row from memory { event_time: time }
    stream lefts = left | window tumbling 100us by key { total = sum(value) }
    stream rights = right | window tumbling 100us by key { total = sum(value) }
    stream both = lefts | union rights | window tumbling 100us by key { sum = sum(total) }
    sink both to memory
    sink both.late to memory
    """

  /// The short one is at its end when the other has hardly begun; its last window waits for both.
  @Test(arguments: World.both, [1, 2, 3])
  func `what waits for the end of one source is not late where it meets another`(
    world: World, workers: Int
  ) throws {
    let plan = try Definition.plan(Self.meeting)
    let long = (0..<2_000).map { Row(key: "a", time: 10 + 50 * Int64($0), value: 1) }
    let (run, logs) = try Definition.run(
      plan, in: world, knobs: TestRun.Knobs(workers: workers, ringCapacity: 2, batchRows: 7),
      topics: [
        MemoryTopic(name: "left", [[Row(key: "a", time: 20, value: 100)]], seed: world.seed),
        MemoryTopic(name: "right", [long], seed: world.seed),
      ])
    run.runToEnd(workers: workers)
    let sums = (logs["both"]?.rows ?? []).map { $0[3] }
    #expect(sums == [102] + Array(repeating: 2, count: 999))
    #expect(logs["both.late"]?.rows.isEmpty == true)
    #expect(run.log.failures.isEmpty)
  }
}
