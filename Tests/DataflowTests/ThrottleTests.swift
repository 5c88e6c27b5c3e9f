import Columns
import KeyedState
import Plans
import Platform
import Schemas
import TestKit
import Testing

@testable import Dataflow

/// A slow `throttle` on the whole engine: barriers pass what waits, sources stop reading, and
/// nothing is lost.
struct ThrottleTests {
  static func text(_ throttle: String) -> String {
    """
    pipeline slow
    \(Definition.row)source events: Row from memory { event_time: time, lateness: 5us }
    stream slow = events | where value >= 0 \(throttle)
    stream sums = slow | window tumbling 100us by key { rows = count(), total = sum(value) }
    sink sums to memory
    sink sums.late to memory
    """
  }

  static func rows(partitions: Int, each: Int) -> [[Row]] {
    (0..<partitions).map { partition -> [Row] in
      (0..<each).map { index -> Row in
        let (time, value) = (index * 3 - index % 2, partition * 100_000 + index)
        return Row(key: "k\(index % 5)", time: Int64(time), value: Int64(value))
      }
    }
  }

  static func text(_ rows: [[Cell]]) -> [String] { rows.map { "\($0)" }.sorted() }

  static let throttle = OperatorID("slow.throttle")

  @Test(arguments: World.both)
  func `what waits at a barrier comes out after a restore with more workers`(
    world: World
  ) throws {
    let input = Self.rows(partitions: 3, each: 200)
    let plain = try Definition.run(
      Definition.plan(Self.text("")), in: world, knobs: TestRun.Knobs(),
      topics: [MemoryTopic(input, seed: world.seed)])
    plain.run.runToEnd()
    plain.run.job.stop()
    let expected = Self.text(plain.logs["sums"]?.rows ?? [])

    let plan = try Definition.plan(Self.text("| throttle 300/s"))
    let topic = MemoryTopic(input, seed: world.seed)
    let knobs = TestRun.Knobs(workers: 2, ringCapacity: 1, batchRows: 16)
    let (first, logs) = try Definition.run(plan, in: world, knobs: knobs, topics: [topic])
    let log = try #require(logs["sums"])
    first.run(until: { !log.rows.isEmpty })
    let restored = try first.checkpoint(Epoch(1))
    first.job.stop()
    let held = (restored.blocks[Self.throttle] ?? []).filter { $0.state == "held" }
    // Real threads may stand still until all has passed.
    if case .simulated = world { #expect(held.reduce(0) { $0 + $1.rows.rowCount } > 0) }

    let more = TestRun.Knobs(workers: 3, ringCapacity: 1, batchRows: 100, epoch: Epoch(1))
    let (second, rest) = try Definition.run(
      plan, in: world, knobs: more, topics: [topic], restored: restored)
    second.runToEnd(workers: 3)
    second.job.stop()
    #expect(Self.text(log.prepared(Epoch(1)) + (rest["sums"]?.rows ?? [])) == expected)
    #expect(rest["sums.late"]?.rows.isEmpty ?? false)
    #expect(logs["sums.late"]?.rows.isEmpty ?? false)
  }

  @Test(arguments: World.both)
  func `a row an hour holds up no checkpoint, and little is read`(world: World) throws {
    let plan = try Definition.plan(Self.text("| throttle 1/h"))
    let topic = MemoryTopic(Self.rows(partitions: 2, each: 3_000), seed: world.seed)
    let knobs = TestRun.Knobs(workers: 2, ringCapacity: 2, batchRows: 50)
    let (run, _) = try Definition.run(plan, in: world, knobs: knobs, topics: [topic])
    for epoch in 1...20 { _ = try run.checkpoint(Epoch(UInt64(epoch))) }
    run.run(until: { run.job.status().workers.contains { $0.heldUp > 0 } })
    let last = try run.checkpoint(Epoch(21), isFinal: true)
    let read = last.partitions.reduce(0) { $0 + $1.position.offset }
    let held = (last.blocks[Self.throttle] ?? []).filter { $0.state == "held" }
      .reduce(0) { $0 + $1.rows.rowCount }
    let out = run.job.status().stages.filter { $0.id == Self.throttle }
      .reduce(0) { $0 + $1.metrics.rowsOut }
    // A batch of each worker, and one that was under way when the gate was shut.
    #expect(held > 0 && read <= 4 * 50)
    #expect(held + Int(out) == Int(read))
    #expect(run.log.finished == 0)
    run.job.stop()
  }

  @Test func `rows leave at the rate in a real time, each partition's in order`() throws {
    let text = """
      pipeline slow
      \(Definition.row)source events: Row from memory { event_time: time }
      stream slow = events | throttle 1000/s
      sink slow to memory
      """
    let clock = SystemClock()
    let start = clock.monotonic()
    let (run, logs) = try Definition.run(
      Definition.plan(text), in: .threads, knobs: TestRun.Knobs(workers: 2, batchRows: 64),
      topics: [MemoryTopic(Self.rows(partitions: 2, each: 200))])
    run.runToEnd()
    run.job.stop()
    #expect(clock.monotonic() &- start >= 398_000_000)
    let values = (logs["slow"]?.rows ?? []).compactMap { row -> Int64? in
      if case .int(let value) = row[2] { value } else { nil }
    }
    #expect(values.count == 400)
    for partition in [Int64(0), 1] {
      let own = values.filter { $0 / 100_000 == partition }
      #expect(own == own.sorted() && own.count == 200)
    }
  }
}
