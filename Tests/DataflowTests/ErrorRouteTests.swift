import Columns
import Connectors
import Operators
import Plans
import Schemas
import Testing

@testable import Dataflow

/// What happens to rows that can't be written, and to a worker that can't go on.
struct ErrorRouteTests {
  static let input = FirstJobTests.rows(partitions: 2, each: 30)

  static func plan(_ route: PhysicalErrorRoute) -> PhysicalPlan {
    var plan = PlanWriter()
    let source = plan.source()
    _ = plan.sink("out", .from(source), route: route)
    return plan.plan
  }

  @Test(arguments: World.both)
  func `rows that can't be written are left out and counted where the route is skip`(
    world: World
  ) throws {
    let table = MemoryTable(refuses: { $0.value % 7 == 0 })
    let run = try TestRun(
      Self.plan(.skip), in: world, sources: ["events": MemoryTopic(Self.input, seed: world.seed)],
      sinks: ["out": table])
    run.runToEnd()
    run.job.stop()
    let refused = Self.input.joined().count { $0.value % 7 == 0 }
    let stages = run.job.status().stages.filter { $0.id.name == "out" }
    #expect(stages.reduce(0) { $0 + $1.metrics.failed } == Int64(refused))
    #expect(stages.reduce(0) { $0 + $1.metrics.rowsIn } == 60)
    #expect(stages.reduce(0) { $0 + $1.metrics.rowsOut } == Int64(60 - refused))
    #expect(table.rows.count == 60 - refused)
  }

  @Test(arguments: World.both)
  func `the pipeline fails with the reason where the route is fail`(world: World) throws {
    let table = MemoryTable(refuses: { $0.value == 1_005 })
    let run = try TestRun(
      Self.plan(.fail), in: world, sources: ["events": MemoryTopic(Self.input, seed: world.seed)],
      sinks: ["out": table])
    run.run(until: { !run.log.failures.isEmpty })
    run.job.stop()
    guard case .operatorFailed(let error)? = run.log.failures.first else {
      Issue.record("\(run.log.failures)")
      return
    }
    #expect(error.stage.name == "out")
    #expect(error.reason.hasPrefix("a row can't be written: refused. Let the pipeline go on"))
  }

  @Test func `a plan that can't run is refused with the operator's name`() {
    var plan = PlanWriter()
    let source = plan.source()
    _ = plan.sink(
      "out", PhysicalEdge(from: source, exchange: .key(["nobody"])))
    #expect(throws: JobFailure.self) {
      try PlanLayout(plan.plan)
    }
  }

  @Test(arguments: World.both)
  func `a job stops at any moment`(world: World) throws {
    for moment in [0, 1, 20, 40] {
      let table = MemoryTable()
      let run = try TestRun(
        Self.plan(.fail), in: world,
        sources: ["events": MemoryTopic(Self.input, bounded: false, seed: world.seed)],
        sinks: ["out": table])
      run.run(until: { table.rows.count >= moment })
      run.job.stop()
      let count = table.rows.count
      #expect(count >= moment && table.rows.count == count)
    }
  }
}
