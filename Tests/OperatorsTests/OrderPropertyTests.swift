import Columns
import Foundation
import Plans
import Schemas
import TestKit
import Testing

@testable import Operators

/// Rows that wait for the watermark leave in the order of their tags, each once, over workers,
/// checkpoints and restarts with others.
struct OrderPropertyTests {
  /// `RAUDAL_SEEDS` says how many.
  static let seeds: Range<UInt64> = {
    let wanted = ProcessInfo.processInfo.environment["RAUDAL_SEEDS"].flatMap(UInt64.init) ?? 60
    return 0..<min(wanted, 2_000)
  }()

  private struct Tag: Hashable, Comparable {
    var time: Int64
    var lane: Int64
    var place: Int64

    static func < (a: Tag, b: Tag) -> Bool {
      (a.time, a.lane, a.place) < (b.time, b.lane, b.place)
    }
  }

  private static func tags(_ batches: [Batch]) -> [Tag] {
    batches.flatMap { batch in
      (0..<batch.rowCount).map { row in
        Tag(
          time: batch.hidden.eventTimes?.ints[row] ?? 0, lane: batch.hidden.lanes?.ints[row] ?? 0,
          place: batch.hidden.places?.ints[row] ?? 0)
      }
    }
  }

  @Test(arguments: seeds)
  func `rows leave in order`(seed: UInt64) throws { _ = try Self.halfOut(seed: seed) }

  @Test func `barriers pass rows that are half out`() throws {
    #expect(try (0..<30).reduce(0) { try $0 + Self.halfOut(seed: $1) } > 10)
  }

  /// At how many barriers rows were half out.
  private static func halfOut(seed: UInt64) throws -> Int {
    var random = SeededRandom(seed: seed &* 31 &+ 9)
    let schema = WindowModel.schema
    let isLarge = seed % 10 == 0
    var run = try OrderedChain(
      .union, of: schema, keys: 1, workers: 1 + Int(random.next() % 3),
      scarcity: 1 + random.next() % 4, seed: seed
    ) { try UnionOperator($0, inputs: [schema]) }
    var source = RowSource(partitions: 4, lateness: 8, seed: seed)
    var (expected, late): (Set<Tag>, Int) = ([], 0)
    for round in 0..<20 {
      let fresh = source.rows(
        1 + Int(random.next() % (isLarge ? 6_000 : 40)), step: isLarge ? 500 : 1)
      for row in fresh {
        if row.time < row.watermark { late += 1; continue }
        expected.insert(Tag(time: row.time, lane: Int64(row.partition), place: row.place))
      }
      try run.send(WindowModel.batch(fresh, coded: Bool.random(using: &random)))
      if Bool.random(using: &random) { try run.advance(to: source.watermark) }
      guard random.next() % 3 == 0 else { continue }
      try run.write(try run.snapshot(full: round % 4 == 0))
      if Bool.random(using: &random) { try run.restore(workers: 1 + Int(random.next() % 3)) }
    }
    try run.finish()
    let found = tags(run.results)
    #expect(found.count == expected.count)
    #expect(Set(found) == expected)
    #expect(run.late.reduce(0) { $0 + $1.rowCount } == late)
    var last: [[Cell]: Tag] = [:]
    for (tag, cells) in zip(found, run.results.flatMap(\.cells)) {
      if let before = last[[cells[0]]] { #expect(before < tag) }
      last[[cells[0]]] = tag
    }
    #expect(run.stages.allSatisfy { $0.sumHolds && $0.output.violations == 0 })
    return run.halfOut
  }
}
