import Columns
import Foundation
import Plans
import Schemas
import TestKit
import Testing

@testable import Operators

/// Session and count windows against a model that keeps all rows and looks at each key's alone.
struct SessionPropertyTests {
  /// `RAUDAL_SEEDS` says how many.
  static let seeds: Range<UInt64> = {
    let wanted = ProcessInfo.processInfo.environment["RAUDAL_SEEDS"].flatMap(UInt64.init) ?? 60
    return 0..<min(wanted, 2_000)
  }()

  private static func kind(_ random: inout SeededRandom, _ isEarly: Bool) -> WindowSpec.Kind {
    switch random.next() % 4 {
    case 0 where !isEarly: .count(1 + Int64(random.next() % 7))
    case 1: .session(gap: 1 + Int64(random.next() % 20), limit: nil)
    default: .session(gap: 1 + Int64(random.next() % 20), limit: 1 + Int64(random.next() % 60))
    }
  }

  @Test(arguments: seeds)
  func `sessions give what the model gives`(seed: UInt64) throws {
    _ = try Self.halfOut(seed: seed)
  }

  @Test(arguments: seeds)
  func `sessions that tell early come to what the model gives`(seed: UInt64) throws {
    _ = try Self.halfOut(seed: seed, isEarly: true)
  }

  @Test func `barriers pass sessions that are half out`() throws {
    #expect(try (0..<30).reduce(0) { try $0 + Self.halfOut(seed: $1) } > 10)
  }

  /// At how many barriers sessions were half out.
  private static func halfOut(seed: UInt64, isEarly: Bool = false) throws -> Int {
    var random = SeededRandom(seed: seed &* 77 &+ 5)
    var window = WindowModel.plan(
      kind(&random, isEarly), offset: 0, filtered: Bool.random(using: &random))
    if isEarly { window.emitEvery = 1 + Int64(random.next() % 20) }
    let coded = Bool.random(using: &random)
    let schema = WindowModel.schema
    var run = try OrderedChain(
      .sessionWindow(window), of: schema, keys: 1, workers: 1 + Int(random.next() % 3),
      scarcity: 1 + random.next() % 4, seed: seed
    ) { [window] plan -> any Operator in
      window.isUpdating
        ? try RefreshingSessionOperator(plan, window, input: schema, rowLimit: 3)
        : try SessionOperator(plan, window, input: schema, rowLimit: 3)
    }
    var source = RowSource(partitions: 3, lateness: 8, seed: seed)
    var rows: [ModelRow] = []
    for round in 0..<20 {
      let fresh = source.rows(1 + Int(random.next() % 30), step: 1)
      rows += fresh
      try run.send(WindowModel.batch(fresh, coded: coded))
      if Bool.random(using: &random) { try run.advance(to: source.watermark) }
      guard random.next() % 3 == 0 else { continue }
      let snapshots = try run.snapshot(full: round % 4 == 0)
      // Written while others come.
      let kept = (run.results, run.late)
      let more = source.rows(10, step: 1)
      try run.send(WindowModel.batch(more, coded: coded))
      guard Bool.random(using: &random) else {
        rows += more
        try run.advance(to: source.watermark)
        try run.write(snapshots)
        continue
      }
      try run.write(snapshots)
      (run.results, run.late) = kept
      try run.restore(workers: 1 + Int(random.next() % 3))
      try run.send(WindowModel.batch(more, coded: coded))
      rows += more
    }
    try run.finish()
    try compare(run, rows, window)
    return run.halfOut
  }

  private static func compare(
    _ run: OrderedChain, _ rows: [ModelRow], _ window: PhysicalWindow
  ) throws {
    let onTime = rows.filter { $0.time >= $0.watermark }
    #expect(run.late.reduce(0) { $0 + $1.rowCount } == rows.count - onTime.count)
    var expected: [(key: Cell, values: [Cell])] = []
    for (key, rows) in Dictionary(grouping: onTime, by: \.key) {
      for part in sessions(rows.sorted { $0.tag < $1.tag }, window.kind) {
        let isFiltered = window.aggregates.contains { $0.filter != nil }
        let taken = isFiltered ? part.rows.filter { $0.pass == true } : part.rows
        let values = WindowModel.aggregates.map { WindowModel.value($0, taken) }
        let times = [Cell.int(part.rows[0].time), .int(part.end)]
        expected.append((key.map { .text($0) } ?? .null, times + values))
      }
    }
    // Windows of one key may have the same times, where they are made of so many rows.
    let order = { (rows: [(key: Cell, values: [Cell])]) in
      rows.map { "\($0.key) \($0.values.map(text))" }.sorted()
    }
    let have = order(left(run.results).map { ($0[0], Array($0[1...])) })
    let want = order(expected)
    #expect(have.count == want.count)
    if let first = zip(have, want).first(where: { $0 != $1 }) {
      Issue.record("\(first.0) where \(first.1) is expected")
    }
    #expect(run.stages.allSatisfy { $0.sumHolds && $0.output.violations == 0 })
  }

  /// The rows that are left when what was told is taken back as it was.
  private static func left(_ batches: [Batch]) -> [[Cell]] {
    var rows: [String: [[Cell]]] = [:]
    for batch in batches {
      for (row, cells) in batch.cells.enumerated() {
        if batch.takesBack(row) {
          if rows["\(cells)"]?.popLast() == nil { Issue.record("\(cells) was not told so") }
        } else {
          rows["\(cells)", default: []].append(cells)
        }
      }
    }
    return rows.values.flatMap { $0 }
  }

  /// Floats to six digits: a merge adds in another order than one row after the other.
  private static func text(_ cell: Cell) -> String {
    guard case .float(let value) = cell else { return "\(cell)" }
    // A little more, so that no value lies between two texts.
    return String(format: "%.6g", abs(value) < 1e-7 ? 0 : value * (1 + 1e-9))
  }

  /// The sessions of one key's rows, which are in order.
  private static func sessions(
    _ rows: [ModelRow], _ kind: WindowSpec.Kind
  ) -> [(rows: [ModelRow], end: Int64)] {
    if case .count(let count) = kind {
      return stride(from: 0, to: rows.count - Int(count) + 1, by: Int(count)).map {
        let part = Array(rows[$0..<$0 + Int(count)])
        return (part, part[part.count - 1].time + 1)
      }
    }
    guard case .session(let gap, let limit) = kind else { return [] }
    var found: [(rows: [ModelRow], end: Int64)] = []
    for row in rows {
      if let last = found.last, row.time < last.end {
        found[found.count - 1].rows.append(row)
      } else {
        found.append(([row], 0))
      }
      let start = found[found.count - 1].rows[0].time
      found[found.count - 1].end = min(row.time + gap, start + (limit ?? .max / 2))
    }
    return found
  }
}
