import Foundation
import Simulation
import Testing

/// Whole histories of faults. `RAUDAL_SEEDS` says how many, `RAUDAL_SEED` replays one.
struct ScenarioTests {
  private static let shards: UInt64 = 4
  /// From so many seeds on a shard must have come to everything that the simulation is for.
  private static let representative = 400

  @Test(arguments: 0..<shards)
  func `whatever fails, every record counts once and the run finishes`(shard: UInt64) {
    let environment = ProcessInfo.processInfo.environment
    let count = environment["RAUDAL_SEEDS"].flatMap(UInt64.init) ?? 400
    let seeds = environment["RAUDAL_SEED"].flatMap(UInt64.init).map { $0..<$0 + 1 } ?? 0..<count
    var failures: [String] = []
    var coverage = Scenario.Coverage()
    // Neighbours differ in what is simulated, so that each shard has all of it.
    for seed in seeds where seed / Scenario.varieties % Self.shards == shard {
      var scenario = Scenario(seed: seed)
      let wrong = scenario.run()
      coverage += scenario.coverage
      if !wrong.isEmpty {
        let lines = wrong.prefix(3).joined(separator: "; ")
        failures.append(
          "RAUDAL_SEED=\(seed) swift test --filter ScenarioTests (\(scenario.commit), \(scenario.plan)): \(lines)"
        )
      }
      if failures.count >= 5 { break }
    }
    #expect(failures.isEmpty, "\(failures.joined(separator: "\n"))")
    if seeds.count >= Self.representative && failures.isEmpty {
      #expect(coverage.lacks == [], "\(coverage)")
    }
  }

  @Test func `rows that wait for their turn survive whatever fails`() {
    let environment = ProcessInfo.processInfo.environment
    let count = environment["RAUDAL_SEEDS"].flatMap(UInt64.init) ?? 400
    var rescales = 0
    for seed in 0..<count / 4 {
      var scenario = Scenario(seed: seed, plan: .throttled)
      let wrong = scenario.run()
      rescales += scenario.coverage.rescales
      #expect(wrong.isEmpty, "seed \(seed), \(scenario.commit): \(wrong.prefix(3))")
    }
    #expect(count < 100 || rescales > 0)
  }

  @Test(arguments: SimulatedStage.all)
  func `a stage's output is that of a calm run, whatever fails`(stage: SimulatedStage) {
    let environment = ProcessInfo.processInfo.environment
    let count = environment["RAUDAL_SEEDS"].flatMap(UInt64.init) ?? 400
    let runs = max(1, count / 50)
    var coverage = Scenario.Coverage()
    for seed in 0..<runs {
      var scenario = Scenario(seed: seed, plan: .stage(stage))
      let wrong = scenario.run()
      coverage += scenario.coverage
      #expect(wrong.isEmpty, "seed \(seed), \(scenario.commit): \(wrong.prefix(3))")
    }
    #expect(count < 1_000 || coverage.deaths > 0 && coverage.rescales > 0)
    #expect(coverage.rowsExpected > Int(runs))
  }
}
