import Connectors
import Plans
import Platform
import Schemas
import TestKit
import Testing

@testable import Dataflow

/// Partitions that fall idle, come back and are found, before real windows: every row is counted
/// exactly once, in a window or as late.
struct IdleTests {
  static let pipeline = """
    pipeline idle
    \(Definition.row)source events: Row from memory { event_time: time, idle: 20ms }
    stream counts = events | window tumbling 100us by key { rows = count(), total = sum(value) }
    sink counts to memory
    sink counts.late to memory
    """

  static let twoSources = """
    pipeline idle
    \(Definition.row)source left: Row from memory { event_time: time, idle: 20ms }
    source right: Row from memory { event_time: time, idle: 20ms }
    stream counts = left | union right
      | window hopping 100us every 50us by key { rows = count(), total = sum(value) }
    sink counts to memory
    sink counts.late to memory
    """

  static func late(_ run: TestRun) -> (all: Int64, afterIdle: Int64) {
    run.job.status().stages.reduce((0, 0)) {
      ($0.0 + $1.metrics.late, $0.1 + $1.metrics.lateAfterIdle)
    }
  }

  static func watermarks(_ run: TestRun, _ stage: String) -> [Int64] {
    run.job.status().stages.filter { $0.id.name == stage }.map(\.watermark.microseconds)
  }

  @Test(arguments: World.both, [1, 2, 3])
  func `a row behind the watermark of others is late where its partition comes back`(
    world: World, workers: Int
  ) throws {
    let topic = MemoryTopic([[], []], bounded: false, seed: world.seed)
    let (run, logs) = try Definition.run(
      try Definition.plan(Self.pipeline), in: world, knobs: TestRun.Knobs(workers: workers),
      topics: [topic])
    let counts = try #require(logs["counts"])
    let late = try #require(logs["counts.late"])
    topic.append([Row(key: "a", time: 100, value: 1)], to: 0)
    topic.append([Row(key: "b", time: 10, value: 2)], to: 1)
    run.run(until: { run.job.status().sources.count { $0.isIdle } == 2 })
    topic.append([Row(key: "a", time: 250, value: 4)], to: 0)
    run.run(until: { counts.rows.count == 2 })
    topic.append([Row(key: "b", time: 50, value: 8), Row(key: "b", time: 260, value: 16)], to: 1)
    run.run(until: { late.rows.count == 1 })
    #expect(late.rows == [["b", 50, 8]])
    #expect(Self.late(run) == (1, 1))
    // It holds the watermark where it has joined.
    topic.append([Row(key: "a", time: 400, value: 32)], to: 0)
    topic.append([Row(key: "b", time: 310, value: 64)], to: 1)
    run.run(until: { counts.rows.count == 4 })
    #expect(counts.rows.sorted { "\($0)" < "\($1)" }.map { $0[4] } == [1, 4, 2, 16])
    run.job.stop()
    #expect(run.log.failures.isEmpty)
  }

  @Test(arguments: World.both, [1, 2, 3])
  func `no window comes twice when a restart falls into the silence of a partition`(
    world: World, workers: Int
  ) throws {
    let topic = MemoryTopic([[], []], bounded: false, seed: world.seed)
    let plan = try Definition.plan(Self.pipeline)
    let (first, logs) = try Definition.run(
      plan, in: world, knobs: TestRun.Knobs(workers: workers), topics: [topic])
    topic.append([Row(key: "a", time: 100, value: 1)], to: 0)
    topic.append([Row(key: "a", time: 10, value: 2)], to: 1)
    first.run(until: { first.job.status().sources.count { $0.isIdle } == 2 })
    topic.append([Row(key: "a", time: 250, value: 4)], to: 0)
    first.run(until: { logs["counts"]?.rows.count == 2 })
    let restored = try first.checkpoint(Epoch(1), workers: workers)
    first.job.stop()
    #expect(restored.partitions.allSatisfy { $0.watermark.microseconds >= 200 })

    let (second, later) = try Definition.run(
      plan, in: world, knobs: TestRun.Knobs(workers: 4 - workers, epoch: Epoch(1)),
      topics: [topic], restored: restored)
    topic.append([Row(key: "a", time: 50, value: 8)], to: 1)
    second.run(until: { later["counts.late"]?.rows.count == 1 })
    topic.append([Row(key: "a", time: 900, value: 16)], to: 0)
    topic.append([Row(key: "a", time: 900, value: 32)], to: 1)
    second.run(until: { !(later["counts"]?.rows.isEmpty ?? true) })
    second.job.stop()
    #expect(later["counts"]?.rows.map { $0[4] } == [4])
    #expect(second.log.failures.isEmpty && first.log.failures.isEmpty)
  }

  @Test(arguments: World.both)
  func `a partition found while running joins where the others are`(world: World) throws {
    let topic = MemoryTopic([[]], bounded: false, seed: world.seed, discovers: true)
    let (run, logs) = try Definition.run(
      try Definition.plan(Self.pipeline), in: world,
      knobs: TestRun.Knobs(workers: 2, stopsAtEnd: false), topics: [topic])
    topic.append([Row(key: "a", time: 10, value: 1), Row(key: "a", time: 250, value: 2)], to: 0)
    run.run(until: { logs["counts"]?.rows.count == 1 })
    topic.append([Row(key: "b", time: 20, value: 4), Row(key: "b", time: 220, value: 8)], to: 1)
    run.job.add([
      SourcePartition(
        id: topic.id(1), start: Position(offset: 0), beginning: Position(offset: 0))
    ])
    _ = try run.checkpoint(Epoch(1))
    run.run(until: { logs["counts.late"]?.rows.count == 1 })
    #expect(logs["counts.late"]?.rows == [["b", 20, 4]])
    #expect(Self.late(run) == (1, 1))
    run.job.stop()
  }

  /// Some partitions get some rows, and then there may be silence for a while.
  private func feed(
    _ partitions: [(topic: MemoryTopic, number: Int)], _ account: inout Account, _ time: Int64,
    _ run: TestRun, _ random: inout SeededGenerator
  ) {
    for (topic, number) in partitions where Bool.random(using: &random) {
      let rows = (0..<Int.random(in: 1...3, using: &random)).map { _ in
        account.row(max(0, time - Int64.random(in: 0...400, using: &random)))
      }
      topic.append(rows, to: number)
    }
    let given = account
    if Bool.random(using: &random) { run.run(until: { given.isRead(by: run) }) }
    if Bool.random(using: &random) {
      run.run(until: {
        given.isRead(by: run) && run.job.status().sources.allSatisfy(\.isIdle)
      })
    }
  }

  /// One run of a scenario made by a seed: silence, returns, checkpoints and restarts with another
  /// parallelism. What counts is what a checkpoint counts, and the last run's rest.
  func scenario(_ seed: UInt64, hopping: Bool, world: (UInt64) -> World) throws {
    var random = SeededGenerator(seed: seed)
    let names = hopping ? ["left", "right"] : ["events"]
    let plan = try Definition.plan(hopping ? Self.twoSources : Self.pipeline)
    let topics = names.map { name in
      MemoryTopic(
        name: name, Array(repeating: [], count: Int.random(in: 1...3, using: &random)),
        bounded: false, seed: seed)
    }
    let partitions = topics.flatMap { topic in
      (0..<topic.states.count).map { (topic: topic, number: $0) }
    }
    var account = Account(places: hopping ? 2 : 1)
    var restored: Restored?
    var epoch = Epoch(0)
    var time: Int64 = 0
    for life in 0..<3 {
      let workers = Int.random(in: 1...3, using: &random)
      let (run, logs) = try Definition.run(
        plan, in: world(seed &+ UInt64(life)),
        knobs: TestRun.Knobs(
          workers: workers, ringCapacity: 1, batchRows: Int.random(in: 1...4, using: &random),
          epoch: epoch),
        topics: topics, restored: restored)
      defer { run.job.stop() }
      for _ in 0..<Int.random(in: 1...4, using: &random) {
        time += Int64.random(in: 0...300, using: &random)
        feed(partitions, &account, time, run, &random)
      }
      if life < 2 {
        epoch = epoch.next
        restored = try run.checkpoint(epoch, workers: workers)
        for (name, log) in logs { account.take(log.prepared(epoch), of: name) }
        continue
      }
      // Everything closes: all partitions go far ahead, and their last rows stay behind.
      time += 10_000
      for (topic, number) in partitions {
        topic.append([Row(key: "end", time: time, value: 0)], to: number)
      }
      run.run(until: { account.with(logs).isBalanced })
      for (name, log) in logs { account.take(log.rows, of: name) }
      #expect(run.log.failures.isEmpty, "seed \(seed)")
    }
    #expect(account.problems == [], "seed \(seed)")
  }

  @Test(arguments: [false, true])
  func `every row is in its windows or late, whatever falls idle and comes back`(
    hopping: Bool
  ) throws {
    for seed in World.seeds(150) {
      try scenario(seed, hopping: hopping) { .simulated(seed: $0) }
    }
  }

  @Test(arguments: [false, true])
  func `threads too lose no row to idleness`(hopping: Bool) throws {
    for seed in 1...6 as ClosedRange<UInt64> {
      try scenario(seed, hopping: hopping) { _ in .threads }
    }
  }
}

/// Rows that were given, and what became of them. Each has a key of its own, by which windows show
/// what they hold.
private struct Account {
  /// Windows that hold a row.
  let places: Int
  private(set) var given: [Row] = []
  private var windows: [String: Int] = [:]
  private var found: [Int64: Int] = [:]

  init(places: Int) { self.places = places }

  mutating func row(_ time: Int64) -> Row {
    let row = Row(key: "k\(given.count)", time: time, value: Int64(given.count))
    given.append(row)
    return row
  }

  func isRead(by run: TestRun) -> Bool {
    run.job.status().sources.reduce(0) { $0 + Int($1.position.offset) } >= given.count
      || !run.log.failures.isEmpty
  }

  mutating func take(_ rows: [[Cell]], of sink: String) {
    for row in rows {
      guard case .text(let key) = row[0], let value = Int64(key.dropFirst()) else { continue }
      if sink == "counts" {
        windows["\(key) \(row[1])", default: 0] += 1
        found[value, default: 0] += 1
      } else {
        // A row that is late for all of its windows.
        found[value, default: 0] += places
      }
    }
  }

  func with(_ logs: [String: CellLog]) -> Account {
    var whole = self
    for (name, log) in logs { whole.take(log.rows, of: name) }
    return whole
  }

  /// Each row is accounted for.
  var isBalanced: Bool { given.allSatisfy { found[$0.value, default: 0] > 0 } }

  var problems: [String] {
    var problems = windows.filter { $0.value > 1 }.map { "window \($0.key) came twice" }
    for row in given {
      let count = found[row.value, default: 0]
      // Of overlapping windows a row may be late for some, and in the others.
      if count < 1 || count > places { problems.append("\(row): \(count) times") }
    }
    return problems.sorted()
  }
}
