import Columns
import Foundation
import Plans
import Schemas
import TestKit
import Testing

@testable import Operators

/// `dedupe … keep last` against a model that keeps all rows and looks at each key's alone.
struct KeepLastPropertyTests {
  /// `RAUDAL_SEEDS` says how many.
  static let seeds: Range<UInt64> = {
    let wanted = ProcessInfo.processInfo.environment["RAUDAL_SEEDS"].flatMap(UInt64.init) ?? 100
    return 0..<min(wanted, 2_000)
  }()

  @Test(arguments: seeds)
  func `the last rows of spans are those of the model`(seed: UInt64) throws {
    var random = SeededRandom(seed: seed &* 131 &+ 3)
    let span = [1, 5, 20, 1_000][Int(random.next() % 4)] as Int64
    let base = TopPropertyTests.bases[Int(random.next() % 3)]
    let schema = WindowModel.schema
    var run = try OrderedChain(
      .keepLast(keys: ["key"], span: span), of: schema, keys: 1,
      workers: 1 + Int(random.next() % 3), scarcity: 1 + random.next() % 4, seed: seed
    ) { try KeepLastOperator($0, keys: ["key"], span: span, input: schema, rowLimit: 3) }
    var source = RowSource(partitions: 3, lateness: 8, seed: seed)
    let coded = Bool.random(using: &random)
    func rows(_ count: Int) -> [ModelRow] { source.rows(count, step: 1).map { $0.moved(base) } }
    func mark() -> Int64 { source.watermark == .min ? .min : source.watermark + base }
    var all: [ModelRow] = []
    for round in 0..<20 {
      let fresh = rows(1 + Int(random.next() % 30))
      all += fresh
      try run.send(WindowModel.batch(fresh, coded: coded))
      if Bool.random(using: &random) { try advance(&run, to: mark()) }
      guard random.next() % 3 == 0 else { continue }
      let snapshots = try run.snapshot(full: round % 4 == 0)
      // Written while others come.
      let kept = (run.results, run.late)
      let more = rows(10)
      all += more
      try run.send(WindowModel.batch(more, coded: coded))
      guard Bool.random(using: &random) else {
        try advance(&run, to: mark())
        try run.write(snapshots)
        continue
      }
      try run.write(snapshots)
      (run.results, run.late) = kept
      try run.restore(workers: 1 + Int(random.next() % 3))
      try run.send(WindowModel.batch(more, coded: coded))
    }
    try run.finish()
    compare(run, all, span)
  }

  /// Nothing comes out behind the watermark that was passed on.
  private func advance(_ run: inout OrderedChain, to mark: Int64) throws {
    let told = run.stages.compactMap { ($0.op as? KeepLastOperator)?.releasedWatermark }.min()
    let count = run.results.count
    try run.advance(to: mark)
    for batch in run.results[count...] {
      for row in 0..<batch.rowCount {
        let time = batch.hidden.eventTimes?.ints[row] ?? .min
        #expect(time >= told?.microseconds ?? .min)
      }
    }
  }

  private func compare(_ run: OrderedChain, _ rows: [ModelRow], _ span: Int64) {
    let onTime = rows.filter { $0.time >= $0.watermark }
    #expect(run.late.reduce(0) { $0 + $1.rowCount } == rows.count - onTime.count)
    var want: [String] = []
    for rows in Dictionary(grouping: onTime, by: \.key).values {
      var start: Int64?
      var last: ModelRow?
      for row in rows.sorted(by: { $0.tag < $1.tag }) {
        if let begun = start, row.time >= begun + span {
          if let last { want.append(Self.text(last)) }
          start = nil
        }
        start = start ?? row.time
        last = row
      }
      if let last { want.append(Self.text(last)) }
    }
    let have = run.results.flatMap { batch in
      zip(batch.cells, 0..<batch.rowCount).map { cells, row in
        "\(batch.hidden.eventTimes?.ints[row] ?? 0) \(cells)"
      }
    }
    #expect(have.sorted() == want.sorted())
    #expect(run.stages.allSatisfy { $0.sumHolds && $0.output.violations == 0 })
  }

  private static func text(_ row: ModelRow) -> String {
    "\(row.time) \(WindowModel.schema.fields.map { WindowModel.cell(row, $0.name) })"
  }
}
