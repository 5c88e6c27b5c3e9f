import Checkpoints
import Engine
import Platform
import Schemas
import Simulation
import Testing

/// The sink's delivery changes between two runs, and with it who says what counts.
struct DeliveryChangeTests {
  /// Both outputs of a sink, in the order in which the pipeline wrote to them.
  private func output(
    _ pipeline: SimulatedPipeline, topicFirst: Bool
  ) -> (String) -> [String] {
    { sink in
      let (topic, shelf) = (
        pipeline.broker.committedValues(sink), pipeline.shelf(sink).committedValues
      )
      return topicFirst ? topic + shelf : shelf + topic
    }
  }

  @Test(arguments: [false, true])
  func `an epoch whose commit is unknown is settled by the marker when transactions end`(
    isCommitted: Bool
  ) {
    let fixture = Fixture()
    let (process, _) = fixture.run(fate: .diesAt(deed: "commit 3", afterDeed: isCommitted))
    #expect(process.met == "commit 3")
    fixture.pipeline.commit = .manifest
    let (_, run) = fixture.run()
    #expect(run.outcome?.isFinished == true, "\(String(describing: run.outcome))")
    #expect(fixture.wrong(output(fixture.pipeline, topicFirst: true)) == [])
  }

  @Test func `an epoch whose marker cannot be read is refused, and both ways on are named`() {
    let fixture = Fixture()
    fixture.run(fate: .diesAt(deed: "commit 3", afterDeed: false))
    fixture.pipeline.commit = .manifest
    fixture.pipeline.namesCluster = false
    let failure = fixture.run().run.outcome?.failure
    #expect(failure?.kind == .final)
    for part in ["checkpoint 3", "--from 2", "--from 3", "--fresh"] {
      #expect(failure?.message.contains(part) == true, "\(part): \(String(describing: failure))")
    }
    let (_, run) = fixture.run(Fixture.options(request: .from(Epoch(2))))
    #expect(run.outcome?.isFinished == true)
    #expect(fixture.wrong(output(fixture.pipeline, topicFirst: true)) == [])
  }

  @Test func `a checkpoint that is known to count needs no marker when transactions end`() {
    let fixture = Fixture()
    let process = fixture.pipeline.makeProcess()
    let run = fixture.pipeline.start(process, Fixture.options())
    _ = fixture.pipeline.world.run { fixture.pipeline.output.count > 10 }
    run.requestStop()
    _ = fixture.pipeline.world.run { run.outcome != nil }
    process.die()
    fixture.pipeline.commit = .manifest
    fixture.pipeline.namesCluster = false
    let (_, next) = fixture.run()
    #expect(next.outcome?.isFinished == true, "\(String(describing: next.outcome))")
    #expect(fixture.wrong(output(fixture.pipeline, topicFirst: true)) == [])
  }

  @Test(arguments: 0...2)
  func `checkpoints that counted by existing still count when transactions begin`(restarts: Int) {
    let fixture = Fixture(.manifest)
    for _ in 0..<restarts {
      let process = fixture.pipeline.makeProcess()
      let run = fixture.pipeline.start(process, Fixture.options())
      // One checkpoint of its own.
      _ = fixture.pipeline.world.run(limit: 100_000) { run.status().checkpoints == 1 }
      fixture.powerFailure()
    }
    let (process, _) = fixture.run(fate: .diesAt(deed: "commit", afterDeed: false), steps: 1_500)
    process.die()
    fixture.pipeline.commit = .transaction
    let (_, run) = fixture.run()
    #expect(run.outcome?.isFinished == true, "\(String(describing: run.outcome))")
    #expect(fixture.wrong(output(fixture.pipeline, topicFirst: false)) == [])
  }

  @Test func `transactions may end and begin again`() {
    let fixture = Fixture()
    fixture.run(fate: .diesAt(deed: "commit 2", afterDeed: true))
    fixture.pipeline.commit = .manifest
    fixture.run(fate: .diesAt(deed: "rename checkpoints/0000000005", afterDeed: false))
    let pipeline = fixture.pipeline
    let between = output(pipeline, topicFirst: true)
    let names = SimulatedPlan.sides + pipeline.commit.outputs
    let before = Dictionary(uniqueKeysWithValues: names.map { ($0, between($0)) })
    let topics = names.map { ($0, pipeline.broker.committedValues($0).count) }
    let lengths = Dictionary(uniqueKeysWithValues: topics)
    pipeline.commit = .transaction
    let (_, run) = fixture.run()
    #expect(run.outcome?.isFinished == true, "\(String(describing: run.outcome))")
    let wrong = fixture.wrong { name in
      (before[name] ?? []) + pipeline.broker.committedValues(name).dropFirst(lengths[name] ?? 0)
    }
    #expect(wrong == [])
  }
}
