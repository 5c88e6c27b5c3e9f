import Checkpoints
import Engine
import Foundation
import Platform
import Schemas
import Simulation
import Testing

/// Names of versions of models, which are one model's each for as long as the pipeline goes on.
struct PinTests {
  private static let shards: UInt64 = 4

  /// `RAUDAL_SEEDS` says how many histories, `RAUDAL_SEED` replays one.
  @Test(arguments: 0..<shards)
  func `no two models ever answer under one name, and none is refused without reason`(
    shard: UInt64
  ) {
    let environment = ProcessInfo.processInfo.environment
    let count = environment["RAUDAL_SEEDS"].flatMap(UInt64.init) ?? 80
    let seeds = environment["RAUDAL_SEED"].flatMap(UInt64.init).map { $0..<$0 + 1 } ?? 0..<count
    var failures: [String] = []
    var (deaths, refusals) = (0, 0)
    for seed in seeds where seed / 3 % Self.shards == shard && failures.count < 5 {
      var scenario = PinScenario(seed: seed)
      let wrong = scenario.run().prefix(3).joined(separator: "; ")
      (deaths, refusals) = (deaths + scenario.deaths, refusals + scenario.refusals)
      if !wrong.isEmpty {
        failures.append("RAUDAL_SEED=\(seed) swift test --filter PinTests: \(wrong)")
      }
    }
    #expect(failures.isEmpty, "\(failures.joined(separator: "\n"))")
    #expect(count < 80 || deaths > 0 && refusals > 0, "\(deaths) deaths, \(refusals) refusals")
  }

  @Test func `a name is taken before its version answers, so that no crash lets it go again`() {
    let fixture = Fixture()
    let pipeline = fixture.pipeline
    pipeline.models = ["m.v1": "a"]
    fixture.run(fate: .diesAt(deed: "commit 3", afterDeed: true))
    pipeline.models["m.v2"] = "b"
    let process = pipeline.makeProcess()
    _ = pipeline.start(process, Fixture.options())
    // It dies over the first row, with no checkpoint behind it.
    #expect(pipeline.world.run { pipeline.voices.hasAnswered("m.v2") } == .reached)
    process.die()
    fixture.powerFailure()
    pipeline.models["m.v2"] = "c"
    let failure = fixture.run().run.outcome?.failure
    #expect(failure?.kind == .final)
    #expect(
      failure?.message.hasPrefix("the model's version m.v2 is c, and answers under this name are")
        ?? false, "\(String(describing: failure))")
    pipeline.models["m.v2"] = "b"
    #expect(fixture.run().run.outcome?.isFinished == true)
    #expect(fixture.wrong == [] && pipeline.voices.wrong == [])
  }

  @Test func `going back to a checkpoint, and beginning anew, take the names from there`() {
    let fixture = Fixture(each: 100)
    let pipeline = fixture.pipeline
    pipeline.models = ["m.v1": "a"]
    fixture.run(fate: .diesAt(deed: "commit 3", afterDeed: true))
    pipeline.models = ["m.v1": "b"]
    for request in [RecoveryChoice.Request.resume, .from(Epoch(2))] {
      let (_, refused) = fixture.run(Fixture.options(request: request))
      #expect(refused.outcome?.failure?.kind == .final, "\(request)")
    }
    let (_, anew) = fixture.run(Fixture.options(request: .fresh))
    #expect(anew.outcome?.isFinished == true)
  }
}
