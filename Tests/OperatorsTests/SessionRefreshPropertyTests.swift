import Columns
import Foundation
import Plans
import Schemas
import TestKit
import Testing

@testable import Operators

/// Early and late results of sessions against a model that keeps all rows: the changes, replayed,
/// are what the model says of the rows so far, and each row that is taken back is, to the last bit,
/// the one that was told last, also where late rows have joined sessions or begun them earlier.
struct SessionRefreshPropertyTests {
  struct Case: CustomStringConvertible {
    var seed: UInt64
    var shape: WindowRun.Shape
    var gap: Int64
    var rowLimit: Int

    var description: String {
      "seed \(seed), gap \(gap), early \(shape.emitEvery ?? 0), late \(shape.allowLate ?? 0), "
        + "\(shape.workers) workers, batches of \(shape.batchSize)"
    }
  }

  /// `RAUDAL_SEEDS` says how many.
  static let cases: [Case] = {
    let wanted = ProcessInfo.processInfo.environment["RAUDAL_SEEDS"].flatMap(UInt64.init) ?? 40
    return (0..<min(wanted, 2_000)).map { number in
      var random = SeededRandom(seed: 41 &* number &+ 3)
      func pick(_ range: ClosedRange<Int64>) -> Int64 { .random(in: range, using: &random) }
      let gap = pick(1...14)
      var shape = WindowRun.Shape(
        kind: .session(gap: gap, limit: nil), offset: 0, batchSize: Int(pick(1...60)),
        workers: Int(pick(1...3)), scarcity: UInt64(pick(1...9)))
      shape.variesBatches = true
      shape.filtered = pick(0...1) == 0
      shape.dictionary = pick(0...1) == 0
      shape.sumsThirds = true
      let form = pick(0...2)
      if form != 0 { shape.emitEvery = pick(1...20) }
      if form != 1 { shape.allowLate = pick(1...30) }
      return Case(seed: 30_000 + number, shape: shape, gap: gap, rowLimit: Int(pick(1...9)))
    }
  }()

  @Test(arguments: cases)
  func `changes come to what the model gives, at every moment`(_ test: Case) throws {
    var random = SeededRandom(seed: test.seed)
    var source = RowSource(partitions: 3, lateness: 8, seed: test.seed)
    var run = try WindowRun(test.shape, seed: test.seed, rowLimit: test.rowLimit)
    var told = ToldResults()
    var rows: [ModelRow] = []
    for round in 0..<20 {
      let fresh = source.rows(25, step: 1)
      rows += fresh
      try run.send(fresh)
      if random.next() % 3 != 0 {
        let before = run.watermark
        try run.advance(to: source.watermark)
        told.take(&run)
        Self.compare(told, rows, test, before, run.watermark)
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
    Self.compare(told, rows, test, before, .max)
    let late = rows.filter { Self.isLate($0, test.shape) }
    #expect(run.late.reduce(0) { $0 + $1.rowCount } == late.count)
    for stage in run.stages {
      #expect(stage.sumHolds)
      #expect(stage.output.violations == 0)
      let kept = (stage.op as? RefreshingSessionOperator)?.sessionCount ?? 0
      #expect(kept == 0, "\(kept) sessions are left")
    }
  }

  private static func isLate(_ row: ModelRow, _ shape: WindowRun.Shape) -> Bool {
    row.watermark > .min / 2 && row.time < row.watermark - (shape.allowLate ?? 0)
  }

  private typealias Session = (key: String?, start: Int64, end: Int64, rows: [ModelRow])

  private static func sessions(_ rows: [ModelRow], _ test: Case) -> [Session] {
    var found: [Session] = []
    for (key, rows) in Dictionary(grouping: rows.filter { !isLate($0, test.shape) }, by: \.key) {
      var open: Session?
      for row in rows.sorted(by: { $0.tag < $1.tag }) {
        if var session = open, row.time < session.end {
          session.rows.append(row)
          session.end = row.time + test.gap
          open = session
        } else {
          if let open { found.append(open) }
          open = (key, row.time, row.time + test.gap, [row])
        }
      }
      if let open { found.append(open) }
    }
    return found
  }

  private static func name(_ session: Session) -> String {
    let key: Cell = session.key.map { .text($0) } ?? .null
    return "\(key) \(Cell.int(session.start)) \(Cell.int(session.end))"
  }

  private static func results(_ sessions: [Session], _ test: Case) -> [String: [Cell]] {
    var results: [String: [Cell]] = [:]
    for session in sessions {
      let taken =
        test.shape.filtered ? session.rows.filter { $0.pass == true } : session.rows
      let values = WindowModel.aggregates.map { WindowModel.value($0, taken) }
      results[name(session)] = values + [Thirds.total(taken)]
    }
    return results
  }

  /// At a moment all is told. Otherwise what closes now is and, where nothing is told early, what
  /// has closed; what had told and is open again stands as it was told.
  private static func compare(
    _ told: ToldResults, _ rows: [ModelRow], _ test: Case, _ before: Int64, _ watermark: Int64
  ) {
    let all = sessions(rows, test)
    if let period = test.shape.emitEvery {
      let number = { (time: Int64) in
        (Double(min(max(time, .min / 2), .max / 2)) / Double(period)).rounded(.down)
      }
      if number(before) < number(watermark) {
        return ToldResults.compare(told.rows, results(all, test), watermark)
      }
    }
    let isEarly = test.shape.emitEvery != nil
    let closed = all.filter { $0.end <= watermark && (!isEarly || before < $0.end) }
    let expected = results(closed, test)
    let have = told.rows.filter { expected[$0.key] != nil }
    ToldResults.compare(have, expected, watermark)
    guard !isEarly else { return }
    let open = all.filter { $0.end > watermark }
    for (name, cells) in told.rows where expected[name] == nil {
      let isOpenAgain = open.contains { session in
        let key: Cell = session.key.map { .text($0) } ?? .null
        guard key == cells[0], case .int(let start) = cells[1], case .int(let end) = cells[2]
        else { return false }
        return session.start <= start && end <= session.end
      }
      #expect(isOpenAgain, "\(name) is told at \(watermark)")
    }
  }
}
