import Columns
import KeyedState
import Plans
import Schemas
import TestKit
import Testing

@testable import Operators

/// When `attribute` gives credit, what a checkpoint amid that holds, and what is let go.
struct AttributionTests {
  private static let schema = Schema([
    Field("key", .string, nullable: true), Field("$touch", .int),
    Field("$value", .int, nullable: true), Field("c", .int, nullable: true),
    Field("t", .int, nullable: true),
  ])
  private static let result = Schema([
    Field("c", .int), Field("t", .int, nullable: true), Field("credit", .int, nullable: true),
  ])

  private static func stage(
    _ model: AttributionModel, within spans: [Int64] = [100], scarcity: UInt64 = 1
  ) throws -> (stage: Stage, op: AttributionOperator) {
    let attribution = PhysicalAttribution(
      keys: ["key"], mask: "$touch", lookBacks: spans, windows: "", model: model,
      columns: [
        PhysicalAttribution.Column("c", isOfTouch: false),
        PhysicalAttribution.Column("t", isOfTouch: true),
      ])
    let plan = PhysicalOperator(
      id: OperatorID("test"), kind: .attribute(attribution), inputs: [], schema: result,
      segment: 0)
    let op = try AttributionOperator(plan, attribution, input: schema, rowLimit: 3)
    return (try Stage(op, output: CollectingOutput(scarcity: scarcity)), op)
  }

  private static func rows(_ cells: [[Cell]], _ times: [Int64]) -> Batch {
    let batch = Batch(schema, cells)
    batch.hidden.eventTimes = Column(.timestamp, times.map { .int($0) })
    batch.hidden.lanes = Column(.int, times.map { _ in .int(0) })
    batch.hidden.places = Column(.int, times.indices.map { .int(Int64($0)) })
    return batch
  }

  private static func touch(_ number: Int64, mask: Int64 = 1) -> [Cell] {
    [.text("k"), .int(mask), .null, .null, .int(number)]
  }

  private static func conversion(_ number: Int64, _ value: Int64?) -> [Cell] {
    [.text("k"), .int(0), value.map { .int($0) } ?? .null, .int(number), .null]
  }

  private static func lines(_ stage: Stage) -> [String] {
    stage.output.take().flatMap(\.cells).map { "\($0)" }
  }

  private static func line(_ conversion: Int64, _ touch: Int64?, _ credit: Int64?) -> String {
    let cells: [Cell] = [
      .int(conversion), touch.map { .int($0) } ?? .null, credit.map { .int($0) } ?? .null,
    ]
    return "\(cells)"
  }

  @Test func `a conversion waits for the touches of its instant`() throws {
    let (stage, op) = try Self.stage(.linear)
    try stage.process(Self.rows([Self.touch(1), Self.conversion(1, 10)], [5, 7]))
    try stage.watermark(Timestamp(microseconds: 7))
    #expect(Self.lines(stage) == [])
    #expect(op.holdsRows && !op.hasMore)
    try stage.process(Self.rows([Self.touch(2)], [7]))
    try stage.watermark(Timestamp(microseconds: 8))
    #expect(Self.lines(stage) == [Self.line(1, 1, 5), Self.line(1, 2, 5)])
    #expect(!op.holdsRows)
    #expect(op.releasedWatermark == Timestamp(microseconds: 8))
  }

  @Test func `both ends of a look-back count`() throws {
    let (stage, _) = try Self.stage(.last, within: [10])
    try stage.process(Self.rows([Self.touch(1), Self.conversion(1, 3)], [0, 10]))
    try stage.process(Self.rows([Self.conversion(2, 4)], [11]))
    try stage.watermark(.endOfTime)
    #expect(Self.lines(stage) == [Self.line(1, 1, 3), Self.line(2, nil, 4)])
  }

  @Test func `the first look-back that sees a touch counts`() throws {
    let (stage, _) = try Self.stage(.last, within: [10, 100])
    // A view, a click, and another view; a conversion while the click counts, and one behind.
    let cells = [
      Self.touch(1, mask: 2), Self.touch(2), Self.touch(3, mask: 2), Self.conversion(1, 5),
      Self.conversion(2, 6), Self.conversion(3, 7),
    ]
    try stage.process(Self.rows(cells, [0, 5, 6, 15, 16, 107]))
    try stage.watermark(.endOfTime)
    #expect(
      Self.lines(stage) == [Self.line(1, 2, 5), Self.line(2, 3, 6), Self.line(3, nil, 7)])
  }

  @Test func `shares sum to the value, of refunds and of nothing too`() throws {
    let (stage, _) = try Self.stage(.linear)
    let touches = (1...3).map { Self.touch($0) }
    let conversions = [
      Self.conversion(1, 11), Self.conversion(2, -10), Self.conversion(3, 0),
      Self.conversion(4, nil), Self.conversion(5, .min),
    ]
    try stage.process(Self.rows(touches + conversions, [0, 1, 2, 3, 4, 5, 6, 7]))
    try stage.watermark(.endOfTime)
    let third = Int64.min / 3
    #expect(
      Self.lines(stage) == [
        Self.line(1, 1, 4), Self.line(1, 2, 4), Self.line(1, 3, 3), Self.line(2, 1, -4),
        Self.line(2, 2, -3), Self.line(2, 3, -3), Self.line(3, 1, 0), Self.line(3, 2, 0),
        Self.line(3, 3, 0), Self.line(4, 1, nil), Self.line(4, 2, nil), Self.line(4, 3, nil),
        Self.line(5, 1, third - 1), Self.line(5, 2, third - 1), Self.line(5, 3, third),
      ])
  }

  @Test func `credited rows have tags of their own, however many partitions there are`() throws {
    let (stage, _) = try Self.stage(.linear)
    let count: Int64 = 600
    let conversions = (0..<count).map { Self.conversion($0, 10) }
    let batch = Self.rows(
      [Self.touch(1), Self.touch(2)] + conversions, [0, 0] + conversions.map { _ in 5 })
    let lanes = (0..<count).map { OrderTag.lane(source: 0, topicHash: 7, partition: Int32($0)) }
    batch.hidden.lanes = Column(.int, ([0, 0] + lanes).map { .int($0) })
    batch.hidden.places = Column(.int, [.int(0), .int(1)] + lanes.map { _ in .int(7) })
    try stage.process(batch)
    try stage.watermark(.endOfTime)
    while stage.hasMore { try stage.release() }
    var tags: [[Int64]] = []
    for rows in stage.output.take() {
      let hidden = rows.hidden
      for row in 0..<rows.rowCount {
        tags.append([hidden.lanes?.ints[row] ?? -1, hidden.places?.ints[row] ?? -1])
      }
    }
    #expect(tags.count == Int(count) * 2)
    #expect(Set(tags).count == tags.count)
    #expect(zip(tags, tags.dropFirst()).allSatisfy { $0[0] < $1[0] || $0[1] < $1[1] })
  }

  @Test func `a barrier passes a conversion that is half out`() throws {
    let (stage, op) = try Self.stage(.linear, scarcity: 1_000_000)
    let touches = (1...10).map { Self.touch($0) }
    try stage.process(
      Self.rows(touches + [Self.conversion(1, 10), Self.conversion(2, 20)], Array(0..<12)))
    try stage.watermark(Timestamp(microseconds: 50))
    try stage.release()
    let before = Self.lines(stage)
    #expect(before.count > 2 && before.count < 10)
    try stage.barrier(Epoch(1))
    #expect(Self.lines(stage) == [])
    let store = BlockStore()
    try #require(op.snapshot(Epoch(1), full: false)).write(to: store)

    let (next, restored) = try Self.stage(.linear)
    try restored.restore(from: store.reader(worker: 0, of: 1))
    try next.watermark(Timestamp(microseconds: 50))
    while next.hasMore { try next.release() }
    let all = (1...10).map { Self.line(1, $0, 1) } + (1...10).map { Self.line(2, $0, 2) }
    #expect(before + Self.lines(next) == all)

    // And once more from a checkpoint of what was restored.
    let (_, again) = try Self.stage(.linear)
    try again.restore(from: store.reader(worker: 0, of: 1))
    let second = BlockStore()
    try #require(again.snapshot(Epoch(2), full: false)).write(to: second)
    let (last, third) = try Self.stage(.linear)
    try third.restore(from: second.reader(worker: 0, of: 1))
    try last.watermark(Timestamp(microseconds: 50))
    while last.hasMore { try last.release() }
    #expect(before + Self.lines(last) == all)
  }

  @Test func `what was begun ends by the model that it began with`() throws {
    let (stage, op) = try Self.stage(.linear, scarcity: 1_000_000)
    let touches = (1...10).map { Self.touch($0) }
    try stage.process(
      Self.rows(touches + [Self.conversion(1, 10), Self.conversion(2, 20)], Array(0..<12)))
    try stage.watermark(Timestamp(microseconds: 50))
    let before = Self.lines(stage)
    #expect(before.count > 1 && before.count < 10)
    let store = BlockStore()
    try #require(op.snapshot(Epoch(1), full: true)).write(to: store)
    let (next, restored) = try Self.stage(.last)
    try restored.restore(from: store.reader(worker: 0, of: 1))
    try next.watermark(.endOfTime)
    while next.hasMore { try next.release() }
    #expect(
      before + Self.lines(next) == (1...10).map { Self.line(1, $0, 1) } + [Self.line(2, 10, 20)])
  }

  @Test func `touches go when no look-back sees them any more`() throws {
    let attribution = AttributionShape(
      row: Self.schema, keyCount: 1, mask: 1, value: 2, lookBacks: [10, 1_000], model: .linear,
      columns: [.conversion(3), .touch(4)], result: Self.result, parameters: "")
    let store = AttributionStore(attribution)
    for number in 0..<Int64(20_000) {
      // Every hundredth is seen by the second look-back alone, every tenth by both.
      let mask: Int64 = number % 100 == 0 ? 2 : number % 10 == 0 ? 3 : 1
      let cells: [Cell] = [
        .text("k\(number)"), .int(mask), .null, .null, .int(number),
      ]
      store.add(Self.rows([cells], [number]))
      store.advance(to: Timestamp(microseconds: number))
      while store.hasWork { _ = store.next(limit: 100) }
    }
    #expect(store.touchCount > 100 && store.touchCount < 130)
    #expect(store.keyCount == store.touchCount)
    store.advance(to: Timestamp(microseconds: 30_000))
    while store.hasWork { _ = store.next(limit: 100) }
    #expect(store.touchCount == 0 && store.keyCount == 0)
  }

  @Test func `a touch of a short look-back goes though a long one of its key is kept`() throws {
    let attribution = AttributionShape(
      row: Self.schema, keyCount: 1, mask: 1, value: 2, lookBacks: [10_000, 10], model: .linear,
      columns: [.conversion(3), .touch(4)], result: Self.result, parameters: "")
    let store = AttributionStore(attribution)
    let masks: [Int64] = [1] + Array(repeating: 2, count: 200)
    store.add(
      Self.rows(
        masks.indices.map { Self.touch(Int64($0), mask: masks[$0]) }, masks.indices.map(Int64.init))
    )
    store.advance(to: Timestamp(microseconds: 1_000))
    while store.hasWork { _ = store.next(limit: 100) }
    #expect(store.touchCount == 1 && store.keyCount == 1)
  }
}
