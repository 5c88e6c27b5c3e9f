import Columns
import KeyedState
import Plans
import Schemas
import TestKit
import Testing

@testable import Operators

/// `throttle` on several workers, in a time of the tests.
@Suite("Throttling")
struct ThrottleTests {
  static let schema = Schema([Field("n", .int), Field("t", .string, nullable: true)])

  static func rows(_ range: Range<Int>) -> Batch {
    Batch(schema, range.map { [.int(Int64($0)), $0 % 7 == 0 ? nil : .text("text \($0)")] })
  }

  /// Operators that share a pace, and when their rows left.
  struct Workers {
    let stages: [Stage]
    var now: Int64 = 0
    /// Per worker and in all, by time.
    var numbers: [[Int64]]
    var left: [(time: Int64, rows: Int)] = []

    init(_ spec: ThrottleSpec, count: Int, restored: BlockStore? = nil) throws {
      let pace = Pace(spec)
      let step = PhysicalOperator(
        id: OperatorID("s.throttle"), kind: .throttle(spec), inputs: [PhysicalEdge(from: 0)],
        schema: ThrottleTests.schema, segment: 0)
      stages = try (0..<count).map { worker in
        let op = ThrottleOperator(step, spec, pace: pace, input: ThrottleTests.schema)
        let context = QuietContext(worker: worker, workers: count)
        let stage = try Stage(op, output: CollectingOutput(), context: context)
        if let restored { try op.restore(from: restored.reader(worker: worker, of: count)) }
        return stage
      }
      numbers = stages.map { _ in [] }
    }

    func held(_ worker: Int) -> ThrottleOperator? { stages[worker].op as? ThrottleOperator }

    var holdRows: Bool { stages.indices.contains { held($0)?.holdsRows ?? false } }

    /// The earliest timer, and whose it is.
    var next: (time: Int64, worker: Int)? {
      stages.indices.compactMap { worker in
        stages[worker].op.nextWallTimer.map { ($0.microseconds, worker) }
      }.min { $0.0 < $1.0 }.map { (time: $0.0, worker: $0.1) }
    }

    mutating func give(_ batch: Batch, to worker: Int) throws {
      stages[worker].context.clock = Timestamp(microseconds: now)
      try stages[worker].process(batch)
      collect(worker)
    }

    /// Lets the worker act on its timer, which is due.
    mutating func ring(_ worker: Int) throws {
      stages[worker].context.clock = Timestamp(microseconds: now)
      try stages[worker].wallTime(Timestamp(microseconds: now))
      collect(worker)
    }

    /// Acts on timers, each a random while too late, until nothing waits or the time has come.
    mutating func run(
      until end: Int64 = .max, late: Int64 = 0, _ random: inout SeededRandom
    ) throws {
      while let next, next.time <= end {
        now = max(now, next.time &+ (late > 0 ? Int64.random(in: 0...late, using: &random) : 0))
        try ring(next.worker)
      }
    }

    private mutating func collect(_ worker: Int) {
      for batch in stages[worker].output.take() {
        left.append((now, batch.rowCount))
        numbers[worker] += (0..<batch.rowCount).map { batch.columns[0].ints[$0] }
      }
    }

    /// The most rows by which any span of time has exceeded the rate.
    func worstBurst(_ rate: Double) -> Double {
      var worst = 0.0
      for first in left.indices {
        var rows = 0
        for event in left[first...] {
          rows += event.rows
          let span = Double(event.time - left[first].time) / 1_000_000
          worst = max(worst, Double(rows) - rate * span)
        }
      }
      return worst
    }
  }

  @Test("No span of time has more than the rate and a burst; each worker keeps the order")
  func neverFaster() throws {
    for seed in 1...150 {
      var random = SeededRandom(seed: UInt64(seed))
      let rates: [Double] = [0.5, 3, 40, 999, 12_345.6, 2_000_000]
      let rate = rates[Int.random(in: 0..<rates.count, using: &random)]
      let spec = ThrottleSpec(rate: rate)
      let count = Int.random(in: 1...4, using: &random)
      var workers = try Workers(spec, count: count)
      var given = 0
      var expected: [[Int64]] = (0..<count).map { _ in [] }
      let late = seed % 2 == 0 ? Int64(2_000_000 / rate) : 0
      for _ in 0..<Int.random(in: 1...12, using: &random) {
        let pause = Int64.random(in: 0...Int64(40_000_000 / rate), using: &random)
        try workers.run(until: workers.now + pause, late: late, &random)
        workers.now += Int64.random(in: 0...pause, using: &random)
        let worker = Int.random(in: 0..<count, using: &random)
        let size = Int.random(in: 1...60, using: &random)
        try workers.give(Self.rows(given..<given + size), to: worker)
        expected[worker] += (given..<given + size).map(Int64.init)
        given += size
      }
      try workers.run(late: late, &random)
      #expect(!workers.holdRows)
      #expect(workers.numbers == expected, "seed \(seed)")
      for stage in workers.stages { #expect(stage.sumHolds) }
      // Times are whole microseconds.
      let slack = 1e-6 + rate / 1_000_000
      #expect(workers.worstBurst(rate) <= Double(spec.burst) + slack, "seed \(seed), \(rate)/s")
    }
  }

  @Test("What waits leaves as fast as it may, however many workers share", arguments: 1...5)
  func reachesTheRate(count: Int) throws {
    for rate in [2.0, 70, 1_000, 250_000] {
      var workers = try Workers(ThrottleSpec(rate: rate), count: count)
      for worker in 0..<count { try workers.give(Self.rows(0..<500), to: worker) }
      var random = SeededRandom(seed: 1)
      try workers.run(&random)
      let rows = 500 * count
      let ideal = Double(rows - 1) / rate * 1_000_000
      #expect(Double(workers.now) >= ideal - 1)
      #expect(Double(workers.now) <= ideal + 2 * Double(rows), "\(workers.now) for \(ideal)")
    }
  }

  @Test("A worker with much and one with little take turns")
  func fairness() throws {
    var workers = try Workers(ThrottleSpec(rate: 1_000), count: 2)
    for number in 0..<10 { try workers.give(Self.rows(0..<4_096), to: number % 2) }
    var random = SeededRandom(seed: 3)
    try workers.run(until: 4_000_000, &random)
    let shares = workers.numbers.map(\.count)
    #expect(shares.reduce(0, +) >= 3_950)
    #expect(abs(shares[0] - shares[1]) <= 20)
  }

  @Test("A time without rows gives a burst of a tenth of a second")
  func burst() throws {
    let spec = ThrottleSpec(rate: 1_000)
    #expect(spec.burst == 100)
    var workers = try Workers(spec, count: 1)
    try workers.give(Self.rows(0..<1), to: 0)
    workers.now = 10_000_000
    try workers.give(Self.rows(1..<300), to: 0)
    #expect(workers.numbers[0].count == 1 + 100)
  }

  @Test("A turn of another clock's future is no pause")
  func clockPutBack() throws {
    let store = BlockStore()
    try store.write(NextTurn.block(Timestamp(microseconds: 3_600_000_000)))
    var workers = try Workers(ThrottleSpec(rate: 1_000), count: 1, restored: store)
    try workers.give(Self.rows(0..<1), to: 0)
    #expect(workers.numbers[0].isEmpty)
    #expect(try #require(workers.next).time == 1_000)
  }

  @Test("Watermarks wait behind the rows that they follow")
  func watermarks() throws {
    var workers = try Workers(ThrottleSpec(rate: 10), count: 1)
    let op = try #require(workers.held(0))
    try workers.stages[0].watermark(Timestamp(microseconds: 5))
    #expect(op.releasedWatermark == Timestamp(microseconds: 5))
    try workers.give(Self.rows(0..<3), to: 0)
    try workers.stages[0].watermark(Timestamp(microseconds: 6))
    try workers.stages[0].watermark(Timestamp(microseconds: 7))
    try workers.give(Self.rows(3..<4), to: 0)
    try workers.stages[0].watermark(.endOfTime)
    var released: [Timestamp] = []
    while let next = workers.next {
      workers.now = next.time
      try workers.ring(0)
      // It is asked a last time when its turn has not come yet.
      if released.last != op.releasedWatermark { released.append(op.releasedWatermark) }
    }
    let (five, seven) = (Timestamp(microseconds: 5), Timestamp(microseconds: 7))
    #expect(released == [five, seven, .endOfTime])
  }

  @Test("It is full at a second's worth, until half of that is gone")
  func fullness() throws {
    var workers = try Workers(ThrottleSpec(rate: 100), count: 1)
    let op = try #require(workers.held(0))
    try workers.give(Self.rows(0..<100), to: 0)
    #expect(!op.isFull)
    try workers.give(Self.rows(100..<102), to: 0)
    #expect(op.isFull)
    var random = SeededRandom(seed: 1)
    try workers.run(until: 500_000, &random)
    #expect(op.isFull)
    try workers.run(until: 540_000, &random)
    #expect(!op.isFull)
  }

  @Test("It is full of a few large rows")
  func fullOfText() throws {
    var workers = try Workers(ThrottleSpec(rate: 100), count: 1)
    let op = try #require(workers.held(0))
    let large = String(repeating: "x", count: 1 << 20)
    try workers.give(Batch(Self.schema, (0..<60).map { [.int($0), .text(large)] }), to: 0)
    #expect(!op.isFull)
    try workers.give(Batch(Self.schema, (60..<70).map { [.int($0), .text(large)] }), to: 0)
    #expect(op.isFull)
    var random = SeededRandom(seed: 1)
    try workers.run(&random)
    #expect(!op.isFull && !op.holdsRows)
  }

  @Test("What waits at a barrier is in the snapshot, with what travels unseen, at any parallelism")
  func restored() throws {
    for (before, after) in [(1, 1), (1, 3), (3, 1), (2, 5)] {
      let spec = ThrottleSpec(rate: 50)
      var workers = try Workers(spec, count: before)
      for worker in 0..<before {
        let batch = Self.rows(worker * 1_000..<worker * 1_000 + 100)
        batch.hidden.eventTimes = .counting(from: 7, rowCount: 100)
        batch.hidden.rowKinds = .repeating(RowKind.delete.rawValue, .int, rowCount: 100)
        try workers.give(batch, to: worker)
      }
      var random = SeededRandom(seed: 5)
      try workers.run(until: 1_000_000, &random)
      let store = BlockStore()
      for stage in workers.stages {
        try #require(stage.op.snapshot(Epoch(1), full: false)).write(to: store)
      }
      let written = store.blocks.map(\.rows.cells)
      // The operators go on; what was handed over stays as it was.
      try workers.run(until: 2_000_000, &random)
      #expect(store.blocks.map(\.rows.cells) == written)
      let gone = 51
      var others = try Workers(spec, count: after, restored: store)
      others.now = 1_000_000
      try others.run(&random)
      let all = others.numbers.flatMap { $0 }
      #expect(all.count == 100 * before - gone)
      for worker in 0..<before {
        let own = all.filter { $0 / 1_000 == Int64(worker) }
        #expect(own == own.sorted() && own.last == Int64(worker * 1_000 + 99))
      }
      #expect(others.worstBurst(50) <= Double(spec.burst) + 0.01)
      // The row that was due then is the first.
      #expect((others.left.first?.time ?? 0) >= 1_000_000)
    }
  }

  @Test("Hidden columns come back as they were, or not at all")
  func hiddenColumns() throws {
    let batch = Self.rows(0..<4)
    batch.hidden.eventTimes = .counting(from: 7, rowCount: 4)
    batch.hidden.lateWatermarks = .repeating(.min, .timestamp, rowCount: 4)
    let block = HeldRows.block(batch, of: 0..<1_024)
    let rows = HeldRows.rows(of: block, Self.schema)
    #expect(rows.cells == batch.cells)
    #expect((0..<4).map { rows.hidden.eventTimes?.ints[$0] } == [7, 8, 9, 10])
    #expect(rows.hidden.lateWatermarks?.ints[3] == .min)
    #expect(rows.hidden.lanes == nil && rows.hidden.rowKinds == nil)
  }
}
