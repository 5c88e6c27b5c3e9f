import Connectors
import Operators
import Plans
import Platform
import Schemas
import Synchronization

/// What the workers of a job share: the setup, the channels between them, and what they show.
final class JobFrame: Sendable {
  let setup: JobSetup
  let layout: PlanLayout
  /// The bells of the workers.
  let threads: [any WorkerThread]
  /// By worker, then by operator.
  let instruments: [[StageInstruments]]
  /// By source operator.
  let drifts: [PhysicalPlan.Index: DriftBoard]
  let boards: [PhysicalPlan.Index: WatermarkBoard]
  /// By operator that holds rows.
  let gates: [PhysicalPlan.Index: FlowGate]
  let runEnd: RunEnd
  let demand: DemandBoard
  let rest: RestBoard
  /// By crossing, sender, and receiver where there are several.
  private let channels: [[[Channel]]]
  /// What is shared was loaded, so that workers may begin.
  private let ready = Atomic<Bool>(false)
  /// How often the job's status was asked for.
  private let looks = Atomic<Int>(0)

  init(_ setup: JobSetup) throws(JobFailure) {
    let workers = setup.configuration.workers
    guard workers > 0, setup.configuration.ringCapacity > 0, setup.configuration.batchRows > 0
    else {
      throw .restore("a job needs at least one worker, a ring of one batch, and batches of a row")
    }
    self.setup = setup
    let layout = try PlanLayout(setup.plan)
    self.layout = layout
    let threads = (0..<workers).map { worker in
      setup.executor.makeWorker(named: "worker-\(worker)")
    }
    self.threads = threads
    instruments = (0..<workers).map { worker in
      setup.plan.operators.map { StageInstruments(id: $0.id, worker: worker) }
    }
    drifts = Dictionary(
      uniqueKeysWithValues: layout.sources.map { ($0, DriftBoard(workers: workers)) })
    boards = Dictionary(
      uniqueKeysWithValues: layout.sources.map { index in
        let time = Self.restoredTime(of: setup.plan.operators[index], setup.restored.partitions)
        return (index, WatermarkBoard(bells: threads, time: time))
      })
    runEnd = RunEnd(sources: layout.sources, bells: threads)
    rest = RestBoard(workers: workers)
    demand = DemandBoard(
      setup.plan.operators, asking: layout.sources + layout.holders.map(\.index), bells: threads)
    gates = Dictionary(
      uniqueKeysWithValues: layout.holders.map { ($0.index, FlowGate(bells: threads)) })
    channels = layout.crossings.map { crossing in
      (0..<workers).map { sender in
        Self.receivers(of: crossing, from: sender, workers).map { receiver in
          Channel(
            capacity: setup.configuration.ringCapacity,
            senderBell: sender == receiver ? nil : threads[sender],
            receiverBell: sender == receiver ? nil : threads[receiver])
        }
      }
    }
  }

  /// Where a source's partitions stood at the checkpoint: time goes on from there.
  private static func restoredTime(
    of step: PhysicalOperator, _ partitions: [PartitionState]
  ) -> Timestamp {
    guard case .source(let spec) = step.kind else { return .beginning }
    let open = partitions.filter { $0.partition.source == spec.name && !$0.isEnded }
    return open.map(\.watermark).min() ?? .beginning
  }

  private static func receivers(
    of crossing: PlanLayout.Crossing, from sender: Int, _ workers: Int
  ) -> Range<Int> {
    crossing.staysOnWorker ? sender..<sender + 1 : 0..<workers
  }

  var workers: Int { setup.configuration.workers }

  var lookCount: Int { looks.load(ordering: .relaxed) }

  /// Has the workers show what waits in their stages.
  func look() {
    looks.add(1, ordering: .relaxed)
    for thread in threads { thread.wake() }
  }

  var isReady: Bool { ready.load(ordering: .acquiring) }

  func becomeReady() {
    ready.store(true, ordering: .releasing)
    for thread in threads { thread.wake() }
  }

  /// Of the operators behind a source that hold rows.
  func gates(behind source: PhysicalPlan.Index) -> [FlowGate] {
    layout.holders.filter { $0.ancestors.contains(source) }.compactMap { gates[$0.index] }
  }

  /// Nothing is on its way between workers, as far as none of them is at work.
  var areChannelsEmpty: Bool {
    channels.allSatisfy { crossing in crossing.allSatisfy { $0.allSatisfy(\.isEmpty) } }
  }

  /// From one sender to all receivers.
  func channels(of crossing: Int, from sender: Int) -> [Channel] { channels[crossing][sender] }

  /// From all senders to one receiver.
  func channels(of crossing: Int, to receiver: Int) -> [Channel] {
    layout.crossings[crossing].staysOnWorker
      ? channels[crossing][receiver] : channels[crossing].map { $0[receiver] }
  }
}

extension PhysicalOperator {
  /// `late` and `unmatched` have the schema of the operator's input.
  func schemaBeside(_ output: NodeOutput, _ plan: PhysicalPlan) -> Schema {
    switch output {
    case .main, .capped, .failed: return schema
    case .expired: return kind.expiredSchema ?? schema
    case .errors: return PhysicalOperator.errorSchema
    case .late, .unmatched:
      guard let first = inputs.first else { return schema }
      return plan.operators[first.from].schemaBeside(first.output, plan)
    }
  }
}
