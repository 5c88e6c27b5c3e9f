import Plans
import Schemas
import Testing

@testable import Dataflow

/// A barrier cuts the stream at the same place everywhere.
struct BarrierTests {
  @Test(arguments: World.both)
  func `what is behind a barrier on one input waits for the other inputs`(world: World) throws {
    let diary = Diary()
    var plan = PlanWriter()
    let left = plan.source("left")
    let right = plan.source("right")
    let filter = plan.step("pass", .from(right))
    let join = plan.step("join", .byKey(left), .byKey(filter))
    _ = plan.sink("out", .from(join))
    let rows = FirstJobTests.rows(partitions: 2, each: 400)
    let topics = [
      "left": MemoryTopic(name: "left", rows, seed: world.seed),
      "right": MemoryTopic(name: "right", rows, seed: world.seed &+ 9),
    ]
    let table = MemoryTable()
    let run = try TestRun(
      plan.plan, in: world, knobs: TestRun.Knobs(ringCapacity: 1, batchRows: 7), sources: topics,
      sinks: ["out": table],
      operators: ["pass": { _ in PassAll() }, "join": { Witness(diary, worker: $0) }])
    run.run(until: { table.rows.count > 50 })
    let first = try run.checkpoint(Epoch(1))
    let second = try run.checkpoint(Epoch(2))
    run.runToEnd()
    run.job.stop()
    for (epoch, restored) in [(1, first), (2, second)] {
      var seen = 0
      for worker in diary.workers {
        let lines = diary.lines(of: worker)
        let barrier = try #require(lines.firstIndex(of: "barrier \(epoch)"))
        seen += lines[..<barrier].count { $0.hasPrefix("row") }
      }
      let read = restored.partitions.reduce(0) { $0 + $1.position.offset }
      #expect(seen == Int(read))
    }
    #expect(table.rows.count == 1_600)
  }

  @Test(arguments: World.both)
  func `a barrier also passes when all sources have ended`(world: World) throws {
    let input = FirstJobTests.rows(partitions: 1, each: 20)
    let table = MemoryTable()
    let run = try TestRun(
      FirstJobTests.plan, in: world, knobs: TestRun.Knobs(workers: 3),
      sources: ["events": MemoryTopic(input, seed: world.seed)], sinks: ["out": table],
      operators: ["filter": { _ in KeepSome() }, "count": { _ in KeyedCount() }])
    run.runToEnd(workers: 3)
    let restored = try run.checkpoint(Epoch(1), workers: 3, isFinal: true)
    run.job.stop()
    #expect(restored.partitions.map(\.isEnded) == [true])
    // Its own, so that it can be read on should the end not hold for the next run.
    #expect(restored.partitions.map(\.watermark) == [Timestamp(microseconds: 190)])
    #expect(run.log.events.count { if case .prepared = $0 { true } else { false } } == 3)
    #expect(table.rows.sorted() == FirstJobTests.counted(input))
  }

  @Test(arguments: World.both)
  func `nothing is read behind a final barrier`(world: World) throws {
    let topic = MemoryTopic([[]], bounded: false, seed: world.seed)
    let table = MemoryTable()
    let run = try TestRun(
      FirstJobTests.plan, in: world, sources: ["events": topic], sinks: ["out": table],
      operators: ["filter": { _ in KeepSome() }, "count": { _ in KeyedCount() }])
    topic.append([Row(key: "a", time: 1, value: 1)], to: 0)
    run.run(until: { table.rows.count == 1 })
    _ = try run.checkpoint(Epoch(1), isFinal: true)
    topic.append([Row(key: "a", time: 2, value: 2)], to: 0)
    let restored = try run.checkpoint(Epoch(2))
    run.job.stop()
    #expect(restored.partitions.map(\.position.offset) == [1])
    #expect(table.rows.count == 1)
  }

  @Test(arguments: World.both)
  func `held sources read nothing until they are let go`(world: World) throws {
    let topic = MemoryTopic([[], []], bounded: false, seed: world.seed)
    let table = MemoryTable()
    let run = try TestRun(
      FirstJobTests.plan, in: world, sources: ["events": topic], sinks: ["out": table],
      operators: ["filter": { _ in KeepSome() }, "count": { _ in KeyedCount() }])
    run.job.holdSources()
    topic.append([Row(key: "a", time: 1, value: 1)], to: 0)
    let held = try run.checkpoint(Epoch(1))
    #expect(held.partitions.map(\.position.offset) == [0, 0])
    run.job.resumeSources()
    run.run(until: { table.rows.count == 1 })
    run.job.stop()
  }
}
