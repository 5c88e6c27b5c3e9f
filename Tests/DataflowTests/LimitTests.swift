import Columns
import KeyedState
import Plans
import Schemas
import TestKit
import Testing

@testable import Dataflow

/// A run whose sinks all stand behind exhausted limits comes to its end by itself.
struct LimitTests {
  static func text(_ streams: String) -> String {
    """
    pipeline first
    \(Definition.row)source events: Row from memory { event_time: time }
    \(streams)
    sink some to memory
    """
  }

  static let rows = (0..<2).map { partition -> [Row] in
    (0..<100).map { index -> Row in
      Row(key: "k\(index % 3)", time: Int64(index), value: Int64(partition * 100 + index))
    }
  }

  static let knobs = TestRun.Knobs(workers: 2, ringCapacity: 1, batchRows: 10, stopsAtEnd: false)

  @Test(arguments: World.both)
  func `an endless source ends when the limit is reached, and again after a restart`(
    world: World
  ) throws {
    let plan = try Definition.plan(Self.text("stream some = events | limit 30"))
    let topic = MemoryTopic(Self.rows, bounded: false, seed: world.seed)
    let (run, logs) = try Definition.run(plan, in: world, knobs: Self.knobs, topics: [topic])
    run.runToEnd()
    let restored = try run.checkpoint(Epoch(1))
    run.job.stop()
    #expect(logs["some"]?.rows.count == 30)
    #expect(restored.partitions.allSatisfy { !$0.isEnded })
    let (again, rest) = try Definition.run(
      plan, in: world, knobs: TestRun.Knobs(workers: 3, epoch: Epoch(1), stopsAtEnd: false),
      topics: [topic], restored: restored)
    again.runToEnd(workers: 3)
    again.job.stop()
    #expect(rest["some"]?.rows.isEmpty ?? false)
  }

  @Test(arguments: World.both)
  func `a source with another reader is read on`(world: World) throws {
    let plan = try Definition.plan(
      Self.text("stream some = events | limit 3\nsink events to memory"))
    let topic = MemoryTopic(Self.rows, bounded: false, seed: world.seed)
    let (run, logs) = try Definition.run(plan, in: world, knobs: Self.knobs, topics: [topic])
    let all = try #require(logs["events"])
    run.run(until: { all.rows.count == 200 })
    topic.append(Self.rows[0], to: 1)
    run.run(until: { all.rows.count == 300 })
    #expect(run.log.finished == 0)
    #expect(logs["some"]?.rows.count == 3)
    run.job.stop()
  }

  @Test(arguments: World.both)
  func `what waits before a limit that is reached is let go`(world: World) throws {
    let plan = try Definition.plan(Self.text("stream some = events | throttle 1/h | limit 1"))
    let topic = MemoryTopic(Self.rows, bounded: false, seed: world.seed)
    let (run, logs) = try Definition.run(plan, in: world, knobs: Self.knobs, topics: [topic])
    // In the real world the second row's turn would be an hour from now.
    run.runToEnd()
    let last = try run.checkpoint(Epoch(1))
    run.job.stop()
    #expect(logs["some"]?.rows.count == 1)
    #expect((last.blocks[OperatorID("some.throttle")] ?? []).allSatisfy { $0.state != "held" })
  }

  @Test(arguments: World.both)
  func `a source that nobody reads waits for the others before its time ends`(
    world: World
  ) throws {
    let plan = try Definition.plan(
      Self.text(
        """
        source more: Row from memory { event_time: time }
        stream few = events | window tumbling 10us by key { n = sum(value) } | limit 1
        stream some = more | window tumbling 10us by key { n = sum(value) }
        sink few to memory
        """))
    let endless = MemoryTopic(Self.rows, bounded: false, seed: world.seed)
    let other = MemoryTopic(name: "more", [[]], bounded: false, seed: world.seed)
    let (run, logs) = try Definition.run(
      plan, in: world, knobs: Self.knobs, topics: [endless, other])
    let few = try #require(logs["few"])
    run.run(until: { few.rows.count == 1 })
    let restored = try run.checkpoint(Epoch(1))
    let progress = (restored.blocks[OperatorID("few.window")] ?? []).filter {
      $0.state == "progress"
    }
    #expect(progress.allSatisfy { $0.rows.columns[0].ints[0] <= 100 })
    other.append(Self.rows[0], to: 0)
    let some = try #require(logs["some"])
    run.run(until: { some.rows.count >= 27 })
    #expect(run.log.finished == 0 && few.rows.count == 1)
    run.job.stop()
  }
}
