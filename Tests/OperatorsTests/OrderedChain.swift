import Columns
import KeyedState
import Plans
import Schemas
import TestKit

@testable import Operators

/// A `PunctualOperator`, and behind an exchange by the first columns an `OrderOperator` and the
/// stage that it brings rows to, on several simulated workers.
struct OrderedChain {
  typealias Maker = (_ plan: PhysicalOperator) throws -> any Operator

  let keys: Int
  private let kind: PhysicalKind
  private let schema: Schema
  private let make: Maker
  private let scarcity: UInt64
  private var random: SeededRandom
  /// One, before the exchange.
  private var punctual: [Stage] = []
  private var punctualChain: [Int: BlockStore] = [:]
  private var links: [(order: Stage, next: Stage, passed: Timestamp, released: Timestamp)] = []
  /// By worker: what its parts of checkpoints hold, from the last full one on.
  private var orderChains: [Int: BlockStore] = [:]
  private var nextChains: [Int: BlockStore] = [:]
  private var chainsAreOver = false
  private var epoch = Epoch(0)
  private var watermark = Int64.min
  var results: [Batch] = []
  var late: [Batch] = []
  /// Snapshots that were taken while stages had more to put out.
  private(set) var halfOut = 0
  /// Rows that came out behind the time that their stage had let go before.
  private(set) var behind = 0
  var errors: [Batch] = []
  var unmatched: [Batch] = []
  var expired: [Batch] = []

  init(
    _ kind: PhysicalKind, of schema: Schema, keys: Int, workers: Int, scarcity: UInt64,
    seed: UInt64, make: @escaping Maker
  ) throws {
    self.kind = kind
    self.schema = schema
    self.keys = keys
    self.make = make
    self.scarcity = scarcity
    random = SeededRandom(seed: seed)
    try start(workers)
  }

  private mutating func start(_ workers: Int) throws {
    links = []
    punctual = [try stage(PunctualOperator(step("test.punctual", .punctual())), 0, 1)]
    for worker in 0..<workers {
      let names = schema.fields.prefix(keys).map(\.name)
      let order = try OrderOperator(
        step("test.order", .order(keys: names)), keys: names, input: schema,
        rowLimit: 1 + Int(random.next() % 50))
      links.append(
        (
          try stage(order, worker, workers),
          try stage(
            make(step("test", kind)), worker, workers),
          .beginning, .beginning
        ))
    }
  }

  private func step(_ name: String, _ kind: PhysicalKind) -> PhysicalOperator {
    PhysicalOperator(id: OperatorID(name), kind: kind, inputs: [], schema: schema, segment: 0)
  }

  private mutating func stage(
    _ op: any Operator, _ worker: Int, _ workers: Int
  ) throws -> Stage {
    try Stage(
      op, output: CollectingOutput(scarcity: scarcity, seed: random.next()),
      context: QuietContext(worker: worker, workers: workers))
  }

  mutating func send(_ batch: Batch) throws {
    for stage in punctual {
      try stage.process(batch)
      late += stage.output.take(.late)
      for rows in stage.output.take() {
        for (worker, part) in spread(rows, keys: keys, over: links.count).enumerated() {
          if let part { try links[worker].order.process(part) }
        }
      }
    }
    try handOver()
  }

  mutating func advance(to time: Int64) throws {
    watermark = max(watermark, time)
    for stage in punctual { try stage.watermark(Timestamp(microseconds: watermark)) }
    for link in links { try link.order.watermark(Timestamp(microseconds: watermark)) }
    try release()
  }

  /// Lets the stages put out what they hold: as much as a coin says, or all of it.
  private mutating func release(all: Bool = false) throws {
    try handOver()
    while let stage = links.flatMap({ [$0.order, $0.next] }).filter({ $0.hasMore })
      .randomElement(using: &random), all || random.next() % 4 != 0
    {
      try stage.release()
      try handOver()
    }
  }

  private mutating func handOver() throws {
    for place in links.indices {
      let (order, next) = (links[place].order, links[place].next)
      for batch in order.output.take() {
        try next.process(batch)
        collect(place)
      }
      let time = (order.op as? any HoldingOperator)?.releasedWatermark ?? .beginning
      guard time > links[place].passed else { continue }
      links[place].passed = time
      try next.watermark(time)
      collect(place)
    }
    for place in links.indices { collect(place) }
  }

  private mutating func collect(_ place: Int) {
    let link = links[place]
    let (rows, gone) = (link.next.output.take(), link.next.output.take(.expired))
    for batch in rows + gone {
      behind += batch.countedRows.count { row in
        guard case .int(let time)? = batch.hidden.eventTimes?.cell(row) else { return false }
        return time < link.released.microseconds
      }
    }
    results += rows
    expired += gone
    errors += link.next.output.take(.errors)
    unmatched += link.next.output.take(.unmatched)
    links[place].released = (link.next.op as? any HoldingOperator)?.releasedWatermark ?? link.passed
  }

  typealias Snapshots = (
    punctual: [any StateSnapshot], order: [any StateSnapshot], next: [any StateSnapshot]
  )

  mutating func snapshot(full: Bool) throws -> Snapshots {
    if stages.contains(where: \.hasMore) { halfOut += 1 }
    epoch = epoch.next
    let epoch = epoch
    for link in links { try link.order.barrier(epoch) }
    try handOver()
    for link in links { try link.next.barrier(epoch) }
    try handOver()
    return (
      punctual.compactMap { $0.op.snapshot(epoch, full: full) },
      links.compactMap { $0.order.op.snapshot(epoch, full: full) },
      links.compactMap { $0.next.op.snapshot(epoch, full: full) }
    )
  }

  mutating func write(_ snapshots: Snapshots) throws {
    if chainsAreOver { (orderChains, nextChains) = ([:], [:]) }
    chainsAreOver = false
    try write(snapshots.punctual, &punctualChain)
    try write(snapshots.order, &orderChains)
    try write(snapshots.next, &nextChains)
  }

  private func write(_ snapshots: [any StateSnapshot], _ chains: inout [Int: BlockStore]) throws {
    for (worker, snapshot) in snapshots.enumerated() {
      if !snapshot.isDelta { chains[worker] = BlockStore() }
      try snapshot.write(to: chains[worker] ?? BlockStore())
    }
  }

  private static func all(_ chains: [Int: BlockStore]) -> BlockStore {
    let all = BlockStore()
    for chain in chains.sorted(by: { $0.key < $1.key }) { all.blocks += chain.value.blocks }
    return all
  }

  /// Starts all over from the checkpoint, with another number of workers.
  mutating func restore(workers: Int) throws {
    try start(workers)
    for stage in punctual {
      try stage.op.restore(from: Self.all(punctualChain).reader(worker: 0, of: 1))
    }
    for (worker, link) in links.enumerated() {
      try link.order.op.restore(
        from: Self.all(orderChains).reader(worker: worker, of: workers))
      try link.next.op.restore(from: Self.all(nextChains).reader(worker: worker, of: workers))
    }
    // A new attempt begins with full parts.
    chainsAreOver = true
    try advance(to: watermark)
  }

  mutating func finish() throws {
    try advance(to: .max)
    try release(all: true)
    for link in links {
      try link.order.finish()
      try link.next.finish()
    }
    try handOver()
  }

  var stages: [Stage] { punctual + links.flatMap { [$0.order, $0.next] } }
}
