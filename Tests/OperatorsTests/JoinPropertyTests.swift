import Columns
import Foundation
import KeyedState
import Plans
import Schemas
import TestKit
import Testing

@testable import Operators

/// Joins against a model that looks at all pairs of rows.
struct JoinPropertyTests {
  /// `RAUDAL_SEEDS` says how many.
  static let seeds: Range<UInt64> = {
    let wanted = ProcessInfo.processInfo.environment["RAUDAL_SEEDS"].flatMap(UInt64.init) ?? 100
    return 0..<min(wanted, 5_000)
  }()

  private static let kinds: [JoinSpec.Kind] = [.inner, .left, .right, .full, .semi, .anti]

  private static func model(_ random: inout SeededRandom) -> JoinModel {
    let spans: [Int64] = [0, 0, 1, 5, 20, 300]
    var model = JoinModel(
      kind: kinds[Int(random.next() % 6)], before: spans[Int(random.next() % 6)],
      after: spans[Int(random.next() % 6)], keys: 1 + Int(random.next() % 2))
    let form = Int(random.next() % 4)
    model.bounds = form < 2 ? form : nil
    return model
  }

  /// Rows that come a little out of order, some too late, and several at one time.
  private struct Rows {
    var now: Int64
    var number: Int64 = 0
    var greatest = [Int64.min, .min]
    let lateness: Int64
    /// A few hot keys or many.
    let isHot: Bool

    var watermark: Int64 {
      let least = min(greatest[0], greatest[1])
      return least == .min ? .min : least - lateness
    }

    mutating func next(_ side: Int, _ random: inout SeededRandom) -> JoinRow {
      let texts: [Cell] = ["a", "b", "", "a key longer than eight bytes", "c", nil]
      now += random.next() % 3 == 0 ? Int64(random.next() % 4) : 0
      let isLate = random.next() % 9 == 0
      let time = now - Int64(random.next() % UInt64(isLate ? 60 : lateness + 1))
      let mark = greatest[side] == .min ? Int64.min : greatest[side] - lateness
      greatest[side] = max(greatest[side], time)
      number += 1
      return JoinRow(
        side: side,
        keys: [
          isHot ? "hot" : texts[Int(random.next() % 6)],
          random.next() % 5 == 0 ? nil : .int(Int64(random.next() % 2)),
        ], number: number,
        text: random.next() % 4 == 0 ? nil : ["x", "", "a longer text"][Int(random.next() % 3)],
        time: time, mark: mark, place: number,
        low: random.next() % 9 == 0 ? nil : time - Int64(random.next() % 30),
        high: random.next() % 9 == 0 ? nil : time + Int64(random.next() % 30) - 5)
    }
  }

  @Test(arguments: seeds)
  func `joins give what the model gives`(seed: UInt64) throws {
    var random = SeededRandom(seed: seed &* 31 &+ 7)
    let model = Self.model(&random)
    let coded = Bool.random(using: &random)
    var run = try JoinRun(
      model, workers: 1 + Int(random.next() % 3), rowLimit: 1 + Int(random.next() % 5),
      scarcity: 1 + random.next() % 4, seed: seed)
    // Before 1970, in the year 9999, and far from both.
    let base: [Int64] = [
      0, -5_000, 253_402_300_799_000_000, .max / 2 - 100_000, .min / 2 + 100_000,
    ]
    var source = Rows(
      now: base[Int(random.next() % 5)], lateness: Int64(random.next() % 12),
      isHot: random.next() % 4 == 0)
    var rows: [JoinRow] = []
    func piece(_ most: UInt64) -> [JoinRow] {
      let side = Int(random.next() % 2)
      return (0..<1 + random.next() % most).map { _ in source.next(side, &random) }
    }
    func send(_ piece: [JoinRow]) throws {
      try run.send(
        JoinModel.batch(piece, piece[0].side, coded: coded), piece[0].side)
    }
    for round in 0..<30 {
      let fresh = piece(20)
      rows += fresh
      try send(fresh)
      if Bool.random(using: &random) { try run.advance(to: source.watermark) }
      guard random.next() % 3 == 0 else { continue }
      let snapshots = try run.snapshot(full: round % 4 == 0)
      let kept = (run.results, run.late)
      let more = piece(12)
      // Written while others come.
      try send(more)
      guard Bool.random(using: &random) else {
        rows += more
        try run.advance(to: source.watermark)
        try run.write(snapshots)
        continue
      }
      try run.write(snapshots)
      (run.results, run.late) = kept
      try run.restore(workers: 1 + Int(random.next() % 3))
      rows += more
      try send(more)
    }
    try run.finish()
    try compare(run, rows, model)
  }

  private func compare(_ run: JoinRun, _ rows: [JoinRow], _ model: JoinModel) throws {
    let onTime = rows.filter { $0.time >= $0.mark }
    #expect(run.late.reduce(0) { $0 + $1.rowCount } == rows.count - onTime.count)
    let have = run.results.flatMap { batch in
      zip(0..<batch.rowCount, batch.cells).map { row, cells in
        "\([.int(batch.hidden.eventTimes?.ints[row] ?? 0)] + cells)"
      }
    }.sorted()
    let want = model.results(onTime).map { "\($0)" }.sorted()
    #expect(have.count == want.count)
    if let first = zip(have, want).first(where: { $0 != $1 }) {
      Issue.record("\(model): \(first.0) where \(first.1) is expected")
    }
    #expect(run.broken == 0)
    #expect(run.stages.allSatisfy { $0.sumHolds && $0.output.violations == 0 })
    #expect(run.joins.allSatisfy { !(($0.op as? any HoldingOperator)?.holdsRows ?? true) })
  }
}
