import Columns
import KeyedState
import Plans
import Schemas
import TestKit
import Testing

@testable import Operators

/// What endings put out against a model that counts rows: an ending gives what is there beyond what
/// the last one left, whatever came between, and whichever workers take the state up.
struct FinalPropertyTests {
  @Test(arguments: UInt64(1)...60)
  func `each ending puts out what the last one did not leave`(seed: UInt64) throws {
    var run = try FinalRun(seed: seed)
    try run.run()
    #expect(run.problems == [])
    #expect(run.endings > 2)
  }

  /// A row that comes in between is one more, on a worker that knows nothing of the others.
  @Test func `a row behind an ending is not lost where other workers had none`() throws {
    var run = try FinalRun(seed: 1, workers: 2)
    for key in 0..<8 { try run.send([[.int(Int64(key)), .int(0)]], [.insert]) }
    try run.end()
    try run.checkpoint(full: true)
    try run.restart(workers: 2)
    try run.send([[.int(9), .int(9)]], [.insert])
    try run.checkpoint(full: true)
    for workers in [2, 1, 3] { try run.restart(workers: workers) }
    #expect(try run.end() == [[.int(9), .int(9)]: 1])
    #expect(run.problems == [])
  }
}

/// Random rows that come and go through `updates: final` on several workers, with endings.
private struct FinalRun {
  private typealias Table = [[Cell]: Int]

  private static let schema = Schema([Field("key", .int), Field("n", .int)])

  private let seed: UInt64
  private let rowLimit: Int
  private var random: SeededRandom
  private var stages: [Stage] = []
  private var blocks: [StateBlock] = []
  /// How often each row is there; less than never where it was taken back before it came.
  private var there: Table = [:]
  /// How often it was at the last ending.
  private var left: Table = [:]
  /// Both, as of the checkpoint.
  private var kept: (there: Table, left: Table) = ([:], [:])
  private(set) var endings = 0
  private(set) var problems: [String] = []

  init(seed: UInt64, workers: Int? = nil) throws {
    self.seed = seed
    random = SeededRandom(seed: seed &* 31 &+ 5)
    rowLimit = Bool.random(using: &random) ? 4_096 : 1 + Int(random.next() % 5)
    try restart(workers: workers ?? 1 + Int(random.next() % 3))
  }

  /// Takes the checkpoint up.
  mutating func restart(workers: Int) throws {
    let step = PhysicalOperator(
      id: OperatorID("test"), kind: .changes(.final(origin: "")), inputs: [],
      schema: Self.schema, segment: 0)
    stages = try (0..<workers).map { worker in
      try Stage(
        FinalOperator(step, origin: "", rowLimit: rowLimit),
        output: CollectingOutput(scarcity: 1 + seed % 4, seed: seed),
        context: QuietContext(worker: worker, workers: workers))
    }
    let store = BlockStore()
    store.blocks = blocks
    for (worker, stage) in stages.enumerated() {
      try stage.op.restore(from: store.reader(worker: worker, of: workers))
    }
    (there, left) = kept
  }

  mutating func send(_ cells: [[Cell]], _ kinds: [RowKind]) throws {
    for (row, kind) in zip(cells, kinds) {
      there[row, default: 0] += kind == .insert || kind == .updateAfter ? 1 : -1
    }
    let batch = Batch(Self.schema, cells)
    batch.hidden.rowKinds = Column(.int, kinds.map { .int($0.rawValue) })
    for (stage, part) in zip(stages, spread(batch, keys: 2, over: stages.count)) {
      if let part { try stage.process(part) }
    }
  }

  mutating func checkpoint(full: Bool, beforeWriting: (inout FinalRun) throws -> Void = { _ in })
    throws
  {
    let epoch = Epoch(UInt64(endings))
    let snapshots = stages.compactMap { $0.op.snapshot(epoch, full: full) }
    let now = (there, left)
    try beforeWriting(&self)
    let store = BlockStore()
    for snapshot in snapshots { try snapshot.write(to: store) }
    blocks = snapshots.allSatisfy(\.isDelta) ? blocks + store.blocks : store.blocks
    kept = now
  }

  /// Ends the input on all workers, and gives what came out.
  @discardableResult
  mutating func end() throws -> [[Cell]: Int] {
    var found: Table = [:]
    for stage in stages {
      try stage.finish()
      for batch in stage.output.take() {
        for cells in batch.cells { found[cells, default: 0] += 1 }
      }
      if stage.output.violations > 0 { problems.append("emitted without credit") }
      if !stage.sumHolds { problems.append("rows are not accounted for") }
    }
    let now = there.filter { $0.value > 0 }
    let expected = now.mapValues { $0 }.merging(left) { $0 - $1 }
      .filter { now[$0.key] != nil && $0.value > 0 }
    if found != expected { problems.append("ending \(endings): \(found), not \(expected)") }
    left = now
    endings += 1
    return found
  }

  private mutating func give() throws {
    var cells: [[Cell]] = []
    var kinds: [RowKind] = []
    for _ in 0..<1 + random.next() % 30 {
      cells.append([.int(Int64(random.next() % 12)), .int(Int64(random.next() % 4))])
      // Rows go about as often as they come, also before they do.
      kinds.append(
        [RowKind.insert, .updateAfter, .delete, .updateBefore][Int(random.next() % 4)])
    }
    try send(cells, kinds)
  }

  mutating func run() throws {
    for round in 0..<40 {
      try give()
      if random.next() % 4 == 0 {
        try end()
        // As after an ending: the last checkpoint, and more of it in another run.
        if Bool.random(using: &random) { try checkpoint(full: random.next() % 3 == 0) }
      }
      guard random.next() % 3 == 0 else { continue }
      try checkpoint(full: round % 4 == 0) { run in
        // Written while others come, or while all goes out.
        try run.give()
        if run.random.next() % 4 == 0 { try run.end() }
      }
      if Bool.random(using: &random) { try restart(workers: 1 + Int(random.next() % 3)) }
    }
    for _ in 0..<3 { try end() }
  }
}
