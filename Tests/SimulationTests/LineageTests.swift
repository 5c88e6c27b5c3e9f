import Foundation
import Simulation
import Testing

/// Whole histories of a user's changes of mind. `RAUDAL_SEEDS` says how many, `RAUDAL_SEED` replays
/// one.
struct LineageTests {
  private static let shards: UInt64 = 4

  @Test(arguments: 0..<shards)
  func `whatever is asked of a pipeline, each lineage counts every record once`(shard: UInt64) {
    let environment = ProcessInfo.processInfo.environment
    let count = environment["RAUDAL_SEEDS"].flatMap(UInt64.init) ?? 250
    let seeds = environment["RAUDAL_SEED"].flatMap(UInt64.init).map { $0..<$0 + 1 } ?? 0..<count
    var failures: [String] = []
    for seed in seeds where seed % Self.shards == shard && failures.count < 5 {
      var scenario = LineageScenario(seed: seed)
      let wrong = scenario.run().prefix(3).joined(separator: "; ")
      if !wrong.isEmpty {
        failures.append("RAUDAL_SEED=\(seed) swift test --filter LineageTests: \(wrong)")
      }
    }
    #expect(failures.isEmpty, "\(failures.joined(separator: "\n"))")
  }
}
