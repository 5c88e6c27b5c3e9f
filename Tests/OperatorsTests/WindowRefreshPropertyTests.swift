import Columns
import Foundation
import KeyedState
import Plans
import Schemas
import TestKit
import Testing

@testable import Operators

/// Early and late results of windows against a model that keeps all rows: the changes, replayed,
/// are what the model says of the rows so far, and each row that is taken back is, to the last bit,
/// the one that was told last: among them a sum that is another one in another order of merging.
struct WindowRefreshPropertyTests {
  struct Case: CustomStringConvertible {
    var seed: UInt64
    var shape: WindowRun.Shape
    var rowLimit: Int

    var description: String {
      "seed \(seed), \(shape.kind) offset \(shape.offset), early \(shape.emitEvery ?? 0), "
        + "late \(shape.allowLate ?? 0), \(shape.workers) workers, batches of \(shape.batchSize)"
    }
  }

  /// `RAUDAL_SEEDS` says how many.
  static let cases: [Case] = {
    let wanted = ProcessInfo.processInfo.environment["RAUDAL_SEEDS"].flatMap(UInt64.init) ?? 30
    return (0..<min(wanted, 2_000)).map { number in
      var random = SeededRandom(seed: 37 &* number &+ 11)
      func pick(_ range: ClosedRange<Int64>) -> Int64 { .random(in: range, using: &random) }
      let size = pick(1...40)
      let kind: WindowSpec.Kind =
        switch pick(0...3) {
        case 0, 1: .tumbling(size: size)
        case 2: .cumulative(size: size * pick(1...5), step: size)
        default: .hopping(size: size, slide: pick(1...50))
        }
      var shape = WindowRun.Shape(
        kind: kind, offset: pick(-60...60), batchSize: Int(pick(1...60)),
        workers: Int(pick(1...3)), scarcity: UInt64(pick(1...9)))
      shape.variesBatches = true
      shape.filtered = pick(0...1) == 0
      shape.dictionary = pick(0...1) == 0
      shape.sumsThirds = true
      let form = pick(0...2)
      if form != 0 { shape.emitEvery = pick(1...20) }
      if form != 1 { shape.allowLate = pick(1...30) }
      return Case(seed: 20_000 + number, shape: shape, rowLimit: Int(pick(1...9)))
    }
  }()

  @Test(arguments: cases)
  func `changes come to what the model gives, at every moment`(_ test: Case) throws {
    var random = SeededRandom(seed: test.seed)
    var source = RowSource(partitions: 3, lateness: 8, seed: test.seed)
    var run = try WindowRun(test.shape, seed: test.seed, rowLimit: test.rowLimit)
    var told = ToldResults()
    var rows: [ModelRow] = []
    for round in 0..<14 {
      let fresh = source.rows(40, step: 1)
      rows += fresh
      try run.send(fresh)
      if random.next() % 3 != 0 {
        let before = run.watermark
        try run.advance(to: source.watermark)
        told.take(&run)
        compare(told, rows, test.shape, before, run.watermark)
      }
      let snapshots = try run.snapshot(full: round % 4 == 0)
      guard round % 3 == 2 else {
        // The operators go on before the snapshot is written.
        let more = source.rows(10, step: 1)
        rows += more
        try run.send(more)
        try run.write(snapshots)
        continue
      }
      try run.write(snapshots)
      try run.restore(workers: 1 + Int(random.next() % 3))
    }
    let before = run.watermark
    try run.finish()
    told.take(&run)
    #expect(told.problems.prefix(3) == [])
    compare(told, rows, test.shape, before, .max)
    #expect(run.late.reduce(0) { $0 + $1.rowCount } == rows.filter(test.shape.isLate).count)
    for stage in run.stages {
      #expect(stage.sumHolds)
      #expect(stage.output.violations == 0)
      let kept = (stage.op as? RefreshingWindowOperator)?.groupCount ?? 0
      #expect(kept == 0, "\(kept) groups are left")
    }
  }

  @Test func `moments are counted by the clock of the windows`() throws {
    let hour: Int64 = 3_600_000_000
    let grid = try #require(
      WindowGrid(size: 24 * hour, slide: 24 * hour, offset: 0, zone: "Europe/Madrid"))
    let store = try WindowStore(
      WindowStore.Configuration(
        grid: grid, keys: [], aggregates: [], tracksChanges: false,
        refresh: WindowRefreshRule(period: 6 * hour)))
    // Midnight of Madrid in January is 23:00 in UTC.
    let passed = (1...24).filter { number in
      let time = 4_000 * 24 * hour + Int64(number) * hour
      return store.passesMoment(
        Timestamp(microseconds: time - hour), Timestamp(microseconds: time))
    }
    #expect(passed == [5, 11, 17, 23])
  }

  /// Where something was to be told: of windows that have closed all, of open ones what there is at
  /// a moment of theirs.
  private func compare(
    _ told: ToldResults, _ rows: [ModelRow], _ shape: WindowRun.Shape, _ before: Int64,
    _ watermark: Int64
  ) {
    if let period = shape.emitEvery {
      // Windows lie as if there were no more of an offset.
      var step = shape.kind.length ?? 1
      if case .hopping(_, let slide) = shape.kind { step = slide }
      let shift = shape.offset % step % period
      let moment = { (time: Int64) in
        let distance = min(max(time, .min / 2), .max / 2) - shift
        let number = Int64((Double(distance) / Double(period)).rounded(.down))
        return number * period + shift
      }
      guard moment(before) < moment(watermark) else {
        return compareClosing(told, rows, shape, moment(before), before, watermark)
      }
    }
    let expected = shape.results(of: rows) { window in
      shape.emitEvery != nil || window.end <= watermark
    }
    ToldResults.compare(told.rows, expected, watermark)
  }

  /// Between two moments nothing is told but of windows that have closed since the last one and of
  /// those that leave what is kept; the former have all their rows when they close.
  private func compareClosing(
    _ told: ToldResults, _ rows: [ModelRow], _ shape: WindowRun.Shape, _ moment: Int64,
    _ before: Int64, _ watermark: Int64
  ) {
    let allowance = shape.allowLate ?? 0
    let others = told.ends.filter { end in
      let isClosing = moment < end && end <= watermark
      let isLeaving = before < end + allowance && end + allowance <= watermark
      return !isClosing && !isLeaving
    }
    #expect(others.sorted().prefix(3) == [], "told from \(before) to \(watermark)")
    let expected = shape.results(of: rows) { before < $0.end && $0.end <= watermark }
    let closed = told.rows.filter { _, cells in
      guard case .int(let end) = cells[2] else { return false }
      return before < end && end <= watermark
    }
    ToldResults.compare(closed, expected, watermark)
  }
}
