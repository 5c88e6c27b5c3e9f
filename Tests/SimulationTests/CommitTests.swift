import Checkpoints
import Connectors
import Engine
import Schemas
import Simulation
import Testing

/// The commit point in its hard cases.
struct CommitTests {
  @Test(arguments: [Broker.CommitFate.isLost, .answerIsLost])
  func `an unknown outcome is settled by the marker, in the same process`(
    fate: Broker.CommitFate
  ) {
    let fixture = Fixture()
    fixture.pipeline.broker.nextCommits = [.happens, .happens, fate]
    let (_, run) = fixture.run()
    #expect(run.outcome?.isFinished == true)
    #expect(run.status().restarts == 1)
    #expect(fixture.wrong == [])
  }

  @Test func `an unknown outcome of the very first commit is settled too`() {
    for fate in [Broker.CommitFate.isLost, .answerIsLost] {
      let fixture = Fixture()
      fixture.pipeline.broker.nextCommits = [fate]
      #expect(fixture.run().run.outcome?.isFinished == true)
      #expect(fixture.wrong == [])
    }
  }

  @Test(arguments: [false, true])
  func `a death between the manifest and the commit repeats the epoch`(afterPower: Bool) {
    let fixture = Fixture()
    let (process, _) = fixture.run(fate: .diesAt(deed: "commit 2", afterDeed: false))
    #expect(process.met == "commit 2")
    if afterPower { fixture.powerFailure() }
    let (_, run) = fixture.run()
    #expect(run.outcome?.isFinished == true)
    #expect(fixture.wrong == [])
  }

  @Test func `a death between the commit and what follows it loses nothing`() {
    let fixture = Fixture()
    let (process, _) = fixture.run(fate: .diesAt(deed: "commit 2", afterDeed: true))
    #expect(process.met == "commit 2")
    fixture.powerFailure()
    let before = fixture.pipeline.output.count
    let (_, run) = fixture.run()
    #expect(run.outcome?.isFinished == true)
    #expect(fixture.pipeline.output.count > before)
    #expect(fixture.wrong == [])
  }

  @Test(arguments: 1...60)
  func `a death at any step that makes something durable loses and doubles nothing`(step: Int) {
    for commit in [SimulatedPipeline.Commit.transaction, .manifest] {
      for afterDeed in [false, true] {
        let fixture = Fixture(commit, seed: UInt64(step))
        fixture.run(fate: .dies(at: step, afterDeed: afterDeed))
        fixture.powerFailure()
        let (_, run) = fixture.run(Fixture.options(workers: 1 + step % 3))
        #expect(run.outcome?.isFinished == true)
        #expect(fixture.wrong == [])
      }
    }
  }

  @Test(arguments: ["commit 3", "rename checkpoints/0000000003", "sync parts", "init producer 1"])
  func `a frozen process that wakes up after another took over changes nothing`(deed: String) {
    for commit in [SimulatedPipeline.Commit.transaction, .manifest] {
      let fixture = Fixture(commit)
      var other: PipelineRun?
      let (_, run) = fixture.run(
        fate: .freezesAt(deed: deed) {
          fixture.pipeline.disk.releaseLocks()
          other = fixture.run().run
          #expect(other?.outcome?.isFinished == true)
        })
      if other != nil {
        #expect(run.outcome?.failure?.kind == .fenced)
      }
      #expect(fixture.wrong == [])
    }
  }

  @Test func `a marker without its manifest is refused, and so is a lost directory`() throws {
    let fixture = Fixture()
    fixture.run(fate: .diesAt(deed: "commit 3", afterDeed: true))
    let marker = try #require(fixture.pipeline.broker.marker)
    let manifests = fixture.pipeline.disk.paths.filter { $0.hasPrefix("checkpoints/") }
    let newest = try #require(manifests.last)
    fixture.pipeline.disk.lose(newest)
    let failure = fixture.run().run.outcome?.failure
    #expect(failure?.kind == .final)
    #expect(failure?.message.contains("checkpoint \(marker.epoch) is committed") == true)
    for path in fixture.pipeline.disk.paths { fixture.pipeline.disk.lose(path) }
    let lost = fixture.run().run.outcome?.failure
    #expect(lost?.message.contains("holds no checkpoint") == true)
    // Starting over is possible, and repeats all output.
    let before = fixture.pipeline.output.count
    let (_, run) = fixture.run(Fixture.options(request: .fresh))
    #expect(run.outcome?.isFinished == true)
    #expect(fixture.pipeline.output.count == before + 800)
  }

  @Test func `from an older checkpoint the output since then is repeated, in a new lineage`() throws
  {
    let fixture = Fixture()
    fixture.run(fate: .diesAt(deed: "commit 4", afterDeed: true))
    let before = fixture.pipeline.output.count
    let lineage = try #require(fixture.pipeline.broker.marker?.lineage)
    let (_, run) = fixture.run(Fixture.options(request: .from(Epoch(3))))
    #expect(run.outcome?.isFinished == true)
    #expect(fixture.pipeline.broker.marker?.lineage != lineage)
    #expect(fixture.pipeline.output.count > 800)
    #expect(fixture.pipeline.output.count < before + 800)
    let missing = fixture.run(Fixture.options(request: .from(Epoch(99)))).run.outcome?.failure
    #expect(missing?.message.contains("there is no checkpoint 99") == true)
  }
}
