import Columns
import Foundation
import Plans
import Schemas
import TestKit
import Testing

@testable import Operators

/// Windows of both phases against a model that keeps all rows and computes each result from
/// scratch.
struct WindowPropertyTests {
  struct Case: CustomStringConvertible {
    var seed: UInt64
    var shape: WindowRun.Shape
    var checkpoints: Bool

    var description: String {
      "seed \(seed), \(shape.kind), batches of \(shape.batchSize), credit 1 in \(shape.scarcity)"
    }
  }

  static let cases: [Case] = {
    let kinds: [WindowSpec.Kind] = [
      .tumbling(size: 10), .hopping(size: 30, slide: 10), .hopping(size: 25, slide: 10),
      .hopping(size: 4, slide: 10), .cumulative(size: 30, step: 10),
    ]
    var cases: [Case] = []
    for (number, kind) in kinds.enumerated() {
      for (index, size) in [1, 2, 7, 4095, 4096, 4097].enumerated() {
        var shape = WindowRun.Shape(
          kind: kind, offset: Int64(number * 3), batchSize: size, workers: 1 + index % 3,
          scarcity: index % 2 == 0 ? 1 : 9)
        shape.filtered = (index + number) % 2 == 1
        shape.dictionary = index >= 2
        cases.append(
          Case(seed: UInt64(number * 100 + index), shape: shape, checkpoints: index % 2 == 1))
      }
    }
    return cases
  }()

  /// Shapes that a seed chooses. `RAUDAL_SEEDS` says how many.
  static let chosen: [Case] = {
    let wanted = ProcessInfo.processInfo.environment["RAUDAL_SEEDS"].flatMap(UInt64.init) ?? 20
    return (0..<min(wanted, 2_000)).map { number in
      var random = SeededRandom(seed: 31 &* number &+ 7)
      func pick(_ range: ClosedRange<Int64>) -> Int64 { .random(in: range, using: &random) }
      let size = pick(1...40)
      let kind: WindowSpec.Kind =
        switch pick(0...3) {
        case 0: .tumbling(size: size)
        case 1: .cumulative(size: size * pick(1...5), step: size)
        default: .hopping(size: size, slide: pick(1...50))
        }
      var shape = WindowRun.Shape(
        kind: kind, offset: pick(-60...60), batchSize: Int(pick(1...60)),
        workers: Int(pick(1...3)), scarcity: UInt64(pick(1...9)))
      shape.variesBatches = true
      shape.filtered = pick(0...1) == 0
      shape.dictionary = pick(0...1) == 0
      return Case(seed: 10_000 + number, shape: shape, checkpoints: pick(0...1) == 0)
    }
  }()

  @Test(arguments: chosen)
  func `windows of any shape give what the model gives`(_ test: Case) throws {
    try `windows give what the model gives`(test)
  }

  /// Some of them that overlap.
  static let overlapping = (chosen + cases.filter { $0.shape.batchSize == 7 }).filter { test in
    if case .tumbling = test.shape.kind { return false }
    return test.seed % 4 == 2 || test.seed < 10_000
  }

  @Test(arguments: overlapping)
  func `windows that are rolled on give what the model gives`(_ test: Case) throws {
    var test = test
    test.shape.aggregates = test.seed % 3 == 0 ? WindowModel.exact : WindowModel.rolling
    try `windows give what the model gives`(test)
  }

  @Test func `windows are found without a list of all of them`() throws {
    // A list of the starts would hold 2.6 million million of them.
    let day: Int64 = 86_400_000_000
    let window = WindowModel.plan(.hopping(size: 30 * day, slide: 1), offset: 0, filtered: false)
    let plan = PhysicalOperator(
      id: OperatorID("test.window"), kind: .globalWindow(window), inputs: [],
      schema: window.resultSchema, segment: 0)
    let shape = WindowRun.Shape(
      kind: .hopping(size: 30 * day, slide: 1), offset: 0, batchSize: 1, workers: 1, scarcity: 1)
    var run = try WindowRun(shape, seed: 1)
    var source = RowSource(partitions: 1, lateness: 0, seed: 1)
    let partial = try run.partials(source.rows(1, step: 1))
    let op = try GlobalWindowOperator(plan, window)
    // With credit for ever it would put them all out in one call.
    let output = CollectingOutput(scarcity: 4)
    try op.open(QuietContext())
    for batch in partial { _ = try op.process(batch, input: 0, output: output) }
    _ = try op.watermark(.endOfTime, output: output)
    for _ in 0..<100 {
      output.beginCall()
      _ = try op.resume(output)
      #expect(op.holdsRows)
    }
    #expect(output.batches.count > 10)
  }

  @Test(arguments: cases)
  func `windows give what the model gives`(_ test: Case) throws {
    var random = SeededRandom(seed: test.seed)
    var source = RowSource(partitions: 3, lateness: 8, seed: test.seed)
    var run = try WindowRun(test.shape, seed: test.seed)
    var rows: [ModelRow] = []
    let workers = [1, 3, 2]
    let rounds = test.shape.batchSize > 100 ? 3 : 12
    let perRound = test.shape.batchSize > 100 ? test.shape.batchSize / 2 : 40
    for round in 0..<rounds {
      let fresh = source.rows(perRound, step: test.shape.batchSize > 100 ? 100 : 1)
      rows += fresh
      try run.send(fresh)
      if random.next() % 2 == 0 { try run.advance(to: source.watermark) }
      guard test.checkpoints else { continue }
      let snapshots = try run.snapshot(full: round % 4 == 0)
      // The operators go on before the snapshot is written.
      let more = source.rows(20, step: 1)
      if round % 3 == 2 {
        try run.write(snapshots)
        try run.restore(workers: workers[round / 3 % 3])
        rows += more
        try run.send(more)
      } else {
        rows += more
        try run.send(more)
        try run.advance(to: source.watermark)
        try run.write(snapshots)
      }
    }
    try run.finish()
    try compare(run, rows, test)
  }

  @Test(
    arguments: [
      WindowSpec.Kind.tumbling(size: 10), .hopping(size: 30, slide: 10),
      .hopping(size: 25, slide: 10),
    ], 1...3)
  func `a barrier in the middle of closing windows loses and doubles nothing`(
    kind: WindowSpec.Kind, workers: Int
  ) throws {
    var held = 0
    for seed in 0..<8 as Range<UInt64> {
      var shape = WindowRun.Shape(
        kind: kind, offset: 3, batchSize: 7, workers: workers, scarcity: 3)
      if seed % 2 == 1 { shape.aggregates = WindowModel.rolling }
      let test = Case(seed: 500 + seed, shape: shape, checkpoints: true)
      var source = RowSource(partitions: 3, lateness: 8, seed: test.seed)
      var run = try WindowRun(shape, seed: test.seed)
      var rows: [ModelRow] = []
      for round in 0..<12 {
        let fresh = source.rows(40, step: 1)
        rows += fresh
        try run.send(fresh)
        try run.advance(to: source.watermark)
        let snapshots = try run.snapshot(full: round % 4 == 0)
        if run.holdsRows { held += 1 }
        try run.write(snapshots)
        // Deltas come before it, and windows that were half out before that.
        if round % 3 == 2 { try run.restore(workers: 1 + (workers + round) % 3) }
      }
      try run.finish()
      try compare(run, rows, test)
    }
    #expect(held > 10)
  }

  private func compare(_ run: WindowRun, _ rows: [ModelRow], _ test: Case) throws {
    let expected = test.shape.results(of: rows)
    var found: [String: [Cell]] = [:]
    for batch in run.results {
      for cells in batch.cells {
        let name = "\(cells[0]) \(cells[1]) \(cells[2])"
        #expect(found[name] == nil, "\(name) came twice")
        found[name] = Array(cells[3...])
      }
    }
    #expect(Set(found.keys) == Set(expected.keys))
    #expect(expected.count > 10)
    for (name, values) in expected {
      guard let cells = found[name] else { continue }
      for (index, aggregate) in test.shape.aggregates.enumerated() {
        let (have, want) = (cells[index], values[index])
        let place = "\(aggregate.name) of \(name)"
        #expect(WindowModel.same(have, want), "\(place): \(have), expected \(want)")
      }
    }
    #expect(run.late.reduce(0) { $0 + $1.rowCount } == rows.filter(test.shape.isLate).count)
    for stage in run.stages {
      #expect(stage.sumHolds)
      #expect(stage.output.violations == 0)
    }
  }
}

/// Rows of several partitions, disordered, some late, around 1970.
struct RowSource {
  private var random: SeededRandom
  private let partitions: Int
  private let lateness: Int64
  private var clocks: [Int64]
  private var greatest: [Int64]
  private var places: [Int64]

  init(partitions: Int, lateness: Int64, seed: UInt64) {
    self.partitions = partitions
    self.lateness = lateness
    random = SeededRandom(seed: seed &+ 77)
    clocks = Array(repeating: -60, count: partitions)
    greatest = Array(repeating: .min, count: partitions)
    places = Array(repeating: 0, count: partitions)
  }

  /// The least watermark of the partitions.
  var watermark: Int64 {
    let least = greatest.min() ?? .min
    return least == .min ? .min : least - lateness
  }

  /// `step`: rows for each microsecond that passes.
  mutating func rows(_ count: Int, step: UInt64) -> [ModelRow] {
    (0..<count).map { _ in row(step) }
  }

  private mutating func row(_ step: UInt64) -> ModelRow {
    let p = Int(random.next() % UInt64(partitions))
    if random.next() % step == 0 { clocks[p] += Int64(random.next() % 4) }
    let jitter = random.next() % 10 == 0 ? Int64(random.next() % 40) : Int64(random.next() % 6)
    let time = clocks[p] - jitter
    let watermark = greatest[p] == .min ? Int64.min : greatest[p] - lateness
    greatest[p] = max(greatest[p], time)
    places[p] += 1
    var row = ModelRow(
      partition: p, place: places[p], time: time, watermark: watermark)
    let keys = ["a", "b", "", "a key longer than eight bytes", "a key longer than eight bytez"]
    row.key = random.next() % 8 == 0 ? nil : keys[Int(random.next() % 5)]
    row.i = one(in: 5) ? nil : Int64(random.next() % 21) - 10
    row.f = one(in: 5) ? nil : (Double(random.next() % 9) - 4) / 2 * (one(in: 9) ? -0.0 : 1)
    row.d = one(in: 5) ? nil : Int128(random.next() % 2001) - 1000
    row.s = one(in: 5) ? nil : ["x", "y", "", "ein längerer Text", "z\"\\"][Int(random.next() % 4)]
    row.b = one(in: 5) ? nil : one(in: 2)
    row.pass = one(in: 6) ? nil : one(in: 2)
    return row
  }

  private mutating func one(in n: UInt64) -> Bool { random.next() % n == 0 }
}
