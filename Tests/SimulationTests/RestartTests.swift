import Checkpoints
import Engine
import Platform
import Schemas
import Simulation
import Testing

/// What may change between two runs of a pipeline: its workers, the ends, what others did to its
/// output.
struct RestartTests {
  private let every: [SimulatedPipeline.Commit] = [.transaction, .manifest]

  private func newestManifest(_ disk: Disk) throws -> Manifest {
    let path = try #require(disk.paths.last { $0.hasSuffix(".manifest") })
    return try Manifest(decoding: try #require(disk.bytes(path)), file: path)
  }

  private func rows(
    _ count: Int, of group: Int, after start: Int, apart: Int
  ) -> [SimulatedRow] {
    (0..<count).map {
      SimulatedRow(
        key: "k\($0 % 4)", time: Int64(start + $0 * apart), id: Int64(group * 1_000 + $0))
    }
  }

  @Test func `parts of workers that are gone end with the first checkpoint of a rescaled run`() {
    let fixture = Fixture()
    fixture.run(Fixture.options(workers: 3), fate: .diesAt(deed: "commit 4", afterDeed: true))
    let (process, _) = fixture.run(
      Fixture.options(workers: 2, request: .from(Epoch(3))),
      fate: .diesAt(deed: "commit 9", afterDeed: true))
    #expect(process.met == "commit 9")
    #expect(Oracle.partsHaveWorkers(fixture.pipeline.disk) == [])
    #expect(fixture.run(Fixture.options(workers: 2)).run.outcome?.isFinished == true)
    var last: [Substring: Substring] = [:]
    for line in fixture.pipeline.output {
      let parts = line.split(separator: ":")
      last[parts[0]] = parts[1]
    }
    #expect(last == ["k0": "200", "k1": "200", "k2": "200", "k3": "200"])
  }

  @Test func `ends that are fixed at a restart with fewer workers take no old part along`() {
    let fixture = Fixture()
    fixture.run(
      Fixture.options(workers: 3, stopsAtEnd: false),
      fate: .diesAt(deed: "commit 4", afterDeed: true))
    let (process, _) = fixture.run(
      Fixture.options(workers: 2), fate: .diesAt(deed: "commit 9", afterDeed: true))
    #expect(process.met == "commit 9")
    #expect(fixture.run(Fixture.options(workers: 2)).run.outcome?.isFinished == true)
    #expect(fixture.wrong == [])
  }

  @Test(arguments: [SimulatedPlan.counts, .windows])
  func `ends of a run that was interrupted do not hold for one without them`(
    plan: SimulatedPlan
  ) throws {
    for commit in every {
      let short = rows(10, of: 0, after: 0, apart: 10)
      let long = rows(400, of: 1, after: 0, apart: 50)
      let fixture = Fixture(
        commit, plan, rows: [short, long], interval: plan == .windows ? 3_000 : 1_000)
      let epoch = plan == .windows ? 2 : commit == .transaction ? 4 : 3
      let name = "rename checkpoints/000000000\(epoch)"
      let (process, _) = fixture.run(fate: .diesAt(deed: name, afterDeed: false))
      #expect(process.met?.hasPrefix(name) == true)
      // The short partition had ended by then; both go on.
      let ended = try newestManifest(fixture.pipeline.disk).partitions[0].isEnded
      #expect(plan == .windows || ended, "\(commit)")
      for partition in 0..<2 {
        fixture.pipeline.rows[partition] += rows(60, of: 2 + partition, after: 30_000, apart: 10)
      }
      let next = fixture.pipeline.makeProcess()
      let run = fixture.pipeline.start(next, Fixture.options(stopsAtEnd: false))
      if plan == .counts {
        let all = fixture.pipeline.world.run(limit: 300_000) {
          fixture.pipeline.output.count == 530 || run.outcome != nil
        }
        #expect(all == .reached)
      } else {
        _ = fixture.pipeline.world.run(limit: 50_000) { run.outcome != nil }
      }
      #expect(run.outcome == nil, "\(commit)")
      run.requestStop()
      _ = fixture.pipeline.world.run(limit: 300_000) { run.outcome != nil }
      guard case .stopped = run.outcome else {
        Issue.record("it ended as \(String(describing: run.outcome))")
        continue
      }
      next.die()
      #expect(fixture.run().run.outcome?.isFinished == true)
      #expect(fixture.wrong == [], "\(commit)")
    }
  }

  @Test func `output that a consumer has taken is not asked for again`() {
    let fixture = Fixture(.manifest)
    let (process, _) = fixture.run(
      fate: .diesAt(deed: "rename checkpoints/0000000004", afterDeed: false))
    #expect(process.met?.contains("0000000004") == true)
    fixture.pipeline.shelf("out").takeAll()
    let (_, run) = fixture.run()
    #expect(run.outcome?.isFinished == true, "\(String(describing: run.outcome))")
    #expect(fixture.wrong == [])
  }

  @Test func `output that is gone before it was made visible stops the start until it is allowed`()
  {
    let fixture = Fixture(.manifest)
    fixture.run(fate: .diesAt(deed: "publish 3-", afterDeed: false))
    fixture.pipeline.shelf("out").loseStaged()
    let failure = fixture.run().run.outcome?.failure
    #expect(failure?.kind == .final)
    #expect(failure?.message.contains("--allow-drop out") == true, "\(String(describing: failure))")
    var options = Fixture.options()
    options.allowDrop = [OperatorID("out")]
    #expect(fixture.run(options).run.outcome?.isFinished == true)
  }

  @Test func `no barrier is sent before all workers have their graph`() {
    var unfinished: [UInt64] = []
    for seed in UInt64(0)..<30 {
      let fixture = Fixture(.transaction, .rows, seed: seed, interval: 60)
      let (_, run) = fixture.run(Fixture.options(workers: 3), steps: 60_000)
      if run.outcome?.isFinished != true || run.status().restarts > 0 {
        unfinished.append(seed)
      } else {
        #expect(fixture.wrong == [])
      }
    }
    #expect(unfinished == [])
  }
}
