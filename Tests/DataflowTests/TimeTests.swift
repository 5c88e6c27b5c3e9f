import Columns
import Connectors
import Operators
import Plans
import Platform
import Schemas
import Synchronization
import Testing

@testable import Dataflow

/// How far time has come, as operators are told.
struct TimeTests {
  func witnessed(
    _ topic: MemoryTopic, lateness: Int64 = 0, idle: Int64? = nil, maxDrift: Int64? = nil,
    world: World, workers: Int = 2, stopsAtEnd: Bool = true
  ) throws -> (TestRun, Diary, MemoryTable) {
    let diary = Diary()
    var plan = PlanWriter()
    let source = plan.source(lateness: lateness, idle: idle, maxDrift: maxDrift)
    let witness = plan.step("witness", .byKey(source))
    _ = plan.sink("out", .from(witness))
    let table = MemoryTable()
    let run = try TestRun(
      plan.plan, in: world, knobs: TestRun.Knobs(workers: workers, stopsAtEnd: stopsAtEnd),
      sources: ["events": topic], sinks: ["out": table],
      operators: ["witness": { Witness(diary, worker: $0) }])
    return (run, diary, table)
  }

  static func watermarks(_ lines: [String]) -> [Int64] {
    lines.compactMap { $0.hasPrefix("watermark ") ? Int64($0.dropFirst(10)) : nil }
  }

  @Test(arguments: World.both)
  func `the slowest partition holds the watermark, and it never goes back`(
    world: World
  ) throws {
    let topic = MemoryTopic([[], []], bounded: false, seed: world.seed)
    let (run, diary, table) = try witnessed(topic, lateness: 5, world: world)
    topic.append([Row(key: "a", time: 100, value: 1), Row(key: "a", time: 90, value: 2)], to: 0)
    run.run(until: { table.rows.count == 2 })
    topic.append([Row(key: "b", time: 40, value: 3)], to: 1)
    run.run(until: {
      diary.workers.count == 2
        && diary.workers.allSatisfy {
          Self.watermarks(diary.lines(of: $0)).last == 35
        }
    })
    topic.append([Row(key: "b", time: 300, value: 4)], to: 1)
    run.run(until: {
      diary.workers.allSatisfy {
        Self.watermarks(diary.lines(of: $0)).last == 95
      }
    })
    run.job.stop()
    for worker in diary.workers {
      let marks = Self.watermarks(diary.lines(of: worker))
      #expect(marks == marks.sorted())
    }
  }

  @Test(arguments: World.both)
  func `an idle partition lets time go on, and joins where it is when it comes back`(
    world: World
  ) throws {
    let topic = MemoryTopic([[], []], bounded: false, seed: world.seed)
    let (run, diary, table) = try witnessed(topic, idle: 20_000, world: world)
    topic.append([Row(key: "a", time: 100, value: 1)], to: 0)
    topic.append([Row(key: "b", time: 10, value: 2)], to: 1)
    run.run(until: { table.rows.count == 2 })
    run.run(until: { run.job.status().sources.allSatisfy(\.isIdle) })
    topic.append([Row(key: "a", time: 200, value: 3)], to: 0)
    run.run(until: {
      diary.workers.count == 2
        && diary.workers.allSatisfy {
          Self.watermarks(diary.lines(of: $0)).last == 200
        }
    })
    topic.append([Row(key: "b", time: 50, value: 4)], to: 1)
    run.run(until: { table.rows.count == 4 })
    // It counts from 200 on, where it joined, and the others wait for it there.
    topic.append([Row(key: "a", time: 400, value: 5)], to: 0)
    topic.append([Row(key: "b", time: 150, value: 6)], to: 1)
    run.run(until: { table.rows.count == 6 })
    #expect(
      diary.workers.allSatisfy { Self.watermarks(diary.lines(of: $0)).last == 200 })
    topic.append([Row(key: "b", time: 300, value: 7)], to: 1)
    run.run(until: {
      diary.workers.allSatisfy { Self.watermarks(diary.lines(of: $0)).last ?? 0 >= 300 }
    })
    run.job.stop()
    for worker in diary.workers {
      let marks = Self.watermarks(diary.lines(of: worker))
      #expect(marks == marks.sorted())
    }
  }

  @Test(arguments: World.both)
  func `a silent partition whose end nobody can tell does not fall idle`(world: World) throws {
    let topic = MemoryTopic([[], []], bounded: false, seed: world.seed)
    topic.ends.withLock { $0.areKnown = false }
    let (run, _, table) = try witnessed(topic, idle: 20_000, world: world)
    topic.append([Row(key: "a", time: 100, value: 1)], to: 0)
    topic.append([Row(key: "b", time: 10, value: 2)], to: 1)
    run.run(until: { table.rows.count == 2 })
    run.run(until: { topic.ends.withLock { $0.questions } >= 4 })
    #expect(!run.job.status().sources.contains { $0.isIdle })
    topic.ends.withLock { $0.areKnown = true }
    run.run(until: { run.job.status().sources.allSatisfy(\.isIdle) })
    run.job.stop()
  }

  @Test(arguments: World.both)
  func `a partition too far ahead of the slowest is held, and nothing is lost`(
    world: World
  ) throws {
    let slow = (0..<200).map { Row(key: "s", time: Int64($0), value: Int64($0)) }
    let fast = (0..<200).map { Row(key: "f", time: Int64($0 * 50), value: Int64($0)) }
    let topic = MemoryTopic([slow, fast], seed: world.seed)
    let (run, _, table) = try witnessed(topic, maxDrift: 100, world: world)
    run.runToEnd()
    run.job.stop()
    #expect(table.rows.sorted() == (slow + fast).sorted())
  }

  @Test(arguments: World.both)
  func `a partition found while running is read behind the next barrier, from its beginning`(
    world: World
  ) throws {
    let topic = MemoryTopic([[]], bounded: false, seed: world.seed, discovers: true)
    let (run, _, table) = try witnessed(topic, world: world, stopsAtEnd: false)
    topic.append([Row(key: "a", time: 1, value: 1)], to: 0)
    run.run(until: { table.rows.count == 1 })
    topic.append([Row(key: "b", time: 2, value: 2)], to: 1)
    run.job.add([
      SourcePartition(
        id: topic.id(1), start: Position(offset: 1), beginning: Position(offset: 0))
    ])
    let restored = try run.checkpoint(Epoch(1))
    #expect(restored.partitions.map(\.partition.number).sorted() == [0, 1])
    #expect(restored.partitions.first { $0.partition.number == 1 }?.position.offset == 0)
    run.run(until: { table.rows.count == 2 })
    run.job.stop()
  }

  @Test func `rows behind their partition's watermark carry it, others do not`() {
    var watermark = PartitionWatermark(lateness: 10)
    let first = Row.batch([5, 30, 20, 19].map { Row(key: "", time: $0, value: 0) })
    let late = watermark.advance(over: first.columns[1], rowCount: 4, selection: nil)
    #expect(late.map { column in (0..<4).map { column.ints[$0] } } == [.min, .min, .min, 20])
    #expect(watermark.time.microseconds == 20)
    let second = Row.batch([40].map { Row(key: "", time: $0, value: 0) })
    #expect(watermark.advance(over: second.columns[1], rowCount: 1, selection: nil) == nil)
    #expect(watermark.time.microseconds == 30)
  }
}
