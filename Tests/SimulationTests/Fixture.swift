import Checkpoints
import Dataflow
import Engine
import Platform
import Schemas
import Simulation
import Testing

/// A pipeline of two partitions with 400 rows each, and runs of it that are told what happens.
final class Fixture {
  let pipeline: SimulatedPipeline

  init(
    _ commit: SimulatedPipeline.Commit = .transaction, _ plan: SimulatedPlan = .counts,
    seed: UInt64 = 7, each: Int = 400, rows: [[SimulatedRow]]? = nil, interval: Int64 = 3_000
  ) {
    let usual = (0..<2).map { partition in
      (0..<each).map {
        SimulatedRow(
          key: "k\(($0 + partition) % 4)", time: Int64($0 * 50), id: Int64(partition * each + $0))
      }
    }
    pipeline = SimulatedPipeline(
      seed: seed, commit: commit, plan: plan, rows: rows ?? usual, interval: interval)
  }

  static func options(
    workers: Int = 2, request: RecoveryChoice.Request = .resume, stopsAtEnd: Bool = true
  ) -> RunOptions {
    RunOptions(
      workers: workers, request: request, stopsAtEnd: stopsAtEnd,
      configuration: JobConfiguration(workers: workers, ringCapacity: 2, batchRows: 2))
  }

  /// Runs a process until it ends or dies.
  @discardableResult
  func run(
    _ options: RunOptions = Fixture.options(), fate: SimulatedProcess.Fate? = nil,
    steps: Int = 300_000
  ) -> (process: SimulatedProcess, run: PipelineRun) {
    let process = pipeline.makeProcess()
    process.fate = fate
    let run = pipeline.start(process, options)
    _ = pipeline.world.run(limit: steps) {
      run.outcome != nil || process.executor.hasCrashed
    }
    if run.outcome != nil { process.die() }
    return (process, run)
  }

  /// Ends all processes that are left, as a loss of power does.
  func powerFailure() {
    for process in pipeline.processes { process.die() }
    pipeline.disk.crash()
  }

  /// What is wrong with the committed output.
  var wrong: [String] { wrong(pipeline.output) }

  /// The same where what a sink wrote went to several places.
  func wrong(_ output: (String) -> [String]) -> [String] {
    OutputModel.wrong(pipeline, output) + pipeline.broker.violations
      + pipeline.outside.violations + pipeline.sums.wrong
      + Oracle.manifestsAreWhole(pipeline.disk) + Oracle.partsHaveWorkers(pipeline.disk)
  }
}

extension RunOutcome {
  var failure: RunFailure? {
    if case .failed(let failure) = self { failure } else { nil }
  }

  /// Now, or before.
  var isFinished: Bool {
    switch self {
    case .finished, .wasFinished: true
    case .stopped, .failed: false
    }
  }
}
