import Columns
import Foundation
import Plans
import Schemas
import TestKit
import Testing

@testable import Operators

/// `top` against a model that keeps all rows and sorts each group.
struct TopPropertyTests {
  /// `RAUDAL_SEEDS` says how many.
  static let seeds: Range<UInt64> = {
    let wanted = ProcessInfo.processInfo.environment["RAUDAL_SEEDS"].flatMap(UInt64.init) ?? 100
    return 0..<min(wanted, 2_000)
  }()

  /// Years 1653, 1970 and 9999.
  static let bases: [Int64] = [0, -10_000_000_000_000_000, 253_402_300_000_000_000]

  static func top(_ random: inout SeededRandom) -> PhysicalTop {
    let columns = ["i", "f", "d", "s", "b"].shuffled(using: &random)
    let orders = columns.prefix(1 + Int(random.next() % 2)).map {
      PhysicalTop.Order(column: $0, isDescending: Bool.random(using: &random))
    }
    return PhysicalTop(
      count: [1, 2, 3, 50][Int(random.next() % 4)], withTies: Bool.random(using: &random),
      orders: orders, per: ["key"], ties: WindowModel.schema.fields.map(\.name),
      rank: Bool.random(using: &random) ? "place" : nil)
  }

  @Test(arguments: seeds)
  func `top keeps what the model keeps`(seed: UInt64) throws {
    var random = SeededRandom(seed: seed &* 31 &+ 7)
    let top = Self.top(&random)
    let base = Self.bases[Int(random.next() % 3)]
    var run = try TopRun(
      top, of: WindowModel.schema, workers: 1 + Int(random.next() % 3),
      scarcity: 1 + random.next() % 4, seed: seed)
    var source = RowSource(partitions: 3, lateness: 8, seed: seed)
    let coded = Bool.random(using: &random)
    // Many or few rows of a time.
    let step: UInt64 = [1, 8, 40][Int(random.next() % 3)]
    func rows(_ count: Int) -> [ModelRow] { source.rows(count, step: step).map { $0.moved(base) } }
    func mark() -> Int64 { source.watermark == .min ? .min : source.watermark + base }
    var all: [ModelRow] = []
    for round in 0..<20 {
      let fresh = rows(1 + Int(random.next() % 40))
      all += fresh
      try run.send(fresh, coded: coded)
      if Bool.random(using: &random) { try run.advance(to: mark()) }
      guard random.next() % 3 == 0 else { continue }
      let snapshots = try run.snapshot(full: round % 4 == 0)
      // Written while others come.
      let kept = (run.results, run.late)
      let more = rows(10)
      all += more
      try run.send(more, coded: coded)
      try run.write(snapshots)
      guard Bool.random(using: &random) else {
        try run.advance(to: mark())
        continue
      }
      (run.results, run.late) = kept
      try run.restore(workers: 1 + Int(random.next() % 3))
      try run.send(more, coded: coded)
    }
    try run.finish()
    try compare(run, all)
  }

  private func compare(_ run: TopRun, _ rows: [ModelRow]) throws {
    let onTime = rows.filter { $0.time >= $0.watermark }
    #expect(run.late == rows.count - onTime.count)
    var want: [String] = []
    for group in Dictionary(grouping: onTime, by: { "\($0.time) \($0.key ?? "null")" }).values {
      want += Self.best(group, run.top).map { Self.text($0.time, $0.cells) }
    }
    var have: [String] = []
    for batches in run.results {
      let times = batches.flatMap { batch in
        (0..<batch.rowCount).map { batch.hidden.eventTimes?.ints[$0] ?? 0 }
      }
      #expect(times == times.sorted())
      have += zip(times, batches.flatMap(\.cells)).map { Self.text($0, $1) }
    }
    (have, want) = (have.sorted(), want.sorted())
    #expect(have.count == want.count)
    if let first = zip(have, want).first(where: { $0 != $1 }) {
      Issue.record("\(first.0) where \(first.1) is expected")
    }
    #expect(run.stages.allSatisfy { $0.sumHolds && $0.output.violations == 0 })
  }

  static func best(_ rows: [ModelRow], _ top: PhysicalTop) -> [(time: Int64, cells: [Cell])] {
    let sorted = rows.sorted { a, b in
      let order = Self.order(a, b, top.orders)
      let ties = top.ties.map { PhysicalTop.Order(column: $0, isDescending: false) }
      return order != 0 ? order < 0 : Self.order(a, b, ties) < 0
    }
    var kept: [(row: ModelRow, rank: Int)] = []
    for (place, row) in sorted.enumerated() {
      let isBeside = place > 0 && Self.order(sorted[place - 1], row, top.orders) == 0
      let rank = top.withTies && isBeside ? kept.last?.rank ?? 0 : place + 1
      guard top.withTies ? rank <= top.count : place < top.count else { break }
      kept.append((row, rank))
    }
    return kept.map { row, rank in
      let cells = WindowModel.schema.fields.map { WindowModel.cell(row, $0.name) }
      return (row.time, cells + (top.rank == nil ? [] : [.int(Int64(rank))]))
    }
  }

  private static func order(_ a: ModelRow, _ b: ModelRow, _ by: [PhysicalTop.Order]) -> Int {
    for order in by {
      let (x, y) = (
        plain(WindowModel.cell(a, order.column)), plain(WindowModel.cell(b, order.column))
      )
      if x == y { continue }
      let isLess = x == .null || (y != .null && precedes(x, y))
      return isLess != order.isDescending ? -1 : 1
    }
    return 0
  }

  private static func precedes(_ a: Cell, _ b: Cell) -> Bool {
    switch (a, b) {
    case (.bool(let x), .bool(let y)): !x && y
    case (.int(let x), .int(let y)): x < y
    case (.float(let x), .float(let y)): x < y
    case (.decimal(let x, _), .decimal(let y, _)): x < y
    case (.text(let x), .text(let y)): Array(x.utf8).lexicographicallyPrecedes(Array(y.utf8))
    default: false
    }
  }

  /// There is one zero.
  private static func plain(_ cell: Cell) -> Cell {
    if case .float(let value) = cell, value == 0 { .float(0) } else { cell }
  }

  private static func text(_ time: Int64, _ cells: [Cell]) -> String {
    "\(time) \(cells.map(plain))"
  }
}

extension ModelRow {
  /// The row at another time.
  func moved(_ base: Int64) -> ModelRow {
    var row = self
    row.time += base
    if watermark > .min { row.watermark += base }
    return row
  }
}
