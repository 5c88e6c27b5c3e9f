import Columns
import KeyedState
import Plans
import Schemas
import TestKit
import Testing

@testable import Operators

/// What `match` prefers, when it puts matches out, and how far it lets the time go.
struct MatchTests {
  private static let schema = Schema([
    Field("key", .string), Field("n", .int), Field("met", .int),
  ])
  private static let a = MatchPattern.step(0)
  private static let b = MatchPattern.step(1)
  private static let c = MatchPattern.step(2)

  private static func some(
    _ part: MatchPattern, _ least: Int = 1, _ most: Int? = nil, isReluctant: Bool = false
  ) -> MatchPattern {
    .repetition(part, least: least, most: most, isReluctant: isReluctant)
  }

  private static func stage(
    _ pattern: MatchPattern, within span: Int64? = 100, skip: MatchSpec.Skip = .pastLast
  ) throws -> Stage {
    let rows = PhysicalWindow.Aggregate(
      name: "rows", function: "collect", arguments: [.column(schema[1])], filter: nil,
      fieldType: FieldType(.list(FieldType(.int))))
    let match = PhysicalMatch(
      keys: [schema[0]], steps: ["a", "b", "c", "d"], conditions: [], mask: "met",
      pattern: pattern, span: span, skip: skip,
      measures: [PhysicalMatch.Measure(aggregate: rows, step: nil)])
    let plan = PhysicalOperator(
      id: OperatorID("test"), kind: .match(match), inputs: [], schema: match.schema, segment: 0)
    return try Stage(MatchOperator(plan, match, input: schema), output: CollectingOutput())
  }

  /// A row a microsecond; `A` meets a and b.
  private static func send(_ text: String, to stage: Stage, from time: Int64 = 0) throws {
    let met: [Character: Int64] = ["a": 1, "b": 2, "c": 4, "A": 3, "d": 8]
    for (place, letter) in text.enumerated() {
      let now = time + Int64(place)
      let batch = Batch(schema, [[.text("k"), .int(now), .int(met[letter] ?? 0)]])
      batch.hidden.eventTimes = Column(.timestamp, [.int(now)])
      try stage.process(batch)
    }
  }

  /// The rows of each match that came out since, and its time.
  private static func taken(_ stage: Stage) -> [String] {
    stage.output.take().flatMap { batch in
      batch.countedRows.map { row in
        var time = ""
        if case .int(let at)? = batch.hidden.eventTimes?.cell(row) { time = "\(at)" }
        guard case .text(let rows) = batch.columns[3].cell(row) else { return "none" }
        return "\(rows) at \(time)"
      }
    }
  }

  private static func matches(
    _ text: String, _ pattern: MatchPattern, within span: Int64? = 100,
    skip: MatchSpec.Skip = .pastLast
  ) throws -> [String] {
    let stage = try stage(pattern, within: span, skip: skip)
    try send(text, to: stage)
    try stage.watermark(.endOfTime)
    return taken(stage)
  }

  @Test func `a quantifier takes as much as it can, or as little`() throws {
    let greedy = try Self.matches("aab", .sequence([Self.some(Self.a), Self.b]))
    #expect(greedy == ["[0,1,2] at 2"])
    let most = try Self.matches("aaaa", Self.some(Self.a, 1, 3))
    #expect(most == ["[0,1,2] at 2", "[3] at 3"])
    let least = try Self.matches("aaa", Self.some(Self.a, 2, 3, isReluctant: true))
    #expect(least == ["[0,1] at 1"])
    let shared = try Self.matches(
      "AAA", .sequence([Self.some(Self.a, isReluctant: true), Self.some(Self.b, 1, 1)]))
    #expect(shared == ["[0,1] at 1"])
  }

  @Test func `of alternatives the first one that fits is taken, not the longest`() throws {
    let short = MatchPattern.choice([Self.a, .sequence([Self.a, Self.b])])
    #expect(try Self.matches("ab", short) == ["[0] at 0"])
    let long = MatchPattern.choice([.sequence([Self.a, Self.b]), Self.a])
    #expect(try Self.matches("ab", long) == ["[0,1] at 1"])
    #expect(try Self.matches("ac", long) == ["[0] at 0"])
  }

  @Test func `neighbours are neighbours, and a gap has its exclusion`() throws {
    #expect(try Self.matches("acb", .sequence([Self.a, Self.b])) == [])
    let gap = MatchPattern.sequence([Self.a, .gap([2]), Self.b])
    #expect(try Self.matches("adbb", gap) == ["[0,2] at 2"])
    #expect(try Self.matches("acb", gap) == [])
    #expect(try Self.matches("acab", gap) == ["[2,3] at 3"])
  }

  @Test func `a match is out with the row that decides it`() throws {
    let stage = try Self.stage(.sequence([Self.a, Self.b]))
    try Self.send("ab", to: stage)
    #expect(Self.taken(stage) == ["[0,1] at 1"])
    let greedy = try Self.stage(Self.some(Self.a))
    try Self.send("aa", to: greedy)
    #expect(Self.taken(greedy) == [])
    try Self.send("b", to: greedy, from: 2)
    #expect(Self.taken(greedy) == ["[0,1] at 1"])
  }

  @Test func `what must not come is waited for to the end of the time`() throws {
    let pattern = MatchPattern.sequence([Self.a, Self.b, .gap([2])])
    let stage = try Self.stage(pattern, within: 10)
    try Self.send("ab", to: stage)
    try stage.watermark(Timestamp(microseconds: 10))
    #expect(Self.taken(stage) == [])
    try stage.watermark(Timestamp(microseconds: 11))
    #expect(Self.taken(stage) == ["[0,1] at 10"])
    try Self.send("ab", to: stage, from: 20)
    // At the very end it still counts.
    try Self.send("c", to: stage, from: 30)
    try Self.send("ab", to: stage, from: 40)
    try Self.send("c", to: stage, from: 51)
    #expect(Self.taken(stage) == ["[40,41] at 50"])
  }

  @Test func `the last row is within the time, to the microsecond`() throws {
    let pattern = MatchPattern.sequence([Self.a, .gap([2]), Self.b])
    let stage = try Self.stage(pattern, within: 10)
    try Self.send("a", to: stage)
    try Self.send("b", to: stage, from: 10)
    try Self.send("a", to: stage, from: 20)
    try Self.send("b", to: stage, from: 31)
    #expect(Self.taken(stage) == ["[0,10] at 10"])
  }

  @Test func `what must not come before bars the beginning for the time, to its end`() throws {
    let pattern = MatchPattern.sequence([.gap([2]), Self.a, Self.b])
    let stage = try Self.stage(pattern, within: 10)
    try Self.send("cab", to: stage)
    try Self.send("ab", to: stage, from: 10)
    try stage.watermark(Timestamp(microseconds: 11))
    try Self.send("ab", to: stage, from: 11)
    #expect(Self.taken(stage) == ["[11,12] at 12"])
    // A row within a match bars the next one.
    let next = try Self.matches(
      "aacb" + String(repeating: "d", count: 7) + "acab", .sequence([.gap([2]), Self.a, Self.a]),
      within: 8)
    #expect(next == ["[0,1] at 1"])
    let apart = try Self.matches(
      "aac" + String(repeating: "d", count: 8) + "aa", .sequence([.gap([2]), Self.a, Self.a]),
      within: 8)
    #expect(apart == ["[0,1] at 1", "[11,12] at 12"])
  }

  @Test func `the next match is looked for where it is said`() throws {
    let pattern = MatchPattern.sequence([Self.some(Self.a), Self.b])
    let find = { try Self.matches("aab", pattern, skip: $0) }
    #expect(try find(.pastLast) == ["[0,1,2] at 2"])
    #expect(try find(.toNext) == ["[0,1,2] at 2", "[1,2] at 2"])
    // Its last row of a is the first one of a match in the end: then the row behind that.
    #expect(try find(.toLast(0)) == ["[0,1,2] at 2", "[1,2] at 2"])
    #expect(try find(.toFirst(1)) == ["[0,1,2] at 2"])
    // Of a step that the match lacks, from the row behind its first one.
    #expect(try find(.toFirst(2)) == ["[0,1,2] at 2", "[1,2] at 2"])
  }

  @Test func `the time waits behind matches that are not decided`() throws {
    let stage = try Self.stage(.sequence([Self.a, Self.some(Self.b)]), within: 10)
    let op = try #require(stage.op as? MatchOperator)
    try Self.send("a", to: stage)
    try stage.watermark(Timestamp(microseconds: 1))
    // No match has been found yet, so none is behind.
    #expect(op.releasedWatermark == Timestamp(microseconds: 1))
    #expect(!op.holdsRows)
    try Self.send("b", to: stage, from: 2)
    try stage.watermark(Timestamp(microseconds: 5))
    #expect(op.releasedWatermark == Timestamp(microseconds: 2))
    #expect(op.holdsRows)
    try Self.send("b", to: stage, from: 6)
    try stage.watermark(Timestamp(microseconds: 9))
    #expect(op.releasedWatermark == Timestamp(microseconds: 6))
    try stage.watermark(Timestamp(microseconds: 11))
    #expect(Self.taken(stage) == ["[0,2,6] at 6"])
    #expect(op.releasedWatermark == Timestamp(microseconds: 11))
    #expect(!op.holdsRows)
  }

  @Test func `a later row that may begin a shorter match holds the time too`() throws {
    let pattern = MatchPattern.choice([
      .sequence([Self.a, .gap([3]), Self.c]), .sequence([Self.b, Self.b]),
    ])
    let stage = try Self.stage(pattern, within: 10)
    let op = try #require(stage.op as? MatchOperator)
    try Self.send("abb", to: stage)
    try stage.watermark(Timestamp(microseconds: 8))
    #expect(op.releasedWatermark == Timestamp(microseconds: 2))
    try stage.watermark(Timestamp(microseconds: 11))
    #expect(Self.taken(stage) == ["[1,2] at 2"])
    #expect(op.releasedWatermark == Timestamp(microseconds: 11))
  }

  @Test func `a pattern of many states is linear in its rows`() throws {
    // A search that goes back would try 2^40 ways.
    let either = MatchPattern.choice([Self.a, Self.a])
    let pattern = MatchPattern.sequence([
      .repetition(either, least: 40, most: 40, isReluctant: false), Self.c,
    ])
    let text = String(repeating: "a", count: 40) + "b"
    #expect(try Self.matches(text, pattern) == [])
  }
}
