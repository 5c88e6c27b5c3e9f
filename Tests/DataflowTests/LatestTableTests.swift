import Connectors
import Plans
import Platform
import Schemas
import TestKit
import Testing

@testable import Dataflow

/// Tables of latest rows among workers: read before the rows that look them up, kept up to date,
/// and never what a run waits for.
struct LatestTableTests {
  static let text = """
    pipeline latest
    \(Definition.row)source events: Row from memory { event_time: time }
    table prices: Row key key from kafka { brokers: "b:9", topic: "prices", event_time: time }
    stream found = events | enrich prices on key as p | map { key, value, price = p.value }
    sink found to memory
    """

  static let worlds: [(World, Int)] = [1, 2, 3].flatMap { workers in
    [World.threads, .simulated(seed: 5), .simulated(seed: 6)].map { ($0, workers) }
  }

  /// Each key in a partition of its own, so that its rows have an order.
  static func prices(_ round: Int, of count: Int) -> [[Row]] {
    (0..<3).map { key in
      (0..<count).map { Row(key: "k\(key)", time: 0, value: Int64(round * 1_000 + $0)) }
    }
  }

  static func events(_ round: Int) -> [[Row]] {
    (0..<3).map { partition in
      (0..<60).map { number in
        Row(
          key: "k\(number % 4)", time: Int64(number),
          value: Int64(round * 1_000 + partition * 100 + number))
      }
    }
  }

  /// What rows of a round find where so many rows of a key's were there.
  private static func expected(_ round: Int, last: Int) -> [[Cell]] {
    events(round).flatMap { $0 }.map { row in
      [.text(row.key), .int(row.value), row.key == "k3" ? .null : .int(Int64(last))]
    }
  }

  private static func sorted(_ rows: [[Cell]]) -> [String] { rows.map { "\($0)" }.sorted() }

  private static func run(
    _ world: World, workers: Int, events: MemoryTopic, prices: MemoryTopic,
    restored: Restored? = nil
  ) throws -> (run: TestRun, log: CellLog) {
    let knobs = TestRun.Knobs(
      workers: workers, ringCapacity: 2, batchRows: 7, stopsAtEnd: false)
    let (run, logs) = try Definition.run(
      Definition.plan(text), in: world, knobs: knobs, topics: [events, prices],
      restored: restored)
    return (run, try #require(logs["found"]))
  }

  @Test(arguments: worlds)
  func `all rows find what was there at the start, and the run ends though the table does not`(
    world: World, workers: Int
  ) throws {
    let events = MemoryTopic(Self.events(0), seed: world.seed)
    let prices = MemoryTopic(
      name: "prices", Self.prices(0, of: 300), bounded: false, seed: world.seed + 1)
    let (run, log) = try Self.run(world, workers: workers, events: events, prices: prices)
    _ = try run.checkpoint(Epoch(1), workers: workers)
    run.runToEnd(workers: workers)
    run.job.stop()
    #expect(run.log.failures.isEmpty, "\(run.log.failures)")
    #expect(Self.sorted(log.rows) == Self.sorted(Self.expected(0, last: 299)))
  }

  @Test(arguments: worlds)
  func `a table that is written without a pause is read to where it ended at the start`(
    world: World, workers: Int
  ) throws {
    let events = MemoryTopic(Self.events(0), seed: world.seed)
    let prices = MemoryTopic(
      name: "prices", Self.prices(0, of: 300), bounded: false, seed: world.seed + 1, busy: true)
    let (run, log) = try Self.run(world, workers: workers, events: events, prices: prices)
    run.runToEnd(workers: workers)
    run.job.stop()
    #expect(run.log.failures.isEmpty, "\(run.log.failures)")
    #expect(Self.sorted(log.rows) == Self.sorted(Self.expected(0, last: 299)))
  }

  @Test(arguments: worlds)
  func `rows find updates, and what was known at a checkpoint is not read again`(
    world: World, workers: Int
  ) throws {
    let events = MemoryTopic(Self.events(0), bounded: false, seed: world.seed)
    let prices = MemoryTopic(
      name: "prices", Self.prices(0, of: 50), bounded: false, seed: world.seed + 1)
    let (run, log) = try Self.run(world, workers: workers, events: events, prices: prices)
    run.run { log.rows.count == 180 || !run.log.failures.isEmpty }
    for (partition, rows) in Self.prices(1, of: 50).enumerated() {
      prices.append(rows, to: partition)
    }
    run.run {
      run.job.status().sources.count {
        $0.partition.source == "prices" && $0.position.offset == 100
      }
        == 3
    }
    let restored = try run.checkpoint(Epoch(1), workers: workers)
    for (partition, rows) in Self.events(1).enumerated() { events.append(rows, to: partition) }
    run.run { log.rows.count == 360 || !run.log.failures.isEmpty }
    run.job.stop()
    let expected = Self.expected(0, last: 49) + Self.expected(1, last: 1_049)
    #expect(Self.sorted(log.rows) == Self.sorted(expected))

    // Before the place of the checkpoint there is something else now.
    let again = MemoryTopic(
      name: "prices", Self.prices(9, of: 100), bounded: false, seed: world.seed + 2)
    again.append([Row(key: "k0", time: 0, value: 1_049)], to: 0)
    let rest = MemoryTopic(
      Self.events(0).map { $0.map { Row(key: "", time: $0.time, value: 0) } }, seed: world.seed)
    for (partition, rows) in Self.events(2).enumerated() { rest.append(rows, to: partition) }
    let (next, found) = try Self.run(
      world, workers: workers % 3 + 1, events: rest, prices: again, restored: restored)
    next.runToEnd(workers: workers % 3 + 1)
    next.job.stop()
    #expect(next.log.failures.isEmpty, "\(next.log.failures)")
    #expect(Self.sorted(found.rows) == Self.sorted(Self.expected(2, last: 1_049)))
  }

  @Test(arguments: worlds)
  func `tables that wait for nothing but themselves, crosswise`(
    world: World, workers: Int
  ) throws {
    let text = """
      pipeline crosswise
      \(Definition.row)source events: Row from memory
      source others: Row from memory
      table a: Row key key from kafka { brokers: "b:9", topic: "a" }
      table b: Row key key from kafka { brokers: "b:9", topic: "b" }
      stream left = events | enrich a on key as a | enrich b on key as b
      stream right = others | enrich b on key as b | enrich a on key as a
      sink left to memory
      sink right to memory
      """
    let topics = [
      MemoryTopic(Self.events(0), seed: world.seed),
      MemoryTopic(name: "others", Self.events(1), seed: world.seed + 1),
      MemoryTopic(name: "a", Self.prices(0, of: 40), bounded: false, seed: world.seed + 2),
      MemoryTopic(name: "b", Self.prices(1, of: 40), bounded: false, seed: world.seed + 3),
    ]
    let (run, logs) = try Definition.run(
      Definition.plan(text), in: world,
      knobs: TestRun.Knobs(workers: workers, ringCapacity: 1, batchRows: 3, stopsAtEnd: false),
      topics: topics)
    run.runToEnd(workers: workers)
    run.job.stop()
    #expect(run.log.failures.isEmpty, "\(run.log.failures)")
    for name in ["left", "right"] { #expect(logs[name]?.rows.count == 180) }
  }

  @Test(arguments: worlds)
  func `a table of what a stream updates holds its newest rows`(
    world: World, workers: Int
  ) throws {
    let text = """
      pipeline totals
      \(Definition.row)source events: Row from memory
      source others: Row from memory { event_time: time }
      type Total { key: string, total: int }
      stream sums = others | aggregate by key { total = sum(value) }
      table totals: Total latest key key from stream sums
      stream found = events | enrich totals on key required
      sink found to memory
      sink found.unmatched to memory
      """
    let events = MemoryTopic([[]], bounded: false, seed: world.seed)
    let others = MemoryTopic(name: "others", Self.events(0), bounded: false, seed: world.seed + 1)
    let (run, logs) = try Definition.run(
      Definition.plan(text), in: world,
      knobs: TestRun.Knobs(workers: workers, ringCapacity: 2, batchRows: 7, stopsAtEnd: false),
      topics: [events, others])
    run.run { run.job.status().sources.count { $0.position.offset == 60 } == 3 }
    _ = try run.checkpoint(Epoch(1), workers: workers)
    events.append(["k0", "k1", "k9"].map { Row(key: $0, time: 0, value: 1) }, to: 0)
    run.run { (logs["found"]?.rows.count ?? 0) == 2 && logs["found.unmatched"]?.rows.count == 1 }
    run.job.stop()
    let sums = Self.events(0).flatMap { $0 }.reduce(into: [String: Int64]()) {
      $0[$1.key, default: 0] += $1.value
    }
    #expect(
      Self.sorted(logs["found"]?.rows.map { [$0[0], $0[3]] } ?? [])
        == Self.sorted(["k0", "k1"].map { [.text($0), .int(sums[$0] ?? 0)] }))
  }
}
