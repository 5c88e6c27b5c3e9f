import Columns
import Foundation
import KeyedState
import Plans
import Schemas
import TestKit
import Testing

@testable import Operators

/// `dedupe` against a model that never forgets, over workers, checkpoints and restarts with others.
struct DedupePropertyTests {
  /// `RAUDAL_SEEDS` says how many.
  static let seeds: Range<UInt64> = {
    let wanted = ProcessInfo.processInfo.environment["RAUDAL_SEEDS"].flatMap(UInt64.init) ?? 150
    return 0..<min(wanted, 2_000)
  }()

  static let schema = Schema([
    Field("key", .string, nullable: true), Field("part", .int, nullable: true), Field("n", .int),
  ])

  private struct Row: Hashable {
    var key: [Cell]
    var number: Int64
    var time: Int64
    /// The watermark of its partition where it came.
    var mark: Int64

    var cells: [Cell] { [key[0], key.count > 1 ? key[1] : 1, .int(number)] }
  }

  private struct Model {
    let span: Int64
    private var kept: [[Cell]: [Int64]] = [:]
    var first: [[Cell]] = []
    var late: [[Cell]] = []

    init(span: Int64) { self.span = span }

    mutating func take(_ row: Row, _ watermark: Int64) {
      let mark = max(watermark, row.mark)
      if mark > .min / 2, row.time < mark - DedupeSpec.allowance(of: span) {
        return late.append(row.cells)
      }
      if kept[row.key, default: []].contains(where: { abs($0 - row.time) < span }) { return }
      kept[row.key, default: []].append(row.time)
      first.append(row.cells)
    }
  }

  /// Rows on several workers behind an exchange by key.
  private struct Run {
    let keys: [String]
    let span: Int64
    var stages: [Stage] = []
    var checkpoint = BlockStore()
    var first: [[Cell]] = []
    var late: [[Cell]] = []
    var watermark = Int64.min

    mutating func start(workers: Int, _ random: inout SeededRandom) throws {
      var made: [Stage] = []
      for worker in 0..<workers {
        let step = PhysicalOperator(
          id: OperatorID("s.dedupe"), kind: .dedupe(keys: keys, span: span), inputs: [],
          schema: schema, segment: 0)
        let op = try DedupeOperator(step, keys: keys, span: span, input: schema)
        made.append(
          try Stage(
            op, output: CollectingOutput(scarcity: 1 + random.next() % 3, seed: random.next()),
            context: QuietContext(worker: worker, workers: workers)))
        try op.restore(from: checkpoint.reader(worker: worker, of: workers))
      }
      stages = made
      if watermark > .min { try advance(to: watermark) }
    }

    mutating func send(_ rows: [Row], coded: Bool) throws {
      let cells = rows.map(\.cells)
      let texts = cells.map { $0[0] }
      let batch = Batch(
        schema: schema,
        columns: [
          coded ? .dictionary(.string, texts) : Column(.string, texts),
          Column(.int, cells.map { $0[1] }), Column(.int, cells.map { $0[2] }),
        ], rowCount: rows.count)
      batch.hidden.eventTimes = Column(.timestamp, rows.map { .int($0.time) })
      if rows.contains(where: { $0.mark > .min }) {
        batch.hidden.lateWatermarks = Column(.timestamp, rows.map { .int($0.mark) })
      }
      for (worker, part) in spread(batch, keys: keys.count, over: stages.count).enumerated() {
        if let part { try stages[worker].process(part) }
      }
      collect()
    }

    mutating func advance(to time: Int64) throws {
      watermark = max(watermark, time)
      for stage in stages { try stage.watermark(Timestamp(microseconds: watermark)) }
    }

    func snapshot(_ epoch: UInt64, full: Bool) -> [any StateSnapshot] {
      stages.compactMap { $0.op.snapshot(Epoch(epoch), full: full) }
    }

    mutating func write(_ snapshots: [any StateSnapshot]) throws {
      if !snapshots.contains(where: \.isDelta) { checkpoint = BlockStore() }
      for snapshot in snapshots { try snapshot.write(to: checkpoint) }
    }

    mutating func collect() {
      for stage in stages {
        first += stage.output.take().flatMap(\.cells)
        late += stage.output.take(.late).flatMap(\.cells)
      }
    }
  }

  private static func order(_ rows: [[Cell]]) -> [String] { rows.map { "\($0)" }.sorted() }

  @Test(arguments: seeds)
  func `dedupe keeps what the model keeps`(seed: UInt64) throws {
    var random = SeededRandom(seed: seed)
    let hasTwoKeys = Bool.random(using: &random)
    let span = [1, 3, 10, 1_000][Int(random.next() % 4)] as Int64
    // Before 1970, and at the ends of time.
    let base =
      [0, -5_000, .max / 2 - 1_000_000, .min / 2 + 10_000][Int(random.next() % 4)] as Int64
    var model = Model(span: span)
    var run = Run(keys: hasTwoKeys ? ["key", "part"] : ["key"], span: span)
    try run.start(workers: 1 + Int(random.next() % 3), &random)
    var (now, number) = (base, Int64(0))
    for epoch in 1...UInt64(30) {
      var rows: [Row] = []
      for _ in 0..<Int.random(in: 1...30, using: &random) {
        let texts: [Cell] = ["a", "b", nil, "", "a key longer than eight bytes", "c", "d"]
        var key = [texts[Int(random.next() % 7)]]
        if hasTwoKeys { key.append(random.next() % 4 == 0 ? nil : .int(Int64(random.next() % 3))) }
        now += Int64(random.next() % 4) * span / 8
        let isLate = random.next() % 8 == 0
        let time = now - Int64(random.next() % UInt64(span * (isLate ? 3 : 1) + 1))
        let mark = isLate && random.next() % 2 == 0 ? max(run.watermark, now - span) : .min
        rows.append(Row(key: key, number: number, time: time, mark: time < mark ? mark : .min))
        number += 1
      }
      for row in rows { model.take(row, run.watermark) }
      try run.send(rows, coded: Bool.random(using: &random))
      if Bool.random(using: &random) { try run.advance(to: now - span * Int64(random.next() % 3)) }
      guard random.next() % 3 == 0 else { continue }
      let snapshots = run.snapshot(epoch, full: random.next() % 3 == 0)
      guard Bool.random(using: &random) else {
        try run.write(snapshots)
        continue
      }
      // Written while others come, and then all starts over from before them.
      let (kept, time) = ((model, run.first, run.late), run.watermark)
      try run.send(
        [Row(key: hasTwoKeys ? ["new", 1] : ["new"], number: -1, time: now, mark: .min)],
        coded: false)
      try run.write(snapshots)
      (model, run.first, run.late) = kept
      run.watermark = time
      try run.start(workers: 1 + Int(random.next() % 3), &random)
    }
    #expect(Self.order(run.first) == Self.order(model.first))
    #expect(Self.order(run.late) == Self.order(model.late))
    #expect(run.stages.allSatisfy { $0.sumHolds && $0.output.violations == 0 })
  }

  @Test func `Keys are forgotten when no row on time can be near them`() throws {
    let store = SightingStore(keys: [Field("key", .string)], span: 1_000, allowance: 250)
    let schema = Schema([Field("key", .string)])
    for time in 0..<Int64(20_000) {
      let batch = Batch(schema, [[.text("k\(time)")]])
      batch.hidden.eventTimes = Column(.timestamp, [.int(time)])
      let mark = Timestamp(microseconds: time)
      #expect(store.judge(batch, keys: [0], watermark: mark).first.count == 1)
      store.expire(mark)
      #expect(store.count <= 1_500 + 1)
    }
  }
}
