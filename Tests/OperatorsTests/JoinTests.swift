import Columns
import KeyedState
import Plans
import Schemas
import TestKit
import Testing

@testable import Operators

/// What joins hold, and for how long.
struct JoinTests {
  private static func rows(
    _ side: Int, _ count: Int, from number: Int64 = 0, time: (Int64) -> Int64
  ) -> Batch {
    JoinModel.batch(
      (0..<Int64(count)).map { row in
        JoinRow(
          side: side, keys: ["hot", 1], number: number + row, text: nil, time: time(row),
          mark: .min, place: number + row)
      }, side, coded: false)
  }

  private static func stage(_ model: JoinModel, scarcity: UInt64) throws -> Stage {
    let step = PhysicalOperator(
      id: OperatorID("j"), kind: .join(model.plan), inputs: [], schema: model.result, segment: 0)
    let op = try JoinOperator(step, model.plan, inputs: [JoinModel.left, JoinModel.right])
    return try Stage(op, output: CollectingOutput(scarcity: scarcity))
  }

  private static func count(_ stage: Stage, full: Bool) throws -> Int {
    let store = BlockStore()
    try stage.op.snapshot(Epoch(1), full: full)?.write(to: store)
    return store.blocks.filter { ["left", "right"].contains($0.state) }
      .reduce(0) { $0 + $1.rows.rowCount }
  }

  /// 4,000 rows of a key that meet 20,000 have 80 million pairs.
  @Test func `A barrier waits for the matches of one row and no more`() throws {
    let model = JoinModel(kind: .inner, before: 1_000_000, after: 1_000_000, keys: 1)
    let stage = try Self.stage(model, scarcity: .max)
    for part in 0..<5 {
      try stage.process(Self.rows(1, 4_000, from: Int64(part) * 4_000) { $0 }, input: 1)
    }
    try stage.process(Self.rows(0, 4_000, from: 100_000) { $0 })
    let holder = try #require(stage.op as? any HoldingOperator)
    var pairs = stage.output.take().reduce(0) { $0 + $1.rowCount }
    #expect(pairs == Batch.rowLimit)
    #expect(holder.holdsRows && holder.hasMore && holder.isFull)
    try stage.watermark(.endOfTime)
    #expect(holder.releasedWatermark == .beginning)
    try stage.barrier(Epoch(1))
    pairs += stage.output.take().reduce(0) { $0 + $1.rowCount }
    #expect(pairs == 20_000 || pairs == 40_000)
    #expect(holder.holdsRows)
    #expect(try Self.count(stage, full: true) == 24_000)
  }

  @Test func `A match is looked for once of a row that needs but one`() throws {
    let model = JoinModel(kind: .semi, before: 1_000_000, after: 1_000_000, keys: 1)
    let stage = try Self.stage(model, scarcity: 1)
    for part in 0..<25 {
      let number = Int64(part) * 4_000
      try stage.process(Self.rows(0, 4_000, from: number) { $0 })
    }
    // Each of these meets 100,000 rows, all of which but those that the first met are done with.
    for part in 0..<25 {
      try stage.process(Self.rows(1, 4_000, from: 1_000_000 + Int64(part) * 4_000) { $0 }, input: 1)
      while let holder = stage.op as? any HoldingOperator, holder.hasMore { try stage.release() }
    }
    #expect(stage.output.take().reduce(0) { $0 + $1.rowCount } == 100_000)
  }

  @Test(arguments: [JoinSpec.Kind.inner, .left, .full, .anti])
  func `Rows go when time is past what they could match`(_ kind: JoinSpec.Kind) throws {
    let model = JoinModel(kind: kind, before: 1_000, after: 0, keys: 1)
    let stage = try Self.stage(model, scarcity: 1)
    for round in 0..<Int64(100) {
      let start = round * 100
      try stage.process(Self.rows(0, 200, from: start * 2) { start + $0 / 2 })
      try stage.process(Self.rows(1, 200, from: 100_000 + start * 2) { start + $0 / 2 }, input: 1)
      try stage.watermark(Timestamp(microseconds: start))
      while let holder = stage.op as? any HoldingOperator, holder.hasMore { try stage.release() }
      _ = stage.output.take()
      // The right side's of the interval and a quarter more, the left side's of a part of it; of
      // each as many as make a pane that may be longer.
      #expect(try Self.count(stage, full: true) <= 2_000 + 500 + 500 + 400 + 2 * 256)
    }
    #expect(try Self.count(stage, full: false) == 0)
    try stage.watermark(.endOfTime)
    #expect(try Self.count(stage, full: true) == 0)
    let holder = try #require(stage.op as? any HoldingOperator)
    #expect(holder.releasedWatermark == .endOfTime && !holder.holdsRows)
  }
}
