import Columns
import KeyedState
import Plans
import Schemas
import TestKit

@testable import Operators

/// Both phases of a window on several simulated workers, with an exchange by key between them.
struct WindowRun {
  struct Shape {
    var kind: WindowSpec.Kind
    var offset: Int64
    var filtered = false
    var batchSize: Int
    /// Batches of any size up to `batchSize`.
    var variesBatches = false
    var workers: Int
    var scarcity: UInt64
    var dictionary = false
    var emitEvery: Int64?
    var allowLate: Int64?
    var aggregates = WindowModel.aggregates
    /// Whether there is a sum of thirds behind the model's aggregates, which in another order of
    /// rows or of merging is another one.
    var sumsThirds = false
  }

  let shape: Shape
  let window: PhysicalWindow
  /// Rows that a step of the second phase puts out at most.
  private let rowLimit: Int
  private var random: SeededRandom
  private var locals: [Stage] = []
  private var globals: [Stage] = []
  private var checkpoint = BlockStore()
  private var epoch = Epoch(0)
  private(set) var watermark = Int64.min
  var results: [Batch] = []
  var late: [Batch] = []

  init(_ shape: Shape, seed: UInt64, rowLimit: Int = 2) throws {
    self.shape = shape
    self.rowLimit = rowLimit
    random = SeededRandom(seed: seed)
    var window = WindowModel.plan(
      shape.kind, offset: shape.offset, filtered: shape.filtered, shape.aggregates)
    (window.emitEvery, window.allowLate) = (shape.emitEvery, shape.allowLate)
    if shape.sumsThirds { window.aggregates.append(Thirds.sum(filtered: shape.filtered)) }
    self.window = window
    for _ in 0..<2 { locals.append(try makeLocal()) }
    globals = try makeGlobals(shape.workers)
  }

  private mutating func output() -> CollectingOutput {
    CollectingOutput(scarcity: shape.scarcity, seed: random.next())
  }

  private func step(_ kind: PhysicalKind, _ schema: Schema) -> PhysicalOperator {
    PhysicalOperator(
      id: OperatorID("test.window"), kind: kind, inputs: [], schema: schema, segment: 0)
  }

  private var rowSchema: Schema { shape.sumsThirds ? Thirds.schema : WindowModel.schema }

  /// Of sessions what sets aside rows that are too late.
  private mutating func makeLocal() throws -> Stage {
    guard shape.kind.isGrid else {
      let allowance = shape.allowLate ?? 0
      let plan = step(.punctual(allowance: allowance), rowSchema)
      return try Stage(PunctualOperator(plan, allowance: allowance), output: output())
    }
    let plan = step(.localWindow(window), window.partialSchema)
    let schema = rowSchema
    let op = try LocalWindowOperator(plan, window, input: schema, groupLimit: 7)
    return try Stage(op, output: output())
  }

  private mutating func makeGlobals(_ workers: Int) throws -> [Stage] {
    try (0..<workers).map { worker in
      try Stage(
        makeGlobal(), output: output(), context: QuietContext(worker: worker, workers: workers))
    }
  }

  private func makeGlobal() throws -> any Operator {
    guard shape.kind.isGrid else {
      let plan = step(.sessionWindow(window), window.resultSchema)
      return try RefreshingSessionOperator(plan, window, input: rowSchema, rowLimit: rowLimit)
    }
    let plan = step(.globalWindow(window), window.resultSchema)
    return window.isUpdating
      ? try RefreshingWindowOperator(plan, window, rowLimit: rowLimit)
      : try GlobalWindowOperator(plan, window, rowLimit: rowLimit)
  }

  /// Sends rows, partition p to local worker p % 2, in batches.
  mutating func send(_ rows: [ModelRow]) throws {
    try release()
    for worker in 0..<2 {
      let mine = rows.filter { $0.partition % 2 == worker }
      var rest = mine[...]
      while !rest.isEmpty {
        let size =
          shape.variesBatches
          ? 1 + Int(random.next() % UInt64(shape.batchSize)) : shape.batchSize
        try locals[worker].process(batch(Array(rest.prefix(size))))
        rest = rest.dropFirst(size)
      }
    }
    try exchange()
  }

  /// What the first phase makes of rows.
  mutating func partials(_ rows: [ModelRow]) throws -> [Batch] {
    try locals[0].process(batch(rows))
    try locals[0].barrier(Epoch(1))
    return locals[0].output.take()
  }

  private func batch(_ rows: [ModelRow]) -> Batch {
    let batch = WindowModel.batch(rows, coded: shape.dictionary)
    return shape.sumsThirds ? Thirds.added(to: batch, rows) : batch
  }

  private mutating func exchange() throws {
    for local in locals {
      late += local.output.take(.late)
      for partial in local.output.take() {
        for (worker, part) in spread(partial, keys: 1, over: globals.count).enumerated() {
          if let part { try globals[worker].process(part) }
        }
      }
    }
  }

  mutating func advance(to time: Int64) throws {
    watermark = max(watermark, time)
    for local in locals { try local.watermark(Timestamp(microseconds: watermark)) }
    try exchange()
    for global in globals { try global.watermark(Timestamp(microseconds: watermark)) }
    try release()
  }

  /// Lets the second phase put out what it holds: as much as a coin says, or all of it.
  private mutating func release(all: Bool = false) throws {
    for global in globals {
      while let work = global.op as? any HoldingOperator, work.hasMore,
        all || random.next() % 4 != 0
      {
        try global.release()
      }
    }
    collect()
  }

  /// Whether some closed window is not out yet.
  var holdsRows: Bool {
    globals.contains { ($0.op as? any HoldingOperator)?.holdsRows ?? false }
  }

  /// A checkpoint; the snapshots are kept and written only when `write` is called.
  mutating func snapshot(full: Bool) throws -> [any StateSnapshot] {
    epoch = epoch.next
    for local in locals { try local.barrier(epoch) }
    try exchange()
    for global in globals { try global.barrier(epoch) }
    return globals.compactMap { $0.op.snapshot(epoch, full: full) }
  }

  mutating func write(_ snapshots: [any StateSnapshot]) throws {
    if !snapshots.contains(where: \.isDelta) { checkpoint = BlockStore() }
    for snapshot in snapshots { try snapshot.write(to: checkpoint) }
  }

  /// Starts all over from the checkpoint, with another number of workers.
  mutating func restore(workers: Int) throws {
    locals = []
    for _ in 0..<2 { locals.append(try makeLocal()) }
    globals = try makeGlobals(workers)
    for (worker, global) in globals.enumerated() {
      try global.op.restore(from: checkpoint.reader(worker: worker, of: workers))
    }
    let time = Timestamp(microseconds: watermark)
    for local in locals { try local.watermark(time) }
    for global in globals { try global.watermark(time) }
    try release()
  }

  mutating func finish() throws {
    try advance(to: .max)
    try release(all: true)
    for local in locals { try local.finish() }
    for global in globals { try global.finish() }
    try exchange()
    collect()
  }

  private mutating func collect() {
    for global in globals { results += global.output.take() }
  }

  var stages: [Stage] { locals + globals }
}
