import Dataflow
import Engine
import Platform
import Schemas

/// One seeded history: rows, faults, deaths, restarts with other parallelisms; then the faults stop
/// and the run must finish. Everything follows from the seed.
package struct Scenario {
  /// Plans times commits: so many seeds in a row are all different.
  package static let varieties = UInt64(
    SimulatedPlan.rotation.count * SimulatedPipeline.Commit.allCases.count)

  package let seed: UInt64
  /// Of the run before.
  private var workers: Int?
  package let commit: SimulatedPipeline.Commit
  package let plan: SimulatedPlan
  package private(set) var coverage = Coverage()
  /// Deaths before the faults stop.
  private let deaths: Int
  private let pipeline: SimulatedPipeline
  private var generator: SeededGenerator
  private let watch = ProgressWatch()

  /// `plan`: instead of the one that the seed says.
  package init(seed: UInt64, plan chosen: SimulatedPlan? = nil) {
    self.seed = seed
    var generator = SeededGenerator(seed: seed)
    let (plans, commits) = (SimulatedPlan.rotation, SimulatedPipeline.Commit.allCases)
    plan = chosen ?? plans[Int(seed) % plans.count]
    commit = commits[Int(seed) / plans.count % commits.count]
    deaths = Int.random(in: 0...4, using: &generator)
    var rows: [[SimulatedRow]] = []
    for partition in 0..<Int.random(in: 1...4, using: &generator) {
      let some = Self.rows(of: partition, &generator)
      if case .stage = plan {
        rows.append(Self.kinds(some, &generator))
      } else {
        rows.append(some)
      }
    }
    pipeline = SimulatedPipeline(
      seed: seed, commit: commit, plan: plan, rows: rows,
      interval: Int64.random(in: 500...10_000, using: &generator),
      weather: SimulatedWorld.Weather(
        longestStep: Int64.random(in: 10...400, using: &generator),
        longestJobDelay: Int64.random(in: 0...30_000, using: &generator)))
    if plan.tellsLateRows, Int.random(in: 0..<3, using: &generator) == 0 {
      pipeline.discovery = SimulatedPipeline.Discovery(
        interval: Int64.random(in: 200...5_000, using: &generator),
        appearances: rows.indices.map {
          $0 == 0 ? 0 : Int64.random(in: 0...60_000, using: &generator)
        })
    }
    self.generator = generator
  }

  private static func rows(
    of partition: Int, _ generator: inout SeededGenerator
  ) -> [SimulatedRow] {
    var time: Int64 = 0
    return (0..<Int.random(in: 0...250, using: &generator)).map { index in
      time += Int64.random(in: 0...200, using: &generator)
      var row = SimulatedRow(
        key: "k\(Int.random(in: 0..<5, using: &generator))", time: time,
        id: Int64(partition * 1_000 + index))
      switch Int.random(in: 0..<40, using: &generator) {
      case 0: row.time = nil
      case 1: row.key = SimulatedRow.filteredKey
      case 2: row.key = SimulatedRow.unmatchedKey
      case 3: row.value = SimulatedRow.badValue
      default: break
      }
      return row
    }
  }

  /// Rows that all reach the stage, of three kinds, out of order, and some of them late.
  private static func kinds(
    _ rows: [SimulatedRow], _ generator: inout SeededGenerator
  ) -> [SimulatedRow] {
    let isDisordered = Bool.random(using: &generator)
    return rows.filter { $0.fate == .taken }.map { row in
      var row = row
      row.value = "\(row.id % 3)"
      if isDisordered, let time = row.time {
        let most = SimulatedStage.lateness * 3 / 2
        row.time = time - Int64.random(in: 0...most, using: &generator)
      }
      return row
    }
  }

  /// Runs it and returns what was wrong.
  package mutating func run() -> [String] {
    var wrong: [String] = []
    let (pipeline, watch) = (pipeline, watch)
    pipeline.broker.committed = { marker in
      watch.look(at: marker, pipeline.disk)
    }
    pipeline.disk.removed = { [commit] path in
      guard commit.hasTransaction, let marker = pipeline.broker.marker else { return }
      for line in Oracle.markedCheckpointExists(marker, pipeline.disk) {
        wrong.append("removing \(path): \(line)")
      }
    }
    for number in 0..<deaths { wrong += runUntilDeath(number) }
    wrong += finish()
    wrong += watch.wrong
    wrong += pipeline.broker.violations
    wrong += pipeline.outside.violations
    wrong += pipeline.sums.wrong
    wrong += Oracle.manifestsAreWhole(pipeline.disk) + Oracle.partsHaveWorkers(pipeline.disk)
    let model = OutputModel(pipeline)
    wrong += model.wrong(pipeline.commit.outputs) { pipeline.output($0) }
    coverage.rowsExpected = model.calm.count
    coverage.sumsChecked = pipeline.sums.looks
    coverage.partitionsDiscovered = pipeline.sums.discovered
    coverage.entriesReplayed = pipeline.outside.replayed
    coverage.entriesMoved = pipeline.outside.moved
    coverage.lateRows = pipeline.output("late").count
    coverage.commitsLost = pipeline.broker.commitsLost
    coverage.answersLost = pipeline.broker.answersLost
    coverage.diskErrors = pipeline.disk.errors
    coverage.timesFull = pipeline.disk.timesFull
    coverage.tornWrites = pipeline.disk.tornWrites
    return wrong
  }

  private mutating func options(stopsAtEnd: Bool) -> RunOptions {
    let workers = Int.random(in: 1...3, using: &generator)
    if let before = self.workers, before != workers { coverage.rescales += 1 }
    self.workers = workers
    return RunOptions(
      workers: workers, stopsAtEnd: stopsAtEnd,
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
    guard case .stage = plan else { return }
    pipeline.serviceFaults = SimulatedService.Faults(
      failed: rarely(40), twice: rarely(20), never: rarely(20))
  }

  /// A process that dies at a step, freezes while another takes over, or ends by itself.
  private mutating func runUntilDeath(_ number: Int) -> [String] {
    roughen()
    // While partitions are looked for nothing ends by itself.
    let isBounded = pipeline.discovery == nil
    let limit = isBounded ? 60_000 : 10_000
    let process = pipeline.makeProcess()
    let step = Int.random(in: 1...80, using: &generator)
    let fate = Int.random(in: 0..<10, using: &generator)
    var usurper: PipelineRun?
    if fate < 8 {
      process.fate = .dies(at: step, afterDeed: fate % 2 == 0)
    } else {
      let (pipeline, options) = (pipeline, options(stopsAtEnd: isBounded))
      process.fate = .freezes(at: step) {
        // Its lock is lost with the network file system, and another machine takes over.
        pipeline.disk.releaseLocks()
        let run = pipeline.start(pipeline.makeProcess(), options)
        usurper = run
        _ = pipeline.world.run(limit: 4_000) { run.outcome != nil }
      }
    }
    let run = pipeline.start(process, options(stopsAtEnd: isBounded))
    _ = pipeline.world.run(limit: limit) {
      let isOver = process.executor.hasCrashed || run.outcome != nil
      return isOver && (usurper.map { $0.outcome != nil } ?? true)
    }
    if process.met != nil {
      if fate < 8 { coverage.deaths += 1 } else { coverage.freezes += 1 }
    }
    if !isBounded && fate == 0 {
      run.requestStop()
      _ = pipeline.world.run(limit: limit) { run.outcome != nil }
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
    pipeline.serviceFaults = SimulatedService.Faults()
    pipeline.allAppear()
    let run = pipeline.start(pipeline.makeProcess(), options(stopsAtEnd: true))
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
