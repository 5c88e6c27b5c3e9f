import Columns
package import Connectors
package import Dataflow
import KeyedState
package import Operators
package import Plans
import Platform
package import Schemas
import Synchronization
import TestKit

/// The simplest job that keeps the contract: each worker counts the keys of its own partitions and
/// writes every new count. It is there to try the engine without the real dataflow.
package final class ModelJob: Job, @unchecked Sendable {
  static let counter = OperatorID("views.count")
  static let state = StateDeclaration(
    name: "counts", kind: .partition,
    schema: Schema([Field("key", .string), Field("count", .int)]), keyColumns: 1)

  private var loops: [ModelWorker] = []
  private var threads: [any WorkerThread] = []

  package init(_ setup: JobSetup) throws {
    for worker in 0..<setup.configuration.workers {
      let thread = setup.executor.makeWorker(named: "worker \(worker)", processor: nil)
      loops.append(try ModelWorker(setup, worker, thread))
      threads.append(thread)
    }
  }

  package func start() {
    for (thread, loop) in zip(threads, loops) { thread.start(loop) }
  }

  package func inject(_ epoch: Epoch, full: Bool, isFinal: Bool) {
    tell { $0.barriers.append((epoch, isFinal)) }
  }

  package func committed(_ epoch: Epoch) {}
  package func holdSources() { tell { $0.isHeld = true } }
  package func resumeSources() { tell { $0.isHeld = false } }
  package func add(_ partitions: [SourcePartition]) {}

  package func stop() {
    tell { $0.isStopped = true }
    for thread in threads { thread.join() }
  }

  package func status() -> JobStatus { JobStatus(stages: [], sources: [], workers: []) }

  private func tell(_ change: (ModelWorker) -> Void) {
    for (loop, thread) in zip(loops, threads) {
      change(loop)
      thread.wake()
    }
  }
}

/// Declares the model job's state.
package final class ModelOperators: OperatorMaker {
  package init() {}

  package func make(_ index: PhysicalPlan.Index, worker: Int) throws -> any Operator {
    ModelOperator()
  }
}

private final class ModelOperator: Operator {
  var states: [StateDeclaration] { [ModelJob.state] }
  func process(
    _ batch: Batch, input: Int, output: any Output
  ) throws(OperatorError) -> Progress { .done }
}

private final class ModelSnapshot: StateSnapshot, Sendable {
  let isDelta = false
  private let blocks: [StateBlock]

  init(_ counts: [PartitionID: [String: Int64]]) {
    blocks = counts.sorted { $0.key < $1.key }.map { partition, counts in
      let rows = counts.sorted { $0.key < $1.key }.map { [Cell.text($0.key), Cell.int($0.value)] }
      return StateBlock(
        state: "counts", scope: .partition(partition), rows: Batch(ModelJob.state.schema, rows))
    }
  }

  func write(to writer: any StateWriter) throws {
    for block in blocks { try writer.write(block) }
  }
}

private final class ModelWorker: WorkerLoop, @unchecked Sendable {
  var barriers: [(Epoch, Bool)] = []
  var isHeld = false
  var isStopped = false

  private let setup: JobSetup
  private let worker: Int
  private let reader: any SourceReader
  private let writer: any SinkWriter
  private var partitions: [PartitionID: PartitionState] = [:]
  private var counts: [PartitionID: [String: Int64]] = [:]
  private var preparing: Epoch?
  private var hasReadAll = false
  private var hasTold = false
  private var isFinal = false
  private var hasFailed = false

  init(_ setup: JobSetup, _ worker: Int, _ wake: any Wake) throws {
    self.setup = setup
    self.worker = worker
    guard let source = setup.sources.values.first, let sink = setup.sinks.values.first else {
      throw JobFailure.restore("the model wants a source and a sink")
    }
    reader = try source.makeReader(worker: worker, wake: wake)
    writer = try sink.makeWriter(worker: worker, wake: wake)
    let owners = PartitionAssignment.workers(
      of: setup.restored.partitions.map(\.partition), count: setup.configuration.workers)
    for state in setup.restored.partitions {
      guard owners.contains(where: { $0.partition == state.partition && $0.worker == worker })
      else { continue }
      partitions[state.partition] = state
      if !state.isEnded {
        try reader.add(state.partition, at: state.position, end: state.end)
      }
    }
    let blocks = try setup.restored.reader(
      for: ModelJob.counter, worker: worker, of: setup.configuration.workers)
    while let block = try blocks?.next() {
      guard case .partition(let partition) = block.scope else { continue }
      for cells in block.rows.cells {
        if case .int(let count) = cells[1] {
          counts[partition, default: [:]][cells[0].plain] = count
        }
      }
    }
  }

  func step() -> StepResult {
    guard !isStopped, !hasFailed else { return isStopped ? .ended : .blocked(until: nil) }
    do throws(ConnectorError) {
      return try work()
    } catch {
      hasFailed = true
      setup.events(.failed(worker: worker, .connector(error)))
      return .blocked(until: nil)
    }
  }

  private func work() throws(ConnectorError) -> StepResult {
    writer.flush()
    if let epoch = preparing {
      if let pending = try writer.prepared(epoch) {
        preparing = nil
        setup.events(.prepared(epoch, worker: worker, pending))
        setup.events(.passed(epoch, worker: worker))
        return .progressed
      }
    } else if !barriers.isEmpty {
      let (epoch, last) = barriers.removeFirst()
      isFinal = last
      setup.events(
        .snapshot(epoch, worker: worker, operator: ModelJob.counter, ModelSnapshot(counts)))
      setup.events(
        .sources(epoch, worker: worker, partitions.values.sorted { $0.partition < $1.partition }))
      try writer.prepare(epoch)
      preparing = epoch
      return .progressed
    }
    return try read()
  }

  private func read() throws(ConnectorError) -> StepResult {
    let soon = Timestamp(microseconds: setup.executor.clock.now().microseconds + 1_000)
    guard !isHeld, !isFinal, writer.hasRoom else { return .blocked(until: soon) }
    guard partitions.values.contains(where: { !$0.isEnded }) else {
      if !hasTold && preparing == nil {
        hasTold = true
        setup.events(.finished(worker: worker))
      }
      return .blocked(until: soon)
    }
    switch try reader.poll(limit: setup.configuration.batchRows) {
    case .nothing, .caughtUp, .records: return .blocked(until: soon)
    case .ended(let partition): partitions[partition]?.isEnded = true
    case .rows(let batch, let partition, let next):
      partitions[partition]?.position = next
      var rows: [[Cell]] = []
      for cells in batch.cells {
        let key = cells[0].plain
        counts[partition, default: [:]][key, default: 0] += 1
        let count = counts[partition]?[key] ?? 0
        rows.append([.text("\(partition.number)/\(key)"), .int(count)])
      }
      _ = try writer.write(Batch(ModelJob.state.schema, rows))
    }
    return .progressed
  }
}
