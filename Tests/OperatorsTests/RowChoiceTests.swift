import Columns
import KeyedState
import Plans
import Schemas
import TestKit
import Testing

@testable import Operators

/// `sample` and `limit` against what a list of rows says.
@Suite("Choosing rows")
struct RowChoiceTests {
  static let schema = Schema([Field("n", .int), Field("t", .string, nullable: true)])

  static func rows(_ range: Range<Int>) -> [[Cell]] {
    range.map { [.int(Int64($0)), $0 % 7 == 0 ? nil : .text("text \($0 % 50)")] }
  }

  static func step(_ kind: PhysicalKind) -> PhysicalOperator {
    PhysicalOperator(
      id: OperatorID("s.step"), kind: kind, inputs: [PhysicalEdge(from: 0)], schema: schema,
      segment: 0)
  }

  /// What an operator makes of the rows, in batches of a size; every third row does not count.
  static func run(
    _ op: any Operator, _ rows: [[Cell]], size: Int, skipping: Bool = false
  ) throws -> [[Cell]] {
    let stage = try Stage(op, output: CollectingOutput())
    for start in stride(from: 0, to: rows.count, by: size) {
      let part = Array(rows[start..<min(rows.count, start + size)])
      let selecting = skipping ? part.indices.filter { ($0 + start) % 3 != 0 } : nil
      try stage.process(Batch(schema, part, selecting: selecting))
    }
    #expect(stage.sumHolds)
    return stage.output.take().flatMap(\.cells)
  }

  static func sample(_ share: Double, _ stage: String = "s.sample") throws -> SampleOperator {
    let spec = SampleSpec(share: share, columns: ["n", "t"], stage: stage)
    return try SampleOperator(step(.sample(spec)), spec, input: schema)
  }

  @Test("A sample keeps the same rows in any order, batch and repetition", arguments: [1, 7, 4096])
  func sampleIsAFunctionOfTheRow(size: Int) throws {
    let rows = Self.rows(0..<5_000)
    let kept = Set(try Self.run(try Self.sample(0.3), rows, size: 4096))
    #expect(abs(kept.count - 1_500) < 150)
    let shuffled = rows.reversed() + rows[..<100]
    let again = try Self.run(try Self.sample(0.3), Array(shuffled), size: size)
    #expect(again == shuffled.filter { kept.contains($0) })
    let some = try Self.run(try Self.sample(0.3), rows, size: size, skipping: true)
    let counted = rows.indices.filter { $0 % 3 != 0 }.map { rows[$0] }
    #expect(some == counted.filter { kept.contains($0) })
  }

  @Test("None, all, and two samples that choose independently")
  func shares() throws {
    let rows = Self.rows(0..<10_000)
    #expect(try Self.run(try Self.sample(0), rows, size: 500).isEmpty)
    #expect(try Self.run(try Self.sample(1), rows, size: 500) == rows)
    let once = try Self.run(try Self.sample(0.5, "s.sample"), rows, size: 500)
    let twice = try Self.run(try Self.sample(0.5, "s.sample.2"), once, size: 500)
    #expect(abs(twice.count - 2_500) < 250)
  }

  @Test("A sample by columns with dictionaries keeps what it keeps of plain ones")
  func dictionaries() throws {
    let cells: [Cell] = (0..<4_000).map { .text("value \($0 % 40)") }
    let spec = SampleSpec(share: 0.5, columns: ["t"], stage: "s")
    let schema = Schema([Field("t", .string, nullable: true)])
    let results = try [Column(.string, cells), Column.dictionary(.string, cells)].map { column in
      let stage = try Stage(
        SampleOperator(Self.step(.sample(spec)), spec, input: schema), output: CollectingOutput())
      try stage.process(Batch(schema: schema, columns: [column], rowCount: column.rowCount))
      return stage.output.take().flatMap(\.cells)
    }
    #expect(results[0] == results[1])
    #expect(!results[0].isEmpty && results[0].count < 4_000)
  }

  @Test("A limit passes on the first rows, whatever the batches", arguments: [1, 2, 99, 100, 101])
  func limit(size: Int) throws {
    let rows = Self.rows(0..<1_000)
    for count: Int64 in [1, 99, 100, 101, 999, 1_000, 1_001] {
      let kept = try Self.run(LimitOperator(limit: count, isGlobal: true), rows, size: size)
      #expect(kept == Array(rows.prefix(Int(count))))
    }
    let counted = rows.indices.filter { $0 % 3 != 0 }.map { rows[$0] }
    let some = try Self.run(
      LimitOperator(limit: 100, isGlobal: false), rows, size: size, skipping: true)
    #expect(some == Array(counted.prefix(100)))
  }

  @Test("A limit goes on counting after a restore, at any number of workers")
  func restored() throws {
    let rows = Self.rows(0..<100)
    let owner = Int(KeyGroup(hash: KeyHasher.ofNothing).number)
    for (before, after) in [(1, 1), (1, 4), (4, 1), (3, 7)] {
      func worker(of workers: Int) -> Int {
        (0..<workers).first { KeyGroup.owned(by: $0, of: workers).contains(owner) } ?? 0
      }
      let store = BlockStore()
      for index in 0..<before {
        let op = LimitOperator(limit: 50, isGlobal: true)
        let context = QuietContext(worker: index, workers: before)
        let stage = try Stage(op, output: CollectingOutput(), context: context)
        if index == worker(of: before) { try stage.process(Batch(Self.schema, Array(rows[..<30]))) }
        try op.snapshot(Epoch(1), full: false)?.write(to: store)
      }
      #expect(store.blocks.count == 1)
      let op = LimitOperator(limit: 50, isGlobal: true)
      let index = worker(of: after)
      let context = QuietContext(worker: index, workers: after)
      try op.restore(from: store.reader(worker: index, of: after))
      let stage = try Stage(op, output: CollectingOutput(), context: context)
      try stage.process(Batch(Self.schema, Array(rows[30...])))
      #expect(stage.output.take().flatMap(\.cells) == Array(rows[30..<50]))
      let lower = LimitOperator(limit: 10, isGlobal: true)
      try lower.restore(from: store.reader(worker: index, of: after))
      #expect(try Self.run(lower, rows, size: 10).isEmpty)
    }
  }
}
