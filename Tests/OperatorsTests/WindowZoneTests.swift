import Columns
import KeyedState
import Plans
import Schemas
import TestKit
import Testing

@testable import Operators

/// Windows that follow a zone's clock over the days when it is put forward and back.
struct WindowZoneTests {
  private static let hour: Int64 = 3_600_000_000
  private static let schema = Schema([Field("n", .int)])
  /// 2026-03-29T01:00Z, when Madrid's clocks are put forward.
  private static let forward: Int64 = 1_774_746_000_000_000
  /// 2026-10-25T01:00Z, when they are put back.
  private static let back: Int64 = 1_792_890_000_000_000

  private static func window(_ kind: WindowSpec.Kind, zone: String) -> PhysicalWindow {
    PhysicalWindow(
      kind: kind, offset: 0, zone: zone, keys: [],
      aggregates: [
        PhysicalWindow.Aggregate(
          name: "n", function: "count", arguments: [], filter: nil, fieldType: FieldType(.int))
      ])
  }

  /// Both phases; a watermark between them for every one of `watermarks`. Start, end, count.
  private static func run(
    _ kind: WindowSpec.Kind, zone: String = "Europe/Madrid", rows: [Int64],
    watermarks: [Int64] = []
  ) throws -> [[Int64]] {
    let window = window(kind, zone: zone)
    let local = try StatelessTests.stage(
      StatelessTests.step(.localWindow(window), window.partialSchema), inputs: [schema])
    let global = try StatelessTests.stage(
      StatelessTests.step(.globalWindow(window), window.resultSchema),
      inputs: [window.partialSchema])
    var result: [[Int64]] = []
    func advance(to time: Timestamp) throws {
      try local.watermark(time)
      for partial in local.output.take() { try global.process(partial) }
      try global.watermark(time)
      while let held = global.op as? any HoldingOperator, held.hasMore { try global.release() }
      for batch in global.output.take() {
        for row in 0..<batch.rowCount { result.append(batch.columns.map { $0.ints[row] }) }
      }
    }
    let batch = Batch(schema, rows.map { _ in [1] })
    batch.hidden.eventTimes = Column(.timestamp, rows.map { Cell.int($0) })
    try local.process(batch)
    for watermark in watermarks { try advance(to: Timestamp(microseconds: watermark)) }
    let before = result
    try advance(to: .endOfTime)
    return watermarks.isEmpty ? result : before
  }

  @Test func `A day is 23 hours where clocks go forward and 25 where they go back`() throws {
    let (spring, autumn) = (Self.forward, Self.back)
    let rows = [
      spring - 2 * Self.hour, spring - 1, spring, spring + 21 * Self.hour - 1,
      spring + 21 * Self.hour, autumn - 3 * Self.hour, autumn, autumn + 22 * Self.hour - 1,
    ]
    let found = try Self.run(.tumbling(size: 24 * Self.hour), rows: rows)
    #expect(
      found == [
        [spring - 2 * Self.hour, spring + 21 * Self.hour, 4],
        [spring + 21 * Self.hour, spring + 45 * Self.hour, 1],
        [autumn - 3 * Self.hour, autumn + 22 * Self.hour, 3],
      ])
  }

  @Test func `A day closes at midnight of its own clock`() throws {
    let midnight = Self.back + 22 * Self.hour
    let day = WindowSpec.Kind.tumbling(size: 24 * Self.hour)
    #expect(try Self.run(day, rows: [Self.back], watermarks: [midnight - 1]) == [])
    #expect(try Self.run(day, rows: [Self.back], watermarks: [midnight]).count == 1)
  }

  @Test func `An hour that a clock shows twice is one window, closed after the second`() throws {
    let hour = WindowSpec.Kind.tumbling(size: Self.hour)
    let rows = [Self.back - Self.hour, Self.back + 1]
    let end = Self.back + Self.hour
    #expect(try Self.run(hour, rows: rows) == [[Self.back - Self.hour, end, 2]])
    #expect(try Self.run(hour, rows: rows, watermarks: [end - 1]) == [])
    let before = try Self.run(
      hour, rows: [Self.back - 2 * Self.hour], watermarks: [Self.back - Self.hour])
    #expect(before == [[Self.back - 2 * Self.hour, Self.back - Self.hour, 1]])
  }

  @Test(arguments: [
    WindowSpec.Kind.tumbling(size: 900_000_000), .tumbling(size: 6 * hour),
    .tumbling(size: 168 * hour), .hopping(size: 24 * hour, slide: 6 * hour),
    .hopping(size: hour, slide: 1_200_000_000),
  ])
  func `Every row is in the windows that its clock says`(_ kind: WindowSpec.Kind) throws {
    let rules = try #require(TimeZoneRules.named("Europe/Madrid"))
    let (size, slide) =
      switch kind {
      case .tumbling(let size): (size, size)
      case .hopping(let size, let slide): (size, slide)
      default: (1, 1)
      }
    var random = SeededRandom(seed: 11)
    let rows = (0..<300).map { index -> Int64 in
      let change = index % 2 == 0 ? Self.forward : Self.back
      return change + Int64(random.next() % 172_800) * 1_000_000 - 24 * Self.hour
    }
    var expected: [Int64: Int64] = [:]
    for row in rows {
      let shown = rules.local(row)
      var start = shown - shown % slide
      while start + size > shown {
        // Of windows that begin in the hour that is left out, the last one stands for all.
        let isSkipped =
          rules.firstMoment(ofLocal: start) == rules.firstMoment(ofLocal: start + slide)
        if !isSkipped { expected[start, default: 0] += 1 }
        start -= slide
      }
    }
    let found = try Self.run(kind, rows: rows)
    #expect(found.map { $0[2] } == expected.sorted { $0.key < $1.key }.map(\.value))
    #expect(Set(found.map { $0[0] }).count == found.count)
    for row in rows {
      let holding = found.filter { $0[0] <= row && row < $0[1] }.count
      let isBehindTheChange = row >= Self.forward && row < Self.forward + size
      #expect(isBehindTheChange ? holding >= 1 : holding >= Int(size / slide))
    }
  }

  @Test func `Windows that begin in the hour that is left out are one`() throws {
    let kind = WindowSpec.Kind.hopping(size: 2 * Self.hour, slide: Self.hour)
    let rows = [-50, 10, 70].map { Self.forward + $0 * 60_000_000 }
    #expect(
      try Self.run(kind, rows: rows) == [
        [Self.forward - 2 * Self.hour, Self.forward, 1],
        [Self.forward - Self.hour, Self.forward, 1],
        [Self.forward, Self.forward + 2 * Self.hour, 2],
        [Self.forward + Self.hour, Self.forward + 3 * Self.hour, 1],
      ])
  }

  @Test func `Cumulative windows that end in the hour that is left out are one`() throws {
    let kind = WindowSpec.Kind.cumulative(size: 24 * Self.hour, step: Self.hour)
    let begin = Self.forward - 2 * Self.hour
    let found = try Self.run(kind, rows: [Self.forward - 1, Self.forward])
    #expect(found.allSatisfy { $0[0] == begin })
    #expect(found.map { $0[1] } == (2...23).map { begin + $0 * Self.hour })
    #expect(found.map { $0[2] } == [1] + Array(repeating: 2, count: 21))
  }

  @Test func `A zone that there is not is told at start`() {
    #expect(throws: OperatorError.self) {
      try Self.run(.tumbling(size: Self.hour), zone: "Europe/Nowhere", rows: [])
    }
  }
}
