package import Compiler
package import Connectors
import Diagnostics
package import Plans
import Schemas

/// Carries out `test` blocks: the real engine on the real plan, in virtual time and memory.
package struct PipelineTestRunner {
  private let compilation: Compilation
  private let models: ModelRegistry
  private let load: (String) throws -> Compilation

  /// `load` compiles the definition that a test upgrades from; its path is as the test writes it.
  /// `models`: what runs the definition's models.
  package init(
    _ compilation: Compilation, models: ModelRegistry = ModelRegistry(),
    load: @escaping (String) throws -> Compilation
  ) {
    self.compilation = compilation
    self.models = models
    self.load = load
  }

  /// - Throws: `RunFailure` where the pipeline itself fails, and what `load` throws.
  package func run(_ test: PipelineTest, as variation: TestVariation) throws -> TestOutcome {
    var plans = try versions(of: test)[...]
    guard let first = plans.popFirst() else {
      throw RunFailure(.final, "the definition has mistakes")
    }
    let stage = try TestStage(
      plan: first, workers: variation.workers, models: models,
      directory: DefinitionFiles.directory(of: compilation.file.path))
    stage.begin(
      with: test.steps.compactMap { step in if case .given(let rows) = step { rows } else { nil } })
    for stretch in stretches(of: test.steps) {
      for (task, script) in stretch.scripts { stage.answer(task, script) }
      try give(stretch.given, to: stage, crashing: variation.crashes)
      switch stretch.end {
      case .advance(let time): try stage.advance(to: time)
      case .crashAndRestore: try stage.crashAndRestore()
      case .restart(let workers): try stage.crashAndRestore(workers: workers)
      case .upgrade:
        if let next = plans.popFirst() { try stage.crashAndRestore(as: next) }
      case .given, .responds, .expect, .hold, nil: continue
      }
    }
    if test.holds { try stage.settle() } else { try stage.finish() }
    let failures = test.expectations.compactMap { expectation in
      ExpectationComparison(
        expectation, actual: stage.tables.rows(of: expectation.stream)
      ).failure
    }
    return TestOutcome(
      name: test.name, line: test.line, failures: failures,
      times: test.holds ? stage.times : [], late: stage.late)
  }

  /// The plan of each definition that the test runs on, in order: those that it upgrades from, then
  /// this one.
  private func versions(of test: PipelineTest) throws -> [PhysicalPlan] {
    var versions: [PhysicalPlan] = []
    for case .upgrade(let path) in test.steps {
      guard let plan = try load(path).plan(for: test) else {
        throw RunFailure(.final, "the definition \(path) has mistakes")
      }
      versions.append(plan)
    }
    guard let plan = compilation.plan(for: test) else { return [] }
    return versions + [plan]
  }

  /// What is given up to the next step of another kind, and that step.
  private struct Stretch {
    var given: [TestRows] = []
    var scripts: [(task: String, TaskScript)] = []
    var end: PipelineTest.Step?
  }

  private func stretches(of steps: [PipelineTest.Step]) -> [Stretch] {
    var stretches: [Stretch] = []
    var open = Stretch()
    for step in steps {
      switch step {
      case .given(let rows): open.given.append(rows)
      case .responds(let task, let script): open.scripts.append((task, script))
      case .expect, .hold: continue
      default:
        open.end = step
        stretches.append(open)
        open = Stretch()
      }
    }
    return stretches + [open]
  }

  /// Tables first: they are read before any event. Crashing, the rows of sources are cut in two,
  /// in their order, with the end of a process between them.
  private func give(_ given: [TestRows], to stage: TestStage, crashing: Bool) throws {
    let (tables, sources) = (given.filter(stage.isTable), given.filter { !stage.isTable($0) })
    try tables.forEach { try stage.give($0) }
    let count = sources.reduce(0) { $0 + $1.rows.count }
    guard crashing, count > 0 else { return try sources.forEach { try stage.give($0) } }
    var left = count / 2
    var rest: [TestRows] = []
    for rows in sources {
      var (head, tail) = (rows, rows)
      head.rows = Array(rows.rows.prefix(left))
      tail.rows = Array(rows.rows.dropFirst(left))
      left -= head.rows.count
      if !head.rows.isEmpty { try stage.give(head) }
      if !tail.rows.isEmpty { rest.append(tail) }
    }
    try stage.crashAndRestore()
    try rest.forEach { try stage.give($0) }
  }
}
