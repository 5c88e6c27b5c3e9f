import Engine
import Schemas
import Simulation
import Testing

/// A stage with a journal: what it told the world before it died, it knows when it comes back.
struct JournalTests {
  @Test(arguments: 1...70)
  func `an answer that was told stays, whenever the process dies and however many follow it`(
    step: Int
  ) {
    for commit in [SimulatedPipeline.Commit.transaction, .manifest] {
      for afterDeed in [false, true] {
        let fixture = Fixture(commit, .answers, seed: UInt64(step), each: 60)
        fixture.run(
          Fixture.options(workers: 1 + step % 2), fate: .dies(at: step, afterDeed: afterDeed))
        if step % 2 == 0 { fixture.powerFailure() }
        fixture.run(
          Fixture.options(workers: 3), fate: .dies(at: 3 + step / 2, afterDeed: afterDeed))
        fixture.powerFailure()
        let (_, run) = fixture.run(Fixture.options(workers: 1 + step % 3))
        #expect(run.outcome?.isFinished == true)
        #expect(fixture.wrong == [])
      }
    }
  }

  @Test func `an entry goes to whoever owns its key when the number of workers changes`() {
    let fixture = Fixture(.manifest, .answers, each: 60)
    fixture.run(
      Fixture.options(workers: 3),
      fate: .diesAt(deed: "rename checkpoints/0000000003", afterDeed: false))
    let (_, run) = fixture.run(Fixture.options(workers: 2))
    #expect(run.outcome?.isFinished == true)
    #expect(fixture.pipeline.outside.replayed > 0)
    #expect(fixture.pipeline.outside.moved > 0)
    #expect(fixture.wrong == [])
  }

  @Test func `a run that fixes new ends takes over the journal of the run before`() {
    let fixture = Fixture(.transaction, .answers)
    fixture.run(
      Fixture.options(stopsAtEnd: false), fate: .diesAt(deed: "commit 3", afterDeed: false))
    let before = fixture.pipeline.outside.replayed
    // Dies again before it has a checkpoint of its own.
    let (process, _) = fixture.run(fate: .diesAt(deed: "create journal", afterDeed: true))
    #expect(process.met != nil)
    #expect(fixture.pipeline.outside.replayed > before)
    let (_, run) = fixture.run(Fixture.options(workers: 3))
    #expect(run.outcome?.isFinished == true)
    #expect(fixture.wrong == [])
  }

  @Test func `a process that was taken over tells nobody anything`() {
    let fixture = Fixture(.manifest, .answers, each: 60)
    var other: PipelineRun?
    fixture.run(
      fate: .freezesAt(deed: "sync journal") {
        fixture.pipeline.disk.releaseLocks()
        other = fixture.run(Fixture.options(workers: 3)).run
      })
    #expect(other?.outcome?.isFinished == true)
    #expect(fixture.wrong == [])
  }
}
