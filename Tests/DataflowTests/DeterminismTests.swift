import Plans
import Platform
import Schemas
import Testing

@testable import Dataflow

/// The same input gives the same output, whatever the run was like.
struct DeterminismTests {
  /// source → filter → (by key) count → expand → (by key) count → sink.
  static var plan: PhysicalPlan {
    var plan = PlanWriter()
    let source = plan.source()
    let filter = plan.step("filter", .from(source))
    let first = plan.step("count", .byKey(filter))
    let expand = plan.step("expand", .from(first))
    let second = plan.step("again", .byKey(expand))
    _ = plan.sink("out", .from(second))
    return plan.plan
  }

  static let operators: [String: TestMaker.Make] = [
    "filter": { _ in KeepSome() }, "count": { _ in KeyedCount() },
    "expand": { _ in Expand(copies: 3) }, "again": { _ in KeyedCount() },
  ]

  static let input = FirstJobTests.rows(partitions: 3, each: 40, keys: 4)

  static func output(
    in world: World, knobs: TestRun.Knobs, checkpoints: Int = 0
  ) throws -> [Row] {
    let table = MemoryTable()
    let run = try TestRun(
      plan, in: world, knobs: knobs,
      sources: ["events": MemoryTopic(input, seed: world.seed)], sinks: ["out": table],
      operators: operators)
    for epoch in 0..<checkpoints {
      _ = try run.checkpoint(Epoch(UInt64(epoch) + 1), workers: knobs.workers)
    }
    run.runToEnd(workers: knobs.workers)
    run.job.stop()
    #expect(run.log.failures.isEmpty)
    return table.rows
  }

  static func byKey(_ rows: [Row]) -> [String: [Row]] { Dictionary(grouping: rows, by: \.key) }

  @Test func `all interleavings give each key the same rows in the same order`() throws {
    let expected = Self.byKey(
      try Self.output(in: .simulated(seed: 0), knobs: TestRun.Knobs(workers: 1)))
    #expect(expected.values.joined().count == Self.input.joined().count { $0.value % 3 != 0 } * 3)
    for seed in World.seeds(200) {
      var random = SeededGenerator(seed: seed)
      let knobs = TestRun.Knobs(
        workers: Int.random(in: 1...3, using: &random),
        ringCapacity: [1, 2, 5, 16].randomElement(using: &random) ?? 1,
        batchRows: [1, 2, 3, 17, 64].randomElement(using: &random) ?? 1)
      let rows = try Self.output(
        in: .simulated(seed: seed), knobs: knobs,
        checkpoints: Int.random(in: 0...2, using: &random))
      #expect(Self.byKey(rows) == expected, "seed \(seed), \(knobs)")
    }
  }

  @Test(arguments: [1, 2, 3])
  func `threads give each key the same rows in the same order`(workers: Int) throws {
    let expected = Self.byKey(
      try Self.output(in: .simulated(seed: 0), knobs: TestRun.Knobs(workers: 1)))
    for batchRows in [1, 16, 4_096] {
      let rows = try Self.output(
        in: .threads, knobs: TestRun.Knobs(workers: workers, batchRows: batchRows))
      #expect(Self.byKey(rows) == expected)
    }
  }

  @Test func `a seed replays exactly`() throws {
    let knobs = TestRun.Knobs(workers: 3, ringCapacity: 2, batchRows: 5)
    let first = try Self.output(in: .simulated(seed: 77), knobs: knobs)
    let second = try Self.output(in: .simulated(seed: 77), knobs: knobs)
    #expect(first == second)
  }

  @Test(arguments: World.both)
  func `rings of one batch of one row lock nothing up`(world: World) throws {
    var plan = PlanWriter()
    let source = plan.source()
    let first = plan.step("first", .byKey(source))
    let second = plan.step("second", .byKey(first))
    _ = plan.sink("out", .from(second))
    let table = MemoryTable(roomEvery: 3)
    let run = try TestRun(
      plan.plan, in: world, knobs: TestRun.Knobs(workers: 3, ringCapacity: 1, batchRows: 1),
      sources: ["events": MemoryTopic(Self.input, seed: world.seed)], sinks: ["out": table],
      operators: [
        "first": { Expand(copies: 5, marks: true, worker: $0) },
        "second": { Expand(copies: 3, marks: true, worker: $0) },
      ])
    _ = try run.checkpoint(Epoch(1), workers: 3)
    run.runToEnd(workers: 3)
    run.job.stop()
    let ordinary = table.rows.count { $0.key.hasPrefix("k") }
    #expect(ordinary == Self.input.joined().count * 15)
    #expect(table.rows.count { $0.key == "barrier 1" } == 3 * 5 * 3 + 3 * 3)
  }
}
