import Columns
import Instruments
import KeyedState
import Schemas
import Synchronization
import TestKit

@testable import Operators

/// Collects what an operator puts out, and grants credit as a seeded coin says.
final class CollectingOutput: Output {
  var batches: [(batch: Batch, port: OutputPort)] = []
  var unread: Set<OutputPort> = []
  /// Grants credit one time in this many.
  private let scarcity: UInt64
  private var random: SeededRandom
  private var emittedInCall = 0
  private var granted = true
  /// Emissions without credit, which no operator may make.
  var violations = 0

  init(scarcity: UInt64 = 1, seed: UInt64 = 1) {
    self.scarcity = scarcity
    random = SeededRandom(seed: seed)
  }

  var hasCredit: Bool {
    granted = random.next() % scarcity == 0
    return granted
  }

  func isRead(_ port: OutputPort) -> Bool { !unread.contains(port) }

  func emit(_ batch: Batch, port: OutputPort) {
    if !granted { violations += 1 }
    granted = false
    batches.append((batch.gathered(), port))
  }

  func beginCall() { granted = true }

  func take(_ port: OutputPort = .main) -> [Batch] {
    defer { batches.removeAll { $0.port == port } }
    return batches.filter { $0.port == port }.map(\.batch)
  }
}

final class QuietContext: OperatorContext {
  let id = OperatorID("test")
  let worker: Int
  let workers: Int
  let metrics = OperatorMetrics()
  var journal: (any Journal)?
  var clock = Timestamp(microseconds: 0)

  init(worker: Int = 0, workers: Int = 1, luck: UInt64 = 0) {
    self.worker = worker
    self.workers = workers
    self.luck = luck
  }

  var keyGroups: Range<Int> { KeyGroup.owned(by: worker, of: workers) }
  func now() -> Timestamp { clock }
  func random() -> UInt64 {
    luck = luck &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return luck
  }
  private var luck: UInt64
  func submit(ordered: Bool, _ work: @escaping @Sendable () -> [UInt8]) -> Ticket { Ticket(0) }
  func nextTicket() -> Ticket {
    lastTicket += 1
    return Ticket(lastTicket)
  }
  func expect() -> (ticket: Ticket, done: @Sendable () -> Void) {
    let ticket = nextTicket()
    return (ticket, { [done] in done.list.withLock { $0.append(ticket) } })
  }
  private var lastTicket: UInt64 = 0
  let done = DoneTickets()
}

/// Tickets whose answers have come, each as often as it was done.
final class DoneTickets: Sendable {
  let list = Mutex<[Ticket]>([])
}

/// An operator with its output, called as the runtime calls it: resumed until it is done.
final class Stage {
  let op: any Operator
  let output: CollectingOutput
  let context: QuietContext

  init(_ op: any Operator, output: CollectingOutput, context: QuietContext = QuietContext()) throws
  {
    self.op = op
    self.output = output
    self.context = context
    try op.open(context)
  }

  func process(_ batch: Batch, input: Int = 0) throws {
    try run { try op.process(batch, input: input, output: output) }
  }

  func watermark(_ time: Timestamp) throws {
    try run { try op.watermark(time, output: output) }
  }

  func barrier(_ epoch: Epoch) throws { try run { try op.barrier(epoch, output: output) } }

  func wallTime(_ now: Timestamp) throws { try run { try op.wallTime(now, output: output) } }

  func completed(_ completion: Completion) throws {
    try run { try op.completed(completion, output: output) }
  }

  /// Lets it put out some of what it holds.
  func release() throws { try run { try op.resume(output) } }

  /// The operator holds rows that wait for nothing but room.
  var hasMore: Bool { (op as? any HoldingOperator)?.hasMore ?? false }

  func finish() throws { try run { try op.finish(output) } }

  private func run(_ call: () throws -> Progress) throws {
    output.beginCall()
    var progress = try call()
    while progress == .more {
      output.beginCall()
      progress = try op.resume(output)
    }
  }

  /// Rows in and made are accounted for in the sum of where they went.
  var sumHolds: Bool {
    let m = context.metrics
    let gone =
      m.rowsOut.value + m.filtered.value + m.unmatched.value + m.late.value + m.failed.value
      + m.expired.value
    return m.rowsIn.value + m.made.value == gone + m.absorbed.value
  }
}

/// Blocks in memory: what a checkpoint holds of one operator.
final class BlockStore: StateWriter {
  var blocks: [StateBlock] = []

  func write(_ block: StateBlock) throws { blocks.append(block) }

  /// What `worker` of `workers` reads.
  func reader(worker: Int, of workers: Int) -> BlockReader {
    let owned = KeyGroup.owned(by: worker, of: workers)
    return BlockReader(
      blocks.filter { block in
        if case .keyGroup(let group) = block.scope { return owned.contains(Int(group.number)) }
        return true
      })
  }
}

final class BlockReader: StateReader {
  private var blocks: ArraySlice<StateBlock>

  init(_ blocks: [StateBlock]) { self.blocks = blocks[...] }

  func next() throws -> StateBlock? { blocks.popFirst() }
}

/// Rows of a batch by the worker that owns their key.
func spread(_ batch: Batch, keys: Int, over workers: Int) -> [Batch?] {
  var hashes = Array(repeating: UInt64(0), count: batch.rowCount)
  KeyHasher.hash(
    columns: Array(batch.columns[..<keys]), rowCount: batch.rowCount, selection: nil,
    into: &hashes)
  return (0..<workers).map { worker in
    let rows = (0..<batch.rowCount).filter {
      KeyGroup(hash: hashes[$0]).worker(of: workers) == worker
    }
    guard !rows.isEmpty else { return nil }
    let part = Batch(
      schema: batch.schema, columns: batch.columns, rowCount: batch.rowCount,
      selection: Selection(rows: rows), hidden: batch.hidden)
    return part.gathered()
  }
}
