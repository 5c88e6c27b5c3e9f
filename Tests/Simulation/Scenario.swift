import Dataflow
import Engine
import Platform
import Schemas

/// One seeded history: rows, faults, deaths, restarts with other parallelisms; then the faults stop
/// and the run must finish. Everything follows from the seed.
package struct Scenario {
  package let seed: UInt64
  package let commit: SimulatedPipeline.Commit
  package let plan: SimulatedPlan
  /// Deaths before the faults stop.
  private let deaths: Int
  private let pipeline: SimulatedPipeline
  private var generator: SeededGenerator
  private let watch = ProgressWatch()

  package init(seed: UInt64) {
    self.seed = seed
    var generator = SeededGenerator(seed: seed)
    commit = seed % 3 == 0 ? .manifest : .transaction
    plan = seed % 2 == 0 ? .counts : .windows
    deaths = Int.random(in: 0...4, using: &generator)
    var rows: [[(key: String, time: Int64)]] = []
    for _ in 0..<Int.random(in: 1...4, using: &generator) {
      let count = Int.random(in: 0...300, using: &generator)
      var time: Int64 = 0
      rows.append(
        (0..<count).map { _ in
          time += Int64.random(in: 0...200, using: &generator)
          return (key: "k\(Int.random(in: 0..<5, using: &generator))", time: time)
        })
    }
    pipeline = SimulatedPipeline(
      seed: seed, commit: commit, plan: plan, rows: rows,
      interval: Int64.random(in: 500...10_000, using: &generator),
      weather: SimulatedWorld.Weather(
        longestStep: Int64.random(in: 10...400, using: &generator),
        longestJobDelay: Int64.random(in: 0...30_000, using: &generator)))
    self.generator = generator
  }

  /// Runs it and returns what was wrong.
  package mutating func run() -> [String] {
    var wrong: [String] = []
    let (pipeline, watch) = (pipeline, watch)
    pipeline.broker.committed = { marker in
      watch.look(at: marker, pipeline.disk)
    }
    pipeline.disk.removed = { [commit] path in
      guard commit == .transaction, let marker = pipeline.broker.marker else { return }
      for line in Oracle.markedCheckpointExists(marker, pipeline.disk) {
        wrong.append("removing \(path): \(line)")
      }
    }
    for number in 0..<deaths { wrong += runUntilDeath(number) }
    wrong += finish()
    wrong += watch.wrong
    wrong += pipeline.broker.violations
    wrong += Oracle.manifestsAreWhole(pipeline.disk)
    wrong += Oracle.outputIsRight(pipeline.output, of: plan, rows: pipeline.rows)
    return wrong
  }

  private mutating func options() -> RunOptions {
    let workers = Int.random(in: 1...3, using: &generator)
    return RunOptions(
      workers: workers, stopsAtEnd: true,
      configuration: JobConfiguration(
        workers: workers, ringCapacity: Int.random(in: 1...4, using: &generator),
        batchRows: Int.random(in: 1...16, using: &generator)))
  }

  private mutating func roughen() {
    func rarely(_ most: Int) -> Int {
      Bool.random(using: &generator) ? 0 : Int.random(in: 0...most, using: &generator)
    }
    pipeline.broker.faults = Broker.Faults(
      lostCommit: rarely(300), lostAnswer: rarely(300), full: rarely(200))
    pipeline.disk.faults = Disk.Faults(error: rarely(30), full: rarely(20))
  }

  /// A process that dies at a step, freezes while another takes over, or ends by itself.
  private mutating func runUntilDeath(_ number: Int) -> [String] {
    roughen()
    let process = pipeline.makeProcess()
    let step = Int.random(in: 1...80, using: &generator)
    let fate = Int.random(in: 0..<10, using: &generator)
    var usurper: PipelineRun?
    if fate < 8 {
      process.fate = .dies(at: step, afterDeed: fate % 2 == 0)
    } else {
      let (pipeline, options) = (pipeline, options())
      process.fate = .freezes(at: step) {
        // Its lock is lost with the network file system, and another machine takes over.
        pipeline.disk.releaseLocks()
        let run = pipeline.start(pipeline.makeProcess(), options)
        usurper = run
        _ = pipeline.world.run(limit: 4_000) { run.outcome != nil }
      }
    }
    let run = pipeline.start(process, options())
    _ = pipeline.world.run(limit: 60_000) {
      let isOver = process.executor.hasCrashed || run.outcome != nil
      return isOver && (usurper.map { $0.outcome != nil } ?? true)
    }
    process.die()
    for other in pipeline.processes { other.die() }
    if Bool.random(using: &generator) { pipeline.disk.crash() }
    return []
  }

  /// Without faults it comes to its end.
  private mutating func finish() -> [String] {
    pipeline.broker.faults = Broker.Faults()
    pipeline.disk.faults = Disk.Faults()
    let run = pipeline.start(pipeline.makeProcess(), options())
    let outcome = pipeline.world.run(limit: 400_000) { run.outcome != nil }
    switch run.outcome {
    case .finished, .wasFinished: return []
    case .none: return ["it did not finish: \(outcome) \(run.status().lastFailure ?? "")"]
    case .stopped: return ["it stopped without being told"]
    case .failed(let failure): return ["it failed: \(failure.message)"]
    }
  }
}

extension Disk {
  package func releaseLocks() { locks = [:] }
}
