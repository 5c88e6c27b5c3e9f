import Dataflow
import Engine
import Platform
import Schemas

/// What has answered rows under the name of each version of a model, over all runs of a pipeline.
package final class ModelVoices: @unchecked Sendable {
  private var heard: [String: String] = [:]
  /// How often rows have been answered.
  fileprivate var answers = 0
  /// Names under which two have answered.
  package private(set) var wrong: [String] = []

  package init() {}

  package func hasAnswered(_ name: String) -> Bool { heard[name] != nil }

  func answer(_ models: [String: String]) {
    answers += 1
    for (name, model) in models {
      let before = heard.updateValue(model, forKey: name) ?? model
      if before != model { wrong.append("\(name) has been \(before), and is \(model)") }
    }
  }
}

/// One seeded history of a pipeline whose user changes his models: versions come and go, are put
/// back, and take names that others had, while processes die. Everything follows from the seed.
package struct PinScenario {
  private let pipeline: SimulatedPipeline
  private var generator: SeededGenerator
  /// What was declared in runs that were not refused: nothing else is a reason to refuse.
  private var declared: [String: Set<String>] = [:]
  package private(set) var deaths = 0
  package private(set) var refusals = 0

  package init(seed: UInt64) {
    var generator = SeededGenerator(seed: seed ^ 0x9165)
    let partitions = Int.random(in: 1...2, using: &generator)
    let rows = (0..<partitions).map { Self.rows(of: $0, &generator) }
    let commits = SimulatedPipeline.Commit.allCases
    pipeline = SimulatedPipeline(
      seed: seed, commit: commits[Int(seed) % commits.count], plan: .counts, rows: rows,
      interval: Int64.random(in: 500...10_000, using: &generator),
      weather: SimulatedWorld.Weather(
        longestStep: Int64.random(in: 10...200, using: &generator),
        longestJobDelay: Int64.random(in: 0...20_000, using: &generator)))
    self.generator = generator
  }

  private static func rows(
    of partition: Int, _ generator: inout SeededGenerator
  ) -> [SimulatedRow] {
    (0..<Int.random(in: 10...60, using: &generator)).map { number in
      SimulatedRow(
        key: "k\(Int.random(in: 0..<5, using: &generator))", time: Int64(number * 100),
        id: Int64(partition * 1_000 + number))
    }
  }

  /// Runs it and returns what was wrong.
  package mutating func run() -> [String] {
    var wrong: [String] = []
    for _ in 0..<Int.random(in: 2...7, using: &generator) { wrong += live() }
    // A name that nobody had is never refused, and those that are left out are missed by nobody.
    pipeline.models = ["m.last": "z"]
    let run = pipeline.start(pipeline.makeProcess(), options(stopsAtEnd: true))
    let outcome = pipeline.world.run(limit: 400_000) { run.outcome != nil }
    switch run.outcome {
    case .finished, .wasFinished: break
    default: wrong.append("it did not finish: \(outcome), \(String(describing: run.outcome))")
    }
    wrong += pipeline.voices.wrong + pipeline.broker.violations + pipeline.sums.wrong
    wrong += Oracle.manifestsAreWhole(pipeline.disk) + Oracle.partsHaveWorkers(pipeline.disk)
    return wrong + OutputModel(pipeline).wrong(pipeline.commit.outputs) { pipeline.output($0) }
  }

  private mutating func options(stopsAtEnd: Bool) -> RunOptions {
    let workers = Int.random(in: 1...3, using: &generator)
    return RunOptions(
      workers: workers, stopsAtEnd: stopsAtEnd,
      configuration: JobConfiguration(
        workers: workers, ringCapacity: Int.random(in: 1...4, using: &generator),
        batchRows: Int.random(in: 1...16, using: &generator)))
  }

  /// What the definition says from now on.
  private mutating func change() {
    let name = "m.v\(Int.random(in: 1...2, using: &generator))"
    switch Int.random(in: 0..<4, using: &generator) {
    case 0: break
    case 1: pipeline.models[name] = nil
    default: pipeline.models[name] = Bool.random(using: &generator) ? "a" : "b"
    }
  }

  /// A run that is refused, dies, or is killed somewhere.
  private mutating func live() -> [String] {
    change()
    let process = pipeline.makeProcess()
    let voices = pipeline.voices
    var last = Int.max
    if Bool.random(using: &generator) {
      // It dies over its first rows, about as often before as behind its first checkpoint.
      last = voices.answers + Int.random(in: 1...20, using: &generator)
    } else {
      process.fate = .dies(
        at: Int.random(in: 1...60, using: &generator), afterDeed: Bool.random(using: &generator))
    }
    let run = pipeline.start(process, options(stopsAtEnd: Bool.random(using: &generator)))
    _ = pipeline.world.run(limit: Int.random(in: 500...3_000, using: &generator)) {
      process.executor.hasCrashed || run.outcome != nil || voices.answers >= last
    }
    if run.outcome == nil { deaths += 1 }
    process.die()
    if Bool.random(using: &generator) { pipeline.disk.crash() }
    guard case .failed(let failure) = run.outcome else {
      for (name, model) in pipeline.models { declared[name, default: []].insert(model) }
      return []
    }
    refusals += 1
    let isMeant = pipeline.models.contains { name, model in
      failure.message.contains("the model's version \(name) is \(model), ")
        && declared[name]?.contains { $0 != model } ?? false
    }
    return isMeant ? [] : ["it was refused: \(failure.message)"]
  }
}
