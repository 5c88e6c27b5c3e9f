import Checkpoints
import Connectors
import Engine
import Platform
import Schemas
import Simulation
import Testing

/// Starts, stops and failures of a run.
struct LifeTests {
  @Test func `a finished pipeline that is started again does nothing and says so`() {
    for commit in [SimulatedPipeline.Commit.transaction, .manifest] {
      let fixture = Fixture(commit)
      #expect(fixture.run().run.outcome?.isFinished == true)
      let output = fixture.pipeline.output
      for _ in 0..<2 {
        guard case .wasFinished = fixture.run().run.outcome else {
          Issue.record("it ran again")
          return
        }
      }
      #expect(fixture.pipeline.output == output)
      #expect(fixture.wrong == [])
    }
  }

  @Test func `a stop takes a last checkpoint, and the next start goes on from it`() throws {
    let fixture = Fixture()
    let process = fixture.pipeline.makeProcess()
    let run = fixture.pipeline.start(process, Fixture.options())
    _ = fixture.pipeline.world.run { fixture.pipeline.output.count > 10 }
    run.requestStop()
    #expect(fixture.pipeline.world.run { run.outcome != nil } == .reached)
    guard case .stopped(let epoch?) = run.outcome else {
      Issue.record("it ended as \(String(describing: run.outcome))")
      return
    }
    #expect(fixture.pipeline.broker.marker?.epoch == epoch)
    let before = fixture.pipeline.output.count
    #expect(before < 800)
    process.die()
    #expect(fixture.run(Fixture.options(workers: 3)).run.outcome?.isFinished == true)
    #expect(fixture.wrong == [])
  }

  @Test func `a second process on the same directory is refused`() {
    let fixture = Fixture()
    let process = fixture.pipeline.makeProcess()
    let run = fixture.pipeline.start(process, Fixture.options())
    _ = fixture.pipeline.world.run { fixture.pipeline.output.count > 10 }
    let second = fixture.run(steps: 5_000).run.outcome?.failure
    #expect(second?.message.contains("another process runs pipeline `p`") == true)
    _ = fixture.pipeline.world.run { run.outcome != nil }
    #expect(run.outcome?.isFinished == true)
    #expect(fixture.wrong == [])
  }

  @Test func `a disk that stays full ends the run with the reason, and loses nothing`() {
    let fixture = Fixture()
    let process = fixture.pipeline.makeProcess()
    let run = fixture.pipeline.start(process, Fixture.options())
    _ = fixture.pipeline.world.run { fixture.pipeline.output.count > 10 }
    fixture.pipeline.disk.faults = Disk.Faults(full: 1_000)
    _ = fixture.pipeline.world.run { run.outcome != nil }
    let failure = run.outcome?.failure
    #expect(failure?.message.contains("5 restarts without a checkpoint") == true)
    #expect(failure?.message.contains("no space is left") == true)
    process.die()
    fixture.pipeline.disk.faults = Disk.Faults()
    #expect(fixture.run().run.outcome?.isFinished == true)
    #expect(fixture.wrong == [])
  }

  @Test func `a cluster that loses every commit ends the run after five restarts`() {
    let fixture = Fixture()
    fixture.pipeline.broker.faults.lostCommit = 1_000
    let (_, run) = fixture.run()
    #expect(run.outcome?.failure?.message.contains("the commit timed out") == true)
    #expect(run.status().restarts == RestartPolicy.limit)
    #expect(fixture.pipeline.output == [])
  }

  @Test func `a start that finds no broker ends the run, a later one is repeated`() {
    let fixture = Fixture()
    fixture.pipeline.broker.unansweredStarts = 1
    let (_, run) = fixture.run()
    #expect(run.outcome?.failure?.kind == .unreachable)
    #expect(run.status().restarts == 0 && run.status().lastFailure != nil)
    let process = fixture.pipeline.makeProcess()
    let second = fixture.pipeline.start(process, Fixture.options())
    _ = fixture.pipeline.world.run { fixture.pipeline.output.count > 10 }
    fixture.pipeline.broker.unansweredStarts = 2
    fixture.pipeline.broker.nextCommits = [.isLost]
    _ = fixture.pipeline.world.run { second.outcome != nil }
    #expect(second.outcome?.isFinished == true)
    #expect(second.status().restarts == 3)
    #expect(fixture.wrong == [])
  }

  @Test func `a stop while it starts ends it at once, and what the start opened is closed`() {
    let fixture = Fixture()
    for steps in 0..<12 {
      let process = fixture.pipeline.makeProcess()
      let run = fixture.pipeline.start(process, Fixture.options())
      _ = fixture.pipeline.world.run(limit: steps) { run.status().phase == .running }
      run.requestStop()
      _ = fixture.pipeline.world.run(limit: 300_000) { run.outcome != nil }
      guard case .stopped = run.outcome else {
        Issue.record("it ended as \(String(describing: run.outcome))")
        return
      }
      process.die()
    }
    #expect(fixture.run().run.outcome?.isFinished == true)
    #expect(fixture.wrong == [])
  }

  @Test func `a flipped bit in the checkpoint is named, and nothing is written`() throws {
    for commit in [SimulatedPipeline.Commit.transaction, .manifest] {
      let fixture = Fixture(commit)
      fixture.run(fate: .diesAt(deed: "rename checkpoints/0000000004", afterDeed: false))
      let disk = fixture.pipeline.disk
      for folder in ["checkpoints/", "parts/"] {
        let path = try #require(
          disk.paths.last { $0.hasPrefix(folder) && !$0.hasSuffix(".tmp") })
        let newest = try #require(disk.paths.last { $0.hasSuffix(".manifest") })
        let manifest = try Manifest(
          decoding: try #require(disk.bytes(newest)), file: newest)
        let target = folder == "parts/" ? try #require(manifest.parts.last?.path) : path
        disk.flip(target, at: 30)
        let output = fixture.pipeline.output
        let failure = fixture.run().run.outcome?.failure
        #expect(failure?.kind == .final)
        #expect(failure?.message.contains(target) == true, "\(String(describing: failure))")
        #expect(fixture.pipeline.output == output)
        disk.flip(target, at: 30)
      }
      #expect(fixture.run().run.outcome?.isFinished == true)
      #expect(fixture.wrong == [])
    }
  }
}
