import Plans
import Platform
import Schemas
import TestKit
import Testing

@testable import Dataflow

/// The same rows in give the same rows out, on the whole engine: compiled plans and real operators.
struct EngineDeterminismTests {
  static let aggregates = """
    rows = count(), total = sum(value), least = min(value), most = max(value), mean = avg(value),
    distinct = count_distinct(value), middle = median(value), opening = first(value),
    closing = last(value), most_of = arg_max(value, rank), least_of = arg_min(value, rank),
    all = collect(value), some = collect(value where rank == 1)
    """

  static let text = """
    pipeline same
    \(Definition.row)source events: Row from memory { event_time: time, lateness: 30us }
    stream ranked = events | with { rank = abs(value % 3) } on_error skip
    stream tumbling = ranked | window tumbling 100us by key { \(aggregates) }
    stream hopping = ranked | window hopping 90us every 60us by key { \(aggregates) }
    stream whole = ranked | window tumbling 1ms { \(aggregates) }
    sink tumbling to memory
    sink tumbling.late to memory
    sink hopping to memory
    sink hopping.late to memory
    sink whole to memory
    """

  /// Disordered rows around 1969, 1970 and at the end of 9999, some of them late, many of a time.
  static func rows(_ seed: UInt64) -> [[Row]] {
    var random = SeededGenerator(seed: seed)
    let end: Int64 = 253_402_300_800_000_000
    var number: Int64 = 0
    return (0..<3).map { _ in
      [-31_536_000_000_000, -150, end - 400].flatMap { base in
        (0..<30).map { step in
          number += 1
          let isLate = Int.random(in: 0..<6, using: &random) == 0
          let back = Int64.random(in: 0...(isLate ? 150 : 35), using: &random)
          // Many share a time.
          let time = (base + Int64(step) * 12 - back) / 5 * 5
          return Row(
            key: "k\(Int.random(in: 0..<3, using: &random))", time: min(time, end - 1),
            value: number)
        }
      }
    }
  }

  struct Output: Equatable {
    /// Of each sink behind a window the rows of each key, in order.
    var windows: [String: [String]] = [:]
    /// Late rows have no order among partitions.
    var late: [String: [String]] = [:]
  }

  static func output(
    _ plan: PhysicalPlan, _ rows: [[Row]], in world: World, workers: Int, batchRows: Int,
    checkpoints: Int
  ) throws -> Output {
    let (run, logs) = try Definition.run(
      plan, in: world,
      knobs: TestRun.Knobs(workers: workers, ringCapacity: 2, batchRows: batchRows),
      topics: [MemoryTopic(rows, seed: world.seed)])
    for epoch in 0..<checkpoints {
      _ = try run.checkpoint(Epoch(UInt64(epoch) + 1), workers: workers)
    }
    run.runToEnd(workers: workers)
    run.job.stop()
    #expect(run.log.failures.isEmpty, "\(run.log.failures)")
    var output = Output()
    for (name, log) in logs {
      if name.hasSuffix(".late") {
        output.late[name] = log.rows.map { "\($0)" }.sorted()
      } else {
        for row in log.rows {
          output.windows["\(name) \(name == "whole" ? "" : "\(row[0])")", default: []]
            .append("\(row)")
        }
      }
    }
    return output
  }

  @Test(arguments: 1...4 as ClosedRange<UInt64>)
  func `any parallelism and batch size gives the same windows and the same late rows`(
    seed: UInt64
  ) throws {
    let plan = try Definition.plan(Self.text)
    let rows = Self.rows(seed)
    let expected = try Self.output(
      plan, rows, in: .simulated(seed: 0), workers: 1, batchRows: 4_096, checkpoints: 0)
    #expect(expected.windows.count == 2 * 3 + 1)
    #expect(expected.late.values.allSatisfy { !$0.isEmpty })
    for workers in 1...3 {
      for batchRows in [1, 2, 4_096] {
        for world in [World.threads, .simulated(seed: seed), .simulated(seed: seed + 100)] {
          let output = try Self.output(
            plan, rows, in: world, workers: workers, batchRows: batchRows,
            checkpoints: Int(seed) % 3)
          #expect(output == expected, "\(workers) workers, batches of \(batchRows), \(world)")
        }
      }
    }
  }
}
