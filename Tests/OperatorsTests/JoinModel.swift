import Columns
import KeyedState
import Plans
import Schemas
import TestKit

@testable import Operators

/// A row of either side of a join.
struct JoinRow {
  var side: Int
  var keys: [Cell]
  var number: Int64
  var text: String?
  var time: Int64
  /// The watermark of its partition where it came.
  var mark: Int64
  var place: Int64
  /// Between which times of the other side its matches are, where that is asked for.
  var low: Int64?
  var high: Int64?
}

/// What a join gives, found by looking at all pairs.
struct JoinModel {
  var kind: JoinSpec.Kind
  var before: Int64
  var after: Int64
  var keys: Int
  /// The side that has bounds for its matches; nil: neither.
  var bounds: Int?

  static let left = Schema([
    Field("k", .string, nullable: true), Field("part", .int, nullable: true), Field("n", .int),
    Field("s", .string, nullable: true), Field("low", .timestamp, nullable: true),
    Field("high", .timestamp, nullable: true),
  ])
  static let right = Schema([
    Field("rk", .string, nullable: true), Field("rpart", .int, nullable: true), Field("m", .int),
    Field("t", .string, nullable: true), Field("rlow", .timestamp, nullable: true),
    Field("rhigh", .timestamp, nullable: true),
  ])

  var columns: [JoinedColumn] {
    let own = [JoinedColumn("n", .left("n")), JoinedColumn("s", .left("s"))]
    if kind == .semi || kind == .anti { return own + [JoinedColumn("k", .left("k"))] }
    return own + [
      JoinedColumn("k", kind == .full ? .key(0) : .left("k")), JoinedColumn("m", .right("m")),
      JoinedColumn("t", .right("t")),
    ]
  }

  var plan: PhysicalJoin {
    var plan = PhysicalJoin(
      kind: kind, leftKeys: Array(["k", "part"].prefix(keys)),
      rightKeys: Array(["rk", "rpart"].prefix(keys)), before: before, after: after,
      columns: columns)
    if let bounds {
      plan.columnBounds = PhysicalJoin.ColumnBounds(
        areRight: bounds == 1, low: bounds == 1 ? "rlow" : "low",
        high: bounds == 1 ? "rhigh" : "high")
    }
    return plan
  }

  var result: Schema {
    let types: [String: DataType] = [
      "n": .int, "s": .string, "k": .string, "m": .int, "t": .string,
    ]
    return Schema(columns.map { Field($0.name, types[$0.name] ?? .int, nullable: true) })
  }

  private func matches(_ a: JoinRow, _ b: JoinRow) -> Bool {
    let keys = zip(a.keys.prefix(keys), b.keys.prefix(keys))
    guard keys.allSatisfy({ $0 == $1 && $0 != .null }) else { return false }
    if let bounds {
      let (own, other) = bounds == 1 ? (b, a) : (a, b)
      guard let low = own.low, let high = own.high, low <= other.time, other.time <= high else {
        return false
      }
    }
    let (from, below) = a.time.subtractingReportingOverflow(before)
    let (to, above) = a.time.addingReportingOverflow(after)
    return (below || b.time >= from) && (above || b.time <= to)
  }

  /// Results as cells behind their event times.
  func results(_ rows: [JoinRow]) -> [[Cell]] {
    let lefts = rows.filter { $0.side == 0 }
    let rights = rows.filter { $0.side == 1 }
    var found: [[Cell]] = []
    var matched: Set<Int64> = []
    for left in lefts {
      let pairs = rights.filter { matches(left, $0) }
      matched.formUnion(pairs.map(\.number))
      switch kind {
      case .semi: if !pairs.isEmpty { found.append(cells(left, nil)) }
      case .anti: if pairs.isEmpty { found.append(cells(left, nil)) }
      case .inner, .left, .right, .full:
        found += pairs.map { cells(left, $0) }
        if pairs.isEmpty, kind == .left || kind == .full { found.append(cells(left, nil)) }
      }
    }
    guard kind == .right || kind == .full else { return found }
    return found + rights.filter { !matched.contains($0.number) }.map { cells(nil, $0) }
  }

  private func cells(_ left: JoinRow?, _ right: JoinRow?) -> [Cell] {
    let key = left?.keys[0] ?? (kind == .full ? right?.keys[0] : nil) ?? .null
    let own: [Cell] = [
      .int(left?.time ?? right?.time ?? 0), left.map { .int($0.number) } ?? .null,
      left?.text.map { .text($0) } ?? .null, key,
    ]
    if kind == .semi || kind == .anti { return own }
    return own + [
      right.map { .int($0.number) } ?? .null, right?.text.map { .text($0) } ?? .null,
    ]
  }

  static func batch(_ rows: [JoinRow], _ side: Int, coded: Bool) -> Batch {
    let schema = side == 0 ? left : right
    func text(_ cells: [Cell]) -> Column {
      coded ? .dictionary(.string, cells) : Column(.string, cells)
    }
    let columns = [
      text(rows.map { $0.keys[0] }), Column(.int, rows.map { $0.keys[1] }),
      Column(.int, rows.map { .int($0.number) }),
      text(rows.map { $0.text.map { .text($0) } ?? .null }),
      Column(.timestamp, rows.map { $0.low.map { .int($0) } ?? .null }),
      Column(.timestamp, rows.map { $0.high.map { .int($0) } ?? .null }),
    ]
    let batch = Batch(schema: schema, columns: columns, rowCount: rows.count)
    batch.hidden.eventTimes = Column(.timestamp, rows.map { .int($0.time) })
    batch.hidden.lanes = Column(.int, rows.map { .int(Int64($0.side)) })
    batch.hidden.places = Column(.int, rows.map { .int($0.place) })
    if rows.contains(where: { $0.time < $0.mark }) {
      batch.hidden.lateWatermarks = Column(
        .timestamp, rows.map { .int($0.time < $0.mark ? $0.mark : .min) })
    }
    return batch
  }
}

/// Both sides of a join behind what sets late rows aside and an exchange by key, on several
/// simulated workers.
struct JoinRun {
  let model: JoinModel
  let rowLimit: Int
  let scarcity: UInt64
  private var random: SeededRandom
  private(set) var joins: [Stage] = []
  private var punctual: [Stage] = []
  private var punctualChain = [BlockStore(), BlockStore()]
  private var chains: [Int: BlockStore] = [:]
  private var chainsAreOver = false
  private var epoch = Epoch(0)
  private(set) var watermark = Int64.min
  var results: [Batch] = []
  var late: [Batch] = []
  /// The watermark that was passed on, on each worker.
  private var passed: [Timestamp] = []
  /// Rows that came out behind a watermark that was passed on.
  var broken = 0

  init(_ model: JoinModel, workers: Int, rowLimit: Int, scarcity: UInt64, seed: UInt64) throws {
    self.model = model
    self.rowLimit = rowLimit
    self.scarcity = scarcity
    random = SeededRandom(seed: seed)
    try start(workers)
  }

  private mutating func start(_ workers: Int) throws {
    punctual = try (0..<2).map { _ in
      let step = PhysicalOperator(
        id: OperatorID("p"), kind: .punctual(), inputs: [], schema: JoinModel.left, segment: 0)
      return try stage(PunctualOperator(step), 0, 1)
    }
    let model = model
    let step = PhysicalOperator(
      id: OperatorID("j"), kind: .join(model.plan), inputs: [], schema: model.result, segment: 0)
    joins = []
    for worker in 0..<workers {
      let op = try JoinOperator(
        step, model.plan, inputs: [JoinModel.left, JoinModel.right], rowLimit: rowLimit)
      joins.append(try stage(op, worker, workers))
    }
    passed = Array(repeating: .beginning, count: workers)
  }

  private mutating func stage(
    _ op: any Operator, _ worker: Int, _ workers: Int
  ) throws -> Stage {
    try Stage(
      op, output: CollectingOutput(scarcity: scarcity, seed: random.next()),
      context: QuietContext(worker: worker, workers: workers))
  }

  mutating func send(_ batch: Batch, _ side: Int) throws {
    try punctual[side].process(batch)
    late += punctual[side].output.take(.late)
    for rows in punctual[side].output.take() {
      for (worker, part) in spread(rows, keys: model.keys, over: joins.count).enumerated() {
        if let part { try joins[worker].process(part, input: side) }
      }
    }
    try release()
  }

  mutating func advance(to time: Int64) throws {
    watermark = max(watermark, time)
    let time = Timestamp(microseconds: watermark)
    for stage in punctual + joins { try stage.watermark(time) }
    try release()
  }

  /// Lets joins put out what they hold: as much as a coin says, or all of it.
  private mutating func release(all: Bool = false) throws {
    for (worker, join) in joins.enumerated() {
      collect(worker)
      while let work = join.op as? any HoldingOperator, work.hasMore, all || random.next() % 4 != 0
      {
        try join.release()
        collect(worker)
      }
    }
  }

  private mutating func collect(_ worker: Int) {
    let fresh = joins[worker].output.take()
    for batch in fresh {
      for row in 0..<batch.rowCount {
        let time = batch.hidden.eventTimes?.ints[row] ?? .min
        if time < passed[worker].microseconds { broken += 1 }
      }
    }
    results += fresh
    if let work = joins[worker].op as? any HoldingOperator {
      passed[worker] = max(passed[worker], work.releasedWatermark)
    }
  }

  typealias Snapshots = (punctual: [any StateSnapshot], joins: [any StateSnapshot])

  /// A checkpoint; it is written when `write` is called.
  mutating func snapshot(full: Bool) throws -> Snapshots {
    epoch = epoch.next
    for (worker, join) in joins.enumerated() {
      try join.barrier(epoch)
      collect(worker)
    }
    let epoch = epoch
    return (
      punctual.compactMap { $0.op.snapshot(epoch, full: full) },
      joins.compactMap { $0.op.snapshot(epoch, full: full) }
    )
  }

  mutating func write(_ snapshots: Snapshots) throws {
    for (side, snapshot) in snapshots.punctual.enumerated() {
      punctualChain[side] = BlockStore()
      try snapshot.write(to: punctualChain[side])
    }
    if chainsAreOver { chains = [:] }
    chainsAreOver = false
    for (worker, snapshot) in snapshots.joins.enumerated() {
      if !snapshot.isDelta { chains[worker] = BlockStore() }
      try snapshot.write(to: chains[worker] ?? BlockStore())
    }
  }

  /// Starts all over from the checkpoint, with another number of workers.
  mutating func restore(workers: Int) throws {
    try start(workers)
    for (side, stage) in punctual.enumerated() {
      try stage.op.restore(from: punctualChain[side].reader(worker: 0, of: 1))
    }
    let all = BlockStore()
    for chain in chains.sorted(by: { $0.key < $1.key }) { all.blocks += chain.value.blocks }
    for (worker, join) in joins.enumerated() {
      try join.op.restore(from: all.reader(worker: worker, of: workers))
    }
    chainsAreOver = true
    try advance(to: watermark)
  }

  mutating func finish() throws {
    try advance(to: .max)
    try release(all: true)
    for join in joins { try join.finish() }
    for worker in joins.indices { collect(worker) }
  }

  var stages: [Stage] { punctual + joins }
}
