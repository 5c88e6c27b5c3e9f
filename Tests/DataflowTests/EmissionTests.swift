import Columns
import Connectors
import Expressions
import KeyedState
import Operators
import Plans
import Platform
import Schemas
import Synchronization
import TestKit
import Testing

@testable import Dataflow

/// Barriers in the middle of what a closing window puts out, before a sink that takes little.
struct EmissionTests {
  static let keys = 800

  static func text(_ window: String) -> String {
    """
    pipeline closing
    \(Definition.row)source events: Row from memory { event_time: time }
    stream sums = events | window \(window) by key { rows = count(), total = sum(value) }
    sink sums to memory
    """
  }

  /// All keys twice, and much later a row that closes their windows.
  static let rows = (0..<2 * keys).map {
    Row(key: "k\($0 % keys)", time: Int64($0 / keys), value: Int64($0))
  }
  static let last = Row(key: "k0", time: 100_000, value: 1)

  @Test(
    arguments: World.both, [(1, 2), (2, 3), (3, 1)])
  func `a barrier passes before all is out, and what is out does not come again`(
    world: World, workers: (before: Int, after: Int)
  ) throws {
    for window in ["tumbling 100us", "hopping 100us every 50us"] {
      let plan = try Definition.plan(Self.text(window))
      let all = try run(plan, [], in: world, workers: 1, nil)
      let (first, sink) = try start(
        plan, in: world, workers: workers.before, bounded: false, nil)
      first.run(until: {
        sink.trickle()
        return sink.count > 10
      })
      var restored: Restored?
      var out: [[Cell]] = []
      for epoch in 1...2 as ClosedRange<UInt64> {
        first.job.inject(Epoch(epoch), full: epoch == 1, isFinal: false)
        first.run(until: {
          sink.trickle()
          return first.log.passed(Epoch(epoch)) == workers.before || !first.log.failures.isEmpty
        })
        let made = try first.restored(Epoch(epoch))
        restored = epoch == 1 ? made : restored.map { Self.joined($0, made) }
        out += sink.prepared(Epoch(epoch))
      }
      #expect(first.log.failures.isEmpty)
      #expect(out.count < all.count * 3 / 4, "\(out.count) of \(all.count) before it")
      first.job.stop()
      let rest = try run(plan, out, in: world, workers: workers.after, restored)
      #expect(rest.map { "\($0)" }.sorted() == all.map { "\($0)" }.sorted(), "\(window)")
    }
  }

  /// A delta behind its base.
  private static func joined(_ base: Restored, _ delta: Restored) -> Restored {
    var both = delta
    both.blocks = base.blocks.merging(delta.blocks) { $0 + $1 }
    return both
  }

  private func run(
    _ plan: PhysicalPlan, _ out: [[Cell]], in world: World, workers: Int, _ restored: Restored?
  ) throws -> [[Cell]] {
    let (run, sink) = try start(plan, in: world, workers: workers, bounded: true, restored)
    sink.allow(.max / 2)
    run.runToEnd(workers: workers)
    run.job.stop()
    return out + sink.rows
  }

  private func start(
    _ plan: PhysicalPlan, in world: World, workers: Int, bounded: Bool, _ restored: Restored?
  ) throws -> (TestRun, TrickleSink) {
    let sink = TrickleSink()
    let topic = MemoryTopic(
      name: "events", [Self.rows + [Self.last]], bounded: bounded, seed: world.seed)
    let run = try TestRun(
      plan, in: world,
      knobs: TestRun.Knobs(
        workers: workers, ringCapacity: 2, batchRows: 16, epoch: Epoch(restored == nil ? 0 : 2)),
      sources: ["events": topic], sinks: ["sums.sink": sink], maker: SmallPieces(plan),
      restored: restored)
    return (run, sink)
  }
}

/// The operators of a plan; windows put out a row at a time.
private final class SmallPieces: OperatorMaker {
  private let plan: PhysicalPlan

  init(_ plan: PhysicalPlan) { self.plan = plan }

  func make(_ index: PhysicalPlan.Index, worker: Int) throws -> any Operator {
    let step = plan.operators[index]
    return try OperatorFactory.make(
      step, inputSchemas: step.inputs.map { PhysicalVerifier.schema(of: $0, in: plan) },
      plan: plan, tables: [], rowLimit: 1)
  }
}

/// A sink that takes as many batches as it is allowed to.
private final class TrickleSink: Sink {
  private struct Contents {
    var allowance = 0
    var written: [[Cell]] = []
    var prepared: [Epoch: [[Cell]]] = [:]
    var wakes: [any Wake] = []
  }

  private let contents = Mutex(Contents())

  var rows: [[Cell]] { contents.withLock { $0.written } }

  var count: Int { contents.withLock { $0.written.count } }

  func prepared(_ epoch: Epoch) -> [[Cell]] { contents.withLock { $0.prepared[epoch] ?? [] } }

  func allow(_ batches: Int) {
    contents.withLock { contents in
      contents.allowance += batches
      for wake in contents.wakes { wake.wake() }
    }
  }

  /// Allows one more if the last has come.
  func trickle() {
    if contents.withLock({ $0.allowance <= 0 }) { allow(1) }
  }

  func makeWriter(worker: Int, wake: any Wake) throws(ConnectorError) -> any SinkWriter {
    contents.withLock { $0.wakes.append(wake) }
    return Writer(self, worker: worker)
  }

  private final class Writer: SinkWriter {
    let sink: TrickleSink
    let worker: Int
    var open: [[Cell]] = []

    init(_ sink: TrickleSink, worker: Int) {
      self.sink = sink
      self.worker = worker
    }

    var hasRoom: Bool { sink.contents.withLock { $0.allowance > 0 } }

    func write(_ batch: Batch) throws(ConnectorError) -> [Connectors.RowFailure] {
      let cells = batch.cells
      open += cells
      sink.contents.withLock { contents in
        contents.allowance -= 1
        contents.written += cells
      }
      return []
    }

    func prepare(_ epoch: Epoch) throws(ConnectorError) {
      sink.contents.withLock { $0.prepared[epoch, default: []] += open }
      open = []
    }

    func prepared(_ epoch: Epoch) throws(ConnectorError) -> PendingOutput? {
      PendingOutput(sink: "sums", worker: worker, epoch: epoch)
    }
  }
}
