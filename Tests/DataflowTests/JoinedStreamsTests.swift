import Compiler
import Connectors
import Diagnostics
import Plans
import Schemas
import TestKit
import Testing

@testable import Dataflow

/// Streams from before and behind an exchange that come together again.
struct JoinedStreamsTests {
  static let goldens = GoldenDirectory("Language/Plans")

  @Test(arguments: goldens.cases())
  func `what check finds fine has a layout to run`(_ golden: GoldenDirectory.Case) throws {
    let file = SourceFile(path: "\(golden.name).raudal", bytes: try golden.bytes())
    guard let plan = DefinitionCompiler.compile(file: file).physical else { return }
    let layout = try PlanLayout(plan)
    for crossing in layout.crossings {
      #expect(layout.segmentOf[crossing.from] < layout.segmentOf[crossing.to])
    }
  }

  @Test func `a plan whose exchange leads back into its segment is refused`() {
    var plan = PlanWriter()
    let source = plan.source()
    let behind = plan.step("behind", .byKey(source))
    let both = plan.step("both", .from(source), .from(behind))
    _ = plan.sink("out", .from(both))
    #expect(!PhysicalVerifier.violations(in: plan.plan).isEmpty)
    #expect(throws: JobFailure.self) { try PlanLayout(plan.plan) }
  }

  @Test func `segments that feed each other in a circle are refused`() {
    var plan = PlanWriter()
    let source = plan.source()
    let other = plan.source("other")
    let left = plan.step("left", .from(source), .byKey(other))
    let right = plan.step("right", .from(other), .byKey(source))
    _ = plan.sink("a", .from(left))
    _ = plan.sink("b", .from(right))
    #expect(!PhysicalVerifier.violations(in: plan.plan).isEmpty)
    #expect(throws: JobFailure.self) { try PlanLayout(plan.plan) }
  }

  static let worlds: [(World, Int)] = [1, 2, 3].flatMap { workers in
    [World.threads, .simulated(seed: 3), .simulated(seed: 4)].map { ($0, workers) }
  }

  /// Three partitions, a row of each key in each second.
  static let input: [[Row]] = (0..<3).map { partition in
    (0..<40).map { index in
      Row(
        key: "\(index % 4)", time: Int64(index) * 250_000, value: Int64(partition * 100 + index))
    }
  }

  /// What each sink of a definition got, and the job's counters.
  func output(
    _ text: String, _ rows: [[Row]] = input, in world: World, workers: Int,
    checkpoints: Int = 2
  ) throws -> [String: [[Cell]]] {
    let plan = try Definition.plan("pipeline joined\n\(Definition.row)\(text)")
    let (run, logs) = try Definition.run(
      plan, in: world, knobs: TestRun.Knobs(workers: workers, ringCapacity: 2, batchRows: 5),
      topics: [MemoryTopic(rows, seed: world.seed)])
    for epoch in 0..<checkpoints {
      _ = try run.checkpoint(Epoch(UInt64(epoch) + 1), workers: workers)
    }
    run.runToEnd(workers: workers)
    run.job.stop()
    #expect(run.log.failures.isEmpty, "\(run.log.failures)")
    return logs.mapValues(\.rows)
  }

  static let source = "source events: Row from memory { event_time: time, lateness: 1s }\n"

  @Test(arguments: worlds)
  func `one dead letter for failures on both sides of a window`(
    world: World, workers: Int
  ) throws {
    let rows = Self.input.map { rows in
      rows.enumerated().map { index, row in
        Row(key: index % 5 == 0 ? "x" : row.key, time: row.time, value: row.value)
      }
    }
    let output = try output(
      """
      \(Self.source)settings { on_error: dead_letter to memory }
      stream counts = events
        | window tumbling 1s by key = cast(key as int) { rows = count(), least = min(value) }
        | with { share = 100 / least }
      sink counts to memory
      """, rows, in: world, workers: workers)
    // Each "x" is no number. Value 0, which would divide by zero behind the window, is one of them.
    #expect(output["dead_letter"]?.count == 3 * 8)
    let counted = (output["counts"] ?? []).reduce(0) { sum, row in
      if case .int(let count) = row[3] { sum + Int(count) } else { sum }
    }
    #expect(counted == 3 * 32)
  }

  @Test(arguments: worlds)
  func `a stream of errors gathers them from both sides of a window`(
    world: World, workers: Int
  ) throws {
    let output = try output(
      """
      \(Self.source)stream counts = events
        | window tumbling 1s by key = cast(key as int) { rows = count(), least = min(value) }
        | with { share = 100 / least }
      stream bad = counts.errors
      sink counts to memory
      sink bad to memory
      """, in: world, workers: workers)
    // Row 0 of partition 0 makes the least value of the first window of its key 0.
    #expect(output["bad"]?.count == 1, "\(output)")
  }

  @Test(arguments: worlds)
  func `a union holds results of a window and rows from before it`(
    world: World, workers: Int
  ) throws {
    let output = try output(
      """
      \(Self.source)stream counts = events
        | window tumbling 1s by key { value = count() }
        | map { key, time = window_start, value }
      stream all = counts | union events
      sink all to memory
      stream again = counts | union events | window tumbling 10s by key { rows = count() }
      sink again to memory
      """, in: world, workers: workers)
    let windows = 4 * 10
    #expect(output["all"]?.count == 120 + windows, "\(output.keys)")
    let rows = (output["again"] ?? []).compactMap { row in
      if case .int(let count) = row[3] { Int(count) } else { nil }
    }
    #expect(rows == [40, 40, 40, 40], "\(output["again"] ?? [])")
  }
}
