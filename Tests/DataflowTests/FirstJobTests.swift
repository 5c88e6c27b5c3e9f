import Plans
import Platform
import Schemas
import Synchronization
import Testing

@testable import Dataflow

/// The whole way, from a source over an exchange to a sink.
struct FirstJobTests {
  static func rows(partitions: Int, each: Int, keys: Int = 5) -> [[Row]] {
    (0..<partitions).map { partition in
      (0..<each).map { index in
        // A key lives in one partition, so that its order is fixed.
        Row(
          key: "k\(partition).\(index % keys)", time: Int64(index * 10),
          value: Int64(partition * 1_000 + index))
      }
    }
  }

  static func counted(_ input: [[Row]]) -> [Row] {
    var counts: [String: (Int64, Int64)] = [:]
    var result: [Row] = []
    for row in input.joined() where row.value % 3 != 0 {
      var entry = counts[row.key] ?? (0, 0)
      entry.0 += 1
      entry.1 += row.value
      counts[row.key] = entry
      result.append(Row(key: row.key, time: entry.0, value: entry.1))
    }
    return result.sorted()
  }

  static var plan: PhysicalPlan {
    var plan = PlanWriter()
    let source = plan.source()
    let filter = plan.step("filter", .from(source))
    let count = plan.step("count", .byKey(filter))
    _ = plan.sink("out", .from(count))
    return plan.plan
  }

  @Test(arguments: World.both)
  func `rows go from source over an exchange to the sink`(world: World) throws {
    let input = Self.rows(partitions: 3, each: 200)
    let table = MemoryTable()
    let run = try TestRun(
      Self.plan, in: world, sources: ["events": MemoryTopic(input, seed: world.seed)],
      sinks: ["out": table],
      operators: ["filter": { _ in KeepSome() }, "count": { _ in KeyedCount() }])
    run.runToEnd()
    run.job.stop()
    #expect(run.log.failures.isEmpty)
    #expect(table.rows.sorted() == Self.counted(input))
  }

  @Test(arguments: World.both)
  func `a restore at another parallelism goes on where the barrier was`(world: World) throws {
    let input = Self.rows(partitions: 4, each: 150)
    let table = MemoryTable()
    let topic = MemoryTopic(input, seed: world.seed)
    let operators: [String: TestMaker.Make] = [
      "filter": { _ in KeepSome() }, "count": { _ in KeyedCount() },
    ]
    let first = try TestRun(
      Self.plan, in: world, sources: ["events": topic], sinks: ["out": table],
      operators: operators)
    first.run(until: { table.rows.count > 20 })
    let restored = try first.checkpoint(Epoch(1))
    first.job.stop()
    #expect(restored.partitions.count == 4)
    let before = table.contents.withLock { contents in
      contents.prepared.values.flatMap { $0[Epoch(1)] ?? [] }
    }

    let after = MemoryTable()
    let second = try TestRun(
      Self.plan, in: world, knobs: TestRun.Knobs(workers: 3), sources: ["events": topic],
      sinks: ["out": after], operators: operators, restored: restored)
    second.runToEnd(workers: 3)
    second.job.stop()
    #expect((before + after.rows).sorted() == Self.counted(input))
  }
}
