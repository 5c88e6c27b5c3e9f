import Checkpoints
package import Compiler
import Connectors
import Dataflow
package import Plans
import Platform
import Schemas

/// What became of one `test` block.
package struct TestOutcome: Sendable {
  package struct Failure: Sendable {
    /// The line of the expectation.
    package var line: Int
    package var message: String
    /// Heading and rows, for a table.
    package var missing: [[String]]
    package var unexpected: [[String]]
  }

  package var name: String
  package var line: Int
  package var failures: [Failure]
}

/// Carries out `test` blocks: the real engine on the real plan, in virtual time and memory.
package struct PipelineTestRunner {
  private static let interval: Int64 = 1_000_000
  private let compilation: Compilation

  package init(_ compilation: Compilation) { self.compilation = compilation }

  /// - Throws: `RunFailure` where the pipeline itself fails.
  package func run(_ test: PipelineTest, workers: Int = 1) throws -> TestOutcome {
    guard var plan = compilation.plan(for: test) else {
      throw RunFailure(.final, "the definition has mistakes")
    }
    plan.checkpoints.interval = Self.interval
    let stage = TestStage(plan: plan, workers: workers)
    var failures: [TestOutcome.Failure] = []
    var expectations: [TestExpectation] = []
    for step in test.steps {
      switch step {
      case .given(let rows): stage.give(rows)
      case .advance(let time): try stage.advance(to: time)
      case .crashAndRestore: try stage.crashAndRestore(workers: nil)
      case .restart(let workers): try stage.crashAndRestore(workers: workers)
      case .hold: continue
      case .expect(let expectation): expectations.append(expectation)
      }
    }
    if test.holds { try stage.settle() } else { try stage.finish() }
    for expectation in expectations {
      let comparison = ExpectationComparison(
        expectation, actual: stage.tables.rows(of: expectation.stream))
      if let failure = comparison.failure { failures.append(failure) }
    }
    return TestOutcome(name: test.name, line: test.line, failures: failures)
  }
}

/// A pipeline on a stage of its own: one simulated process after the other over the same files.
private final class TestStage {
  let tables = MemoryTables()
  private let plan: PhysicalPlan
  private let world = SimulatedWorld(
    seed: 1, weather: SimulatedWorld.Weather(longestStep: 1, longestJobDelay: 0, delayedJobs: 0))
  private let files = VolatileFileStore()
  private var workers: Int
  private var process: SimulatedExecutor?
  private var run: PipelineRun?

  init(plan: PhysicalPlan, workers: Int) {
    self.plan = plan
    self.workers = workers
    for step in plan.operators {
      guard case .source(let spec) = step.kind else { continue }
      tables.setSource(spec.name, partitions: [[]], isClosed: false)
    }
    for table in plan.tables { tables.setSource(table.name, partitions: [[]]) }
  }

  func give(_ rows: TestRows) {
    if let table = plan.tables.first(where: { $0.name == rows.stream }) {
      let schema = Schema(table.decoding.columns.map(\.field))
      tables.setSource(
        rows.stream, partitions: [[TestRowConversion.batch(of: rows, as: schema)]])
    }
    for step in plan.operators {
      guard case .source(let spec) = step.kind, spec.name == rows.stream else { continue }
      tables.append(
        TestRowConversion.batch(of: rows, as: step.schema), to: spec.name, partition: 0)
    }
  }

  func advance(to time: Int64) throws {
    for step in plan.operators {
      guard case .source(let spec) = step.kind, spec.eventTime != nil else { continue }
      tables.advance(spec.name, partition: 0, to: Timestamp(microseconds: time))
    }
    try settle()
  }

  func crashAndRestore(workers: Int?) throws {
    try settle()
    process?.crash()
    process = nil
    run = nil
    if let workers { self.workers = workers }
  }

  /// Runs until all that was given has gone through and counts.
  func settle() throws {
    let run = started()
    let until = Timestamp(
      microseconds: world.clock.now().microseconds + 3 * plan.checkpoints.interval)
    _ = world.run { [world] in world.clock.now() >= until || run.outcome != nil }
    if case .failed(let failure)? = run.outcome { throw failure }
  }

  func finish() throws {
    let run = started()
    for step in plan.operators {
      if case .source(let spec) = step.kind { tables.finish(spec.name) }
    }
    let outcome = world.run { run.outcome != nil }
    switch run.outcome {
    case .failed(let failure)?: throw failure
    case nil: throw RunFailure(.final, "the test does not come to an end (\(outcome))")
    default: return
    }
  }

  private func started() -> PipelineRun {
    if let run { return run }
    let executor = world.makeProcess()
    let assembly = PipelineAssembly(
      plan: plan, options: RunOptions(workers: workers), executor: executor, files: files,
      connections: RegistryConnections(
        ConnectorRegistry([MemoryConnector(tables)]), resolver: OptionResolver(environment: [:]),
        directory: "."),
      notify: { _ in })
    let run = assembly.makeRun()
    run.start()
    process = executor
    self.run = run
    return run
  }
}
