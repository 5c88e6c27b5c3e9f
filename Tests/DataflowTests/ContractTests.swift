import Checkpoints
import Columns
import Connectors
import Operators
import Plans
import Schemas
import Synchronization
import Testing

@testable import Dataflow

/// Each point of the operator contract, by an operator that uses it, in both worlds.
struct ContractTests {
  static let input = FirstJobTests.rows(partitions: 3, each: 60)

  static func sorted(_ rows: some Sequence<Row>) -> [Row] { rows.sorted() }

  /// source → step → sink.
  static func plan(_ step: String, port: NodeOutput = .main) -> PhysicalPlan {
    var plan = PlanWriter()
    let source = plan.source()
    let made = plan.step(step, .from(source))
    _ = plan.sink("out", .from(made, port))
    return plan.plan
  }

  func run(
    _ plan: PhysicalPlan, in world: World, sinks: [String: MemoryTable],
    operators: [String: TestMaker.Make]
  ) throws -> TestRun {
    let run = try TestRun(
      plan, in: world, sources: ["events": MemoryTopic(Self.input, seed: world.seed)],
      sinks: sinks, operators: operators)
    run.runToEnd()
    run.job.stop()
    #expect(run.log.failures.isEmpty)
    return run
  }

  @Test(arguments: World.both)
  func `an operator emits as credit allows and is resumed, at its end too`(
    world: World
  ) throws {
    let table = MemoryTable(roomEvery: 3)
    _ = try run(
      Self.plan("expand"), in: world, sinks: ["out": table],
      operators: ["expand": { Expand(copies: 4, marks: true, worker: $0) }])
    let marks = table.rows.filter { $0.key == "watermark" || $0.key == "finish" }
    let expanded = Self.input.joined().flatMap { row in
      (0..<4).map { Row(key: row.key, time: row.time, value: row.value * 4 + $0) }
    }
    #expect(marks.count == 2 * 2 * 4)
    #expect(table.rows.filter { !marks.contains($0) }.sorted() == expanded.sorted())
    // The last thing of each worker is its finish.
    for worker in 0..<2 {
      let own = marks.filter { $0.value / 1_000 == worker }
      #expect(
        own.map(\.key) == Array(repeating: "watermark", count: 4)
          + Array(repeating: "finish", count: 4))
    }
  }

  @Test(arguments: World.both)
  func `a timer that is always due leaves room for input, barriers and the end`(
    world: World
  ) throws {
    let table = MemoryTable()
    _ = try run(
      Self.plan("restless"), in: world, sinks: ["out": table],
      operators: ["restless": { _ in Restless() }])
    #expect(table.rows.sorted() == Self.input.joined().sorted())
  }

  @Test(arguments: World.both)
  func `side outputs go their own ways`(world: World) throws {
    var plan = PlanWriter()
    let source = plan.source()
    let divide = plan.step("divide", .from(source))
    _ = plan.sink("even", .from(divide))
    _ = plan.sink("odd", .from(divide, .late))
    _ = plan.sink("tens", .from(divide, .unmatched))
    let tables = ["even": MemoryTable(), "odd": MemoryTable(), "tens": MemoryTable()]
    _ = try run(plan.plan, in: world, sinks: tables, operators: ["divide": { _ in Divide() }])
    let all = Self.input.joined()
    #expect(
      tables["even"]?.rows.sorted()
        == all.filter { $0.value % 2 == 0 && $0.value % 10 != 0 }.sorted())
    #expect(tables["odd"]?.rows.sorted() == all.filter { $0.value % 2 == 1 }.sorted())
    #expect(tables["tens"]?.rows.sorted() == all.filter { $0.value % 10 == 0 }.sorted())
  }

  @Test(arguments: World.both)
  func `two consumers of one output each get all rows`(world: World) throws {
    var plan = PlanWriter()
    let source = plan.source()
    let filter = plan.step("filter", .from(source))
    let other = plan.step("pass", .from(source))
    let union = plan.step("union", .from(filter), .from(other))
    _ = plan.sink("out", .from(union))
    let table = MemoryTable(roomEvery: 2)
    _ = try run(
      plan.plan, in: world, sinks: ["out": table],
      operators: [
        "filter": { _ in KeepSome() }, "pass": { _ in PassAll() },
        "union": { _ in Expand(copies: 1) },
      ])
    let all = Array(Self.input.joined())
    #expect(table.rows.sorted() == (all + all.filter { $0.value % 3 != 0 }).sorted())
  }

  @Test(arguments: World.both)
  func `a broadcast gives every worker all rows`(world: World) throws {
    var plan = PlanWriter()
    let source = plan.source()
    let pass = plan.step("pass", .broadcast(source))
    _ = plan.sink("out", .from(pass))
    let table = MemoryTable()
    _ = try run(
      plan.plan, in: world, sinks: ["out": table], operators: ["pass": { _ in PassAll() }])
    let all = Array(Self.input.joined())
    #expect(table.rows.sorted() == (all + all).sorted())
  }

  @Test(arguments: World.both, [true, false])
  func `answers from outside come in order where asked, and before the barrier they precede`(
    world: World, ordered: Bool
  ) throws {
    let diary = Diary()
    var plan = PlanWriter()
    let source = plan.source()
    let ask = plan.step("ask", .from(source))
    let witness = plan.step("witness", .from(ask))
    _ = plan.sink("out", .from(witness))
    let topic = MemoryTopic(Self.input, bounded: false, seed: world.seed)
    let table = MemoryTable()
    let run = try TestRun(
      plan.plan, in: world, sources: ["events": topic], sinks: ["out": table],
      operators: [
        "ask": { _ in AskOutside(ordered: ordered, holds: true) },
        "witness": { Witness(diary, worker: $0) },
      ])
    run.run(until: { table.rows.count > 10 })
    let restored = try run.checkpoint(Epoch(1))
    run.run(until: { table.rows.count == 180 })
    run.job.stop()
    // What the sources had read at the barrier came out before it.
    for worker in diary.workers {
      let lines = diary.lines(of: worker)
      let barrier = try #require(lines.firstIndex(of: "barrier 1"))
      let before = lines[..<barrier].count { $0.hasPrefix("row") }
      let read = restored.partitions.filter { Int($0.partition.number) % 2 == worker }
        .reduce(0) { $0 + $1.position.offset }
      #expect(before == Int(read))
      guard ordered else { continue }
      for partition in 0..<3 {
        let values = lines.compactMap { Int($0.dropFirst(6)) }.filter { $0 / 1_000 == partition }
        #expect(values == values.sorted())
      }
    }
  }

  @Test(arguments: World.both)
  func `timers fire by event time and by the wall clock`(world: World) throws {
    let table = MemoryTable()
    let topic = MemoryTopic(Self.input, bounded: false, seed: world.seed)
    let run = try TestRun(
      Self.plan("timers"), in: world, sources: ["events": topic], sinks: ["out": table],
      operators: ["timers": { _ in TwoTimers() }])
    run.run(until: { table.rows.contains { $0.key == "wall" } && table.rows.count > 100 })
    run.job.stop()
    // Of one partition the last rows are not yet due; the due ones came in order of time.
    for partition in 0..<3 {
      let times = table.rows.filter { $0.key.hasPrefix("k\(partition).") }.map(\.time)
      #expect(times == times.sorted())
    }
  }

  @Test(arguments: World.both)
  func `row kinds travel over an exchange with their rows`(world: World) throws {
    let diary = Diary()
    var plan = PlanWriter()
    let source = plan.source()
    let revise = plan.step("revise", .from(source))
    let sum = plan.step("sum", .byKey(revise))
    _ = plan.sink("out", .from(sum))
    _ = try run(
      plan.plan, in: world, sinks: ["out": MemoryTable()],
      operators: ["revise": { _ in Revise() }, "sum": { SumKinds(diary, worker: $0) }])
    let lines = diary.workers.flatMap { diary.lines(of: $0) }
    #expect(lines.count == 2 * 180)
    for row in Self.input.joined() {
      let own = lines.filter {
        $0 == "\(row.key) -\(row.value)" || $0 == "\(row.key) +\(row.value)"
      }
      #expect(own == ["\(row.key) -\(row.value)", "\(row.key) +\(row.value)"])
    }
  }

  @Test(arguments: World.both)
  func `state of four kinds without keys finds its place at another parallelism`(
    world: World
  ) throws {
    let diary = Diary()
    let topic = MemoryTopic(Self.input, bounded: false, seed: world.seed)
    let operators: [String: TestMaker.Make] = [
      "states": { _ in FourStates(diary, partition: topic.id(1)) }
    ]
    let first = try TestRun(
      Self.plan("states"), in: world, sources: ["events": topic], sinks: ["out": MemoryTable()],
      operators: operators)
    let restored = try first.checkpoint(Epoch(1))
    first.job.stop()
    let second = try TestRun(
      Self.plan("states"), in: world, knobs: TestRun.Knobs(workers: 3),
      sources: ["events": topic], sinks: ["out": MemoryTable()], operators: operators,
      restored: restored)
    _ = try second.checkpoint(Epoch(2), workers: 3)
    second.job.stop()
    let lists = (0..<3).flatMap { diary.lines(of: $0) }.filter { $0.hasPrefix("list") }
    #expect(lists.sorted() == ["list 10", "list 11"])
    #expect(diary.lines(of: 1).contains("partition 3"))
    #expect(!diary.lines(of: 0).contains("partition 3"))
    #expect((0..<3).allSatisfy { diary.lines(of: $0).contains("replicated 2") })
  }

  @Test(arguments: World.both)
  func `a journal gives back what came behind the checkpoint, and is cut behind the next`(
    world: World
  ) throws {
    let files = MemoryFiles()
    let diary = Diary()
    let topic = MemoryTopic([[], []], bounded: false, seed: world.seed)
    let table = MemoryTable()
    let operators: [String: TestMaker.Make] = ["journal": { _ in Journaled(diary) }]
    let first = try TestRun(
      Self.plan("journal"), in: world, sources: ["events": topic], sinks: ["out": table],
      operators: operators,
      journals: JournalPlace(files: files, incarnation: 1, base: nil))
    topic.append((0..<5).map { Row(key: "a", time: $0, value: $0) }, to: 0)
    first.run(until: { table.rows.count == 5 })
    let restored = try first.checkpoint(Epoch(1))
    topic.append((5..<9).map { Row(key: "a", time: $0, value: $0) }, to: 0)
    topic.append((100..<104).map { Row(key: "b", time: $0, value: $0) }, to: 1)
    first.run(until: { table.rows.count == 13 })
    first.job.committed(Epoch(1))
    first.run(until: { !files.paths.contains { $0.contains("-0-") } })
    first.job.stop()
    files.crash()

    let second = try TestRun(
      Self.plan("journal"), in: world, knobs: TestRun.Knobs(epoch: Epoch(1)),
      sources: ["events": topic], sinks: ["out": MemoryTable()], operators: operators,
      restored: restored,
      journals: JournalPlace(
        files: files, incarnation: 2,
        base: CheckpointID(epoch: Epoch(1), incarnation: 1)))
    _ = try second.checkpoint(Epoch(2))
    second.job.stop()
    #expect(diary.lines(of: 0) == ["5", "6", "7", "8"])
    #expect(diary.lines(of: 1) == ["100", "101", "102", "103"])
  }

  @Test(arguments: World.both)
  func `at another parallelism an entry comes to its key's owner, and others stay together`(
    world: World
  ) throws {
    for byKey in [true, false] {
      let files = MemoryFiles()
      let diary = Diary()
      let topic = MemoryTopic([[], [], []], bounded: false, seed: world.seed)
      let table = MemoryTable()
      let operators: [String: TestMaker.Make] = [
        "journal": { _ in Journaled(diary, byKey: byKey) }
      ]
      var plan = PlanWriter()
      let source = plan.source()
      let made = plan.step("journal", .byKey(source))
      _ = plan.sink("out", .from(made))
      let first = try TestRun(
        plan.plan, in: world, knobs: TestRun.Knobs(workers: 3), sources: ["events": topic],
        sinks: ["out": table], operators: operators,
        journals: JournalPlace(files: files, incarnation: 1, base: nil))
      let rows = (0..<40).map { Row(key: "k\($0 % 20)", time: $0, value: $0) }
      topic.append(rows, to: 0)
      first.run(until: { table.rows.count == 40 })
      first.job.stop()
      files.crash()

      let second = try TestRun(
        plan.plan, in: world, sources: ["events": topic], sinks: ["out": MemoryTable()],
        operators: operators,
        restored: Restored(partitions: topic.states),
        journals: JournalPlace(
          files: files, incarnation: 2,
          base: CheckpointID(epoch: Epoch(0), incarnation: 1)))
      second.run(until: { (0..<2).reduce(0) { $0 + diary.lines(of: $1).count } == 40 })
      second.job.stop()
      for worker in 0..<2 {
        let expected = rows.filter {
          let owner = $0.keyGroup.worker(of: byKey ? 2 : 3)
          return byKey ? owner == worker : owner % 2 == worker
        }
        #expect(diary.lines(of: worker).sorted() == expected.map { "\($0.value)" }.sorted())
      }
    }
  }
}
