import Columns
import Foundation
import Plans
import Schemas
import TestKit
import Testing

@testable import Operators

/// `over` against a model that keeps all rows and looks at each row's frame alone.
struct OverPropertyTests {
  /// `RAUDAL_SEEDS` says how many.
  static let seeds: Range<UInt64> = {
    let wanted = ProcessInfo.processInfo.environment["RAUDAL_SEEDS"].flatMap(UInt64.init) ?? 60
    return 0..<min(wanted, 2_000)
  }()

  private static func frame(_ random: inout SeededRandom) -> OverSpec.Frame {
    Bool.random(using: &random)
      ? .rows([1, 3, 20, .max][Int(random.next() % 4)])
      : .time([1, 5, 30, .max][Int(random.next() % 4)])
  }

  @Test(arguments: seeds)
  func `frames give what the model gives`(seed: UInt64) throws {
    var random = SeededRandom(seed: seed &* 53 &+ 11)
    let schema = WindowModel.schema
    let window = WindowModel.plan(
      .tumbling(size: 1), offset: 0, filtered: Bool.random(using: &random))
    let over = PhysicalOver(
      keys: ["key"], frame: Self.frame(&random), aggregates: window.aggregates)
    let base = TopPropertyTests.bases[Int(random.next() % 3)]
    var run = try OrderedChain(
      .over(over), of: schema, keys: 1, workers: 1 + Int(random.next() % 3),
      scarcity: 1 + random.next() % 4, seed: seed
    ) { try OverOperator($0, over, input: schema, rowLimit: 3) }
    var source = RowSource(partitions: 3, lateness: 8, seed: seed)
    let coded = Bool.random(using: &random)
    // Many or few rows of a time.
    let step: UInt64 = [1, 8][Int(random.next() % 2)]
    func rows(_ count: Int) -> [ModelRow] { source.rows(count, step: step).map { $0.moved(base) } }
    func mark() -> Int64 { source.watermark == .min ? .min : source.watermark + base }
    var all: [ModelRow] = []
    for round in 0..<15 {
      let fresh = rows(1 + Int(random.next() % 30))
      all += fresh
      try run.send(WindowModel.batch(fresh, coded: coded))
      if Bool.random(using: &random) { try run.advance(to: mark()) }
      guard random.next() % 3 == 0 else { continue }
      let snapshots = try run.snapshot(full: round % 4 == 0)
      // Written while others come.
      let kept = (run.results, run.late)
      let more = rows(10)
      all += more
      try run.send(WindowModel.batch(more, coded: coded))
      guard Bool.random(using: &random) else {
        try run.advance(to: mark())
        try run.write(snapshots)
        continue
      }
      try run.write(snapshots)
      (run.results, run.late) = kept
      try run.restore(workers: 1 + Int(random.next() % 3))
      try run.send(WindowModel.batch(more, coded: coded))
    }
    try run.finish()
    compare(run, all, over)
  }

  private func compare(_ run: OrderedChain, _ rows: [ModelRow], _ over: PhysicalOver) {
    let onTime = rows.filter { $0.time >= $0.watermark }
    #expect(run.late.reduce(0) { $0 + $1.rowCount } == rows.count - onTime.count)
    var want: [String] = []
    for group in Dictionary(grouping: onTime, by: \.key).values {
      let rows = group.sorted { $0.tag < $1.tag }
      for (place, row) in rows.enumerated() {
        let frame = Self.frame(of: place, rows, over.frame)
        let isFiltered = over.aggregates.contains { $0.filter != nil }
        let taken = isFiltered ? frame.filter { $0.pass == true } : frame
        let cells = WindowModel.schema.fields.map { WindowModel.cell(row, $0.name) }
        let values = WindowModel.aggregates.map { WindowModel.value($0, taken) }
        want.append("\(row.time) \((cells + values).map(Self.text))")
      }
    }
    let have = run.results.flatMap { batch in
      zip(batch.cells, 0..<batch.rowCount).map { cells, row in
        "\(batch.hidden.eventTimes?.ints[row] ?? 0) \(cells.map(Self.text))"
      }
    }
    #expect(have.count == want.count)
    if let first = zip(have.sorted(), want.sorted()).first(where: { $0 != $1 }) {
      Issue.record("\(first.0) where \(first.1) is expected")
    }
    #expect(run.stages.allSatisfy { $0.sumHolds && $0.output.violations == 0 })
  }

  private static func frame(
    of place: Int, _ rows: [ModelRow], _ frame: OverSpec.Frame
  ) -> [ModelRow] {
    let time = rows[place].time
    return switch frame {
    case .rows(let count): Array(rows[max(0, place - Int(min(count, 1_000)))...place])
    case .time(let length): rows.filter { $0.time <= time && time - $0.time <= length }
    }
  }

  /// Floats to six digits: the model adds in another order.
  private static func text(_ cell: Cell) -> String {
    guard case .float(let value) = cell else { return "\(cell)" }
    return String(format: "%.6g", abs(value) < 1e-7 ? 0 : value * (1 + 1e-9))
  }
}
