import Checkpoints
import Connectors
import Dataflow
import Engine
import Platform
import Schemas
import Simulation
import Testing

/// Pipelines of particular shapes, each in its hard case.
struct PipelineTests {
  @Test(arguments: 1...60)
  func `in a mixed pipeline the marker decides and the other sink follows`(step: Int) {
    for afterDeed in [false, true] {
      let fixture = Fixture(.mixed, seed: UInt64(step))
      fixture.run(fate: .dies(at: step, afterDeed: afterDeed))
      if step % 2 == 0 { fixture.powerFailure() }
      let (_, run) = fixture.run(Fixture.options(workers: 1 + step % 3))
      #expect(run.outcome?.isFinished == true)
      #expect(fixture.wrong == [])
    }
  }

  @Test func `between the marker and the other sink a death leaves work that the next start does`()
  {
    let fixture = Fixture(.mixed)
    let (process, _) = fixture.run(fate: .diesAt(deed: "publish 2", afterDeed: false))
    #expect(process.met?.hasPrefix("publish 2") == true)
    let before = fixture.pipeline.output("files").count
    #expect(fixture.pipeline.output("out").count > before)
    fixture.powerFailure()
    let (_, run) = fixture.run()
    #expect(run.outcome?.isFinished == true)
    #expect(fixture.wrong == [])
  }

  @Test(arguments: 0..<12)
  func `rings of one batch of one row lock nothing up, two exchanges and hopping windows or not`(
    seed: UInt64
  ) {
    for plan in SimulatedPlan.rotation + [.throttled] {
      let fixture = Fixture(.transaction, plan, seed: seed, each: 80)
      let options = RunOptions(
        workers: 3, stopsAtEnd: true,
        configuration: JobConfiguration(workers: 3, ringCapacity: 1, batchRows: 1))
      let (_, run) = fixture.run(options)
      #expect(run.outcome?.isFinished == true)
      #expect(fixture.wrong == [])
    }
  }

  @Test(arguments: [SimulatedPlan.counts, .windows, .folds, .answers], 0..<8)
  func `a partition that appears is read from a barrier on, and stands in the checkpoints`(
    plan: SimulatedPlan, seed: UInt64
  ) throws {
    let fixture = Fixture(.transaction, plan, seed: seed)
    let pipeline = fixture.pipeline
    pipeline.discovery = SimulatedPipeline.Discovery(interval: 1_000, appearances: [0, 20_000])
    let process = pipeline.makeProcess()
    let run = pipeline.start(
      process, Fixture.options(workers: 1 + Int(seed) % 3, stopsAtEnd: false))
    _ = pipeline.world.run { pipeline.sums.discovered == 1 }
    let epoch = try #require(pipeline.broker.marker?.epoch)
    _ = pipeline.world.run {
      pipeline.broker.marker.map { $0.epoch.number > epoch.number + 2 } ?? false
    }
    process.die()
    fixture.powerFailure()
    #expect(run.outcome == nil)
    let newest = try #require(pipeline.disk.paths.last { $0.hasSuffix(".manifest") })
    let manifest = try Manifest(decoding: try #require(pipeline.disk.bytes(newest)), file: newest)
    #expect(manifest.partitions.map(\.partition.number) == [0, 1])
    pipeline.allAppear()
    #expect(fixture.run(Fixture.options(workers: 2)).run.outcome?.isFinished == true)
    #expect(pipeline.sums.discovered == 1)
    #expect(fixture.wrong == [])
  }
}
