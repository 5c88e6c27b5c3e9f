import Columns
import KeyedState
import Plans
import Schemas
import TestKit

@testable import Operators

/// Both phases of a `top` behind steps that set late rows aside, on several simulated workers, with
/// an exchange by the first column between them.
struct TopRun {
  let top: PhysicalTop
  private let schema: Schema
  private let scarcity: UInt64
  private var random: SeededRandom
  private var punctual: [Stage] = []
  private var locals: [Stage] = []
  private var globals: [Stage] = []
  /// What a checkpoint holds of the punctual steps and of the second phase, by worker.
  private var punctualStore = BlockStore()
  private var chains: [Int: BlockStore] = [:]
  private var chainsAreOver = false
  private var epoch = Epoch(0)
  private var watermark = Int64.min
  var late = 0
  /// By worker, in their order.
  var results: [[Batch]] = []

  init(_ top: PhysicalTop, of schema: Schema, workers: Int, scarcity: UInt64, seed: UInt64) throws {
    self.top = top
    self.schema = schema
    self.scarcity = scarcity
    random = SeededRandom(seed: seed)
    try start(workers)
  }

  private mutating func start(_ workers: Int) throws {
    (punctual, locals, globals) = ([], [], [])
    for worker in 0..<2 {
      punctual.append(try stage(PunctualOperator(step("punctual", .punctual(), schema)), worker, 2))
      locals.append(try stage(try phase(isGlobal: false), worker, 2))
    }
    for worker in 0..<workers {
      globals.append(try stage(try phase(isGlobal: true), worker, workers))
    }
  }

  private func phase(isGlobal: Bool) throws -> TopOperator {
    try TopOperator(
      step("top", .top(top, isGlobal: isGlobal), schema), top, isGlobal: isGlobal, input: schema,
      rowLimit: 3)
  }

  private func step(_ name: String, _ kind: PhysicalKind, _ schema: Schema) -> PhysicalOperator {
    PhysicalOperator(
      id: OperatorID("test.\(name)"), kind: kind, inputs: [], schema: schema, segment: 0)
  }

  private mutating func stage(
    _ op: any Operator, _ worker: Int, _ workers: Int
  ) throws -> Stage {
    try Stage(
      op, output: CollectingOutput(scarcity: scarcity, seed: random.next()),
      context: QuietContext(worker: worker, workers: workers))
  }

  /// Rows of a partition come to one worker.
  mutating func send(_ rows: [ModelRow], coded: Bool) throws {
    for worker in 0..<2 {
      let own = rows.filter { $0.partition % 2 == worker }
      guard !own.isEmpty else { continue }
      try punctual[worker].process(WindowModel.batch(own, coded: coded))
      late += punctual[worker].output.take(.late).reduce(0) { $0 + $1.rowCount }
      for batch in punctual[worker].output.take() { try locals[worker].process(batch) }
    }
    try handOver()
  }

  private mutating func handOver() throws {
    for local in locals {
      for batch in local.output.take() {
        for (worker, part) in spread(batch, keys: 1, over: globals.count).enumerated() {
          if let part { try globals[worker].process(part) }
        }
      }
    }
    if results.count < globals.count {
      results += Array(repeating: [], count: globals.count - results.count)
    }
    for (worker, global) in globals.enumerated() { results[worker] += global.output.take() }
  }

  mutating func advance(to time: Int64) throws {
    watermark = max(watermark, time)
    let mark = Timestamp(microseconds: watermark)
    for stage in punctual + locals { try stage.watermark(mark) }
    try handOver()
    for global in globals { try global.watermark(mark) }
    try handOver()
  }

  mutating func snapshot(full: Bool) throws -> (
    punctual: [any StateSnapshot], global: [any StateSnapshot]
  ) {
    epoch = epoch.next
    for local in locals { try local.barrier(epoch) }
    try handOver()
    return (
      punctual.compactMap { $0.op.snapshot(epoch, full: full) },
      globals.compactMap { $0.op.snapshot(epoch, full: full) }
    )
  }

  mutating func write(
    _ snapshots: (punctual: [any StateSnapshot], global: [any StateSnapshot])
  ) throws {
    if chainsAreOver { chains = [:] }
    chainsAreOver = false
    punctualStore = BlockStore()
    for snapshot in snapshots.punctual { try snapshot.write(to: punctualStore) }
    for (worker, snapshot) in snapshots.global.enumerated() {
      let store = snapshot.isDelta ? chains[worker] ?? BlockStore() : BlockStore()
      chains[worker] = store
      try snapshot.write(to: store)
    }
  }

  /// Starts all over from the checkpoint, with another number of workers.
  mutating func restore(workers: Int) throws {
    try start(workers)
    let all = BlockStore()
    for chain in chains.sorted(by: { $0.key < $1.key }) { all.blocks += chain.value.blocks }
    for stage in punctual { try stage.op.restore(from: punctualStore.reader(worker: 0, of: 1)) }
    for (worker, global) in globals.enumerated() {
      try global.op.restore(from: all.reader(worker: worker, of: workers))
    }
    chainsAreOver = true
    try advance(to: watermark)
  }

  mutating func finish() throws {
    try advance(to: .max)
    for stage in punctual + locals + globals { try stage.finish() }
    try handOver()
  }

  var stages: [Stage] { punctual + locals + globals }
}
