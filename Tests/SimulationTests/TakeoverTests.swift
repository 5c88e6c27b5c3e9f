import Engine
import Platform
import Simulation
import Testing

/// A process that stood still for longer than its transactions live.
struct TakeoverTests {
  @Test(arguments: ["commit 3", "rename checkpoints/0000000003", "sync parts"])
  func `a process that outslept its transaction leaves its heir alone`(deed: String) {
    let fixture = Fixture()
    let pipeline = fixture.pipeline
    pipeline.broker.transactionTimeout = 100_000
    let heirProcess = pipeline.makeProcess()
    var heir: PipelineRun?
    let sleeper = pipeline.makeProcess()
    sleeper.fate = .freezesAt(deed: deed) {
      pipeline.disk.releaseLocks()
      // Nobody comes before the broker has given the transaction up.
      pipeline.world.clock.advance(by: 200_000)
      let run = pipeline.start(heirProcess, Fixture.options())
      heir = run
      let before = pipeline.output.count
      _ = pipeline.world.run(limit: 100_000) { pipeline.output.count > before + 20 }
    }
    let run = pipeline.start(sleeper, Fixture.options())
    _ = pipeline.world.run(limit: 400_000) {
      run.outcome != nil && heir?.outcome != nil
    }
    #expect(run.outcome?.failure?.kind == .fenced, "\(String(describing: run.outcome))")
    #expect(heir?.outcome?.isFinished == true, "\(String(describing: heir?.outcome))")
    #expect(fixture.wrong == [])
  }

  @Test func `a transaction that the broker ended for its age is an attempt that failed`() {
    let fixture = Fixture()
    let pipeline = fixture.pipeline
    pipeline.broker.transactionTimeout = 100_000
    let (_, run) = fixture.run(
      fate: .freezesAt(deed: "commit 3") { pipeline.world.clock.advance(by: 200_000) })
    #expect(run.outcome?.isFinished == true, "\(String(describing: run.outcome))")
    #expect(run.status().restarts == 1)
    #expect(fixture.wrong == [])
  }
}
