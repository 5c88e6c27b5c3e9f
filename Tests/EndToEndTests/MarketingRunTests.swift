import Foundation
import Testing

/// `attribute` and `frequency_cap` of a real process, killed in the middle and started again with
/// other workers, against a computation of the same over all rows at once.
struct MarketingRunTests {
  private static let definition = """
    pipeline marketing
    type Event { id: int, name: string, at: timestamp }
    checkpoint { every: 100ms, keep: 3 }
    source events: Event from file {
      path: "events.jsonl", format: json, event_time: at, lateness: 1m, follow: true
      on_error: fail
    }
    stream touches = events | where id % 3 == 0 | dedupe by id within 1s
    stream conversions = events | where id % 7 == 3
    stream credits = conversions
      | attribute touches as touch on name
        within 30s where touch.id % 4 == 0 else within 20s by linear of 10 * (id - 3000) as credit
      | map { id, touch = touch.id, credit }
    stream newest = conversions
      | attribute touches as touch on name within 30s by last of id as credit
      | map { id, touch = touch.id, credit }
    stream sums = credits | window tumbling 1m { rows = count(), credit = sum(credit) }
    stream capped = events | frequency_cap 2 per 3s, 3 per 7s by name | map { id }
    sink credits to file { path: "credits", format: json }
    sink newest to file { path: "newest", format: json }
    sink sums to file { path: "sums", format: json }
    sink capped to file { path: "capped", format: json }
    sink capped.capped to file { path: "refused", format: json }
    """

  /// Rows out of order by up to fifty seconds; of one name there is one in a second.
  private func rows() -> [String] {
    let lines = Workplace.events(0..<6_000).split(separator: "\n").map { "\($0)\n" }
    return stride(from: 0, to: lines.count, by: 500).flatMap {
      lines[$0..<$0 + 500].reversed()
    }
  }

  /// Touches of a name that came at most so many seconds before a row.
  private static func touches(of id: Int, within seconds: Int) -> [Int] {
    (0...seconds).reversed().map { id - 10 * $0 }.filter { $0 >= 0 && $0 % 3 == 0 }
  }

  private static var credits: [String] {
    (0..<6_000).filter { $0 % 7 == 3 }.flatMap { id -> [String] in
      let value = 10 * (id - 3_000)
      let clicks = touches(of: id, within: 30).filter { $0 % 4 == 0 }
      let seen = clicks.isEmpty ? touches(of: id, within: 20) : clicks
      if seen.isEmpty { return [#"{"id":\#(id),"touch":null,"credit":\#(value)}"#] }
      let (share, rest) = abs(value).quotientAndRemainder(dividingBy: seen.count)
      return seen.enumerated().map { place, touch in
        let credit = (share + (place < rest ? 1 : 0)) * value.signum()
        return #"{"id":\#(id),"touch":\#(touch),"credit":\#(credit)}"#
      }
    }.sorted()
  }

  private static var newest: [String] {
    (0..<6_000).filter { $0 % 7 == 3 }.map { id in
      let last = touches(of: id, within: 30).last.map { "\($0)" } ?? "null"
      return #"{"id":\#(id),"touch":\#(last),"credit":\#(id)}"#
    }.sorted()
  }

  /// Of each name two of three rows may pass in three seconds, and three of seven.
  private static var passed: Set<Int> {
    var passed: Set<Int> = []
    for id in 0..<6_000 {
      let before = (1..<7).map { id - 10 * $0 }.filter(passed.contains)
      let near = before.filter { $0 > id - 30 }
      if near.count < 2, before.count < 3 { passed.insert(id) }
    }
    return passed
  }

  @Test func `a killed run gives what all rows at once give`() throws {
    let rows = rows()
    let place = try Workplace()
    try place.write("p.raudal", Self.definition)
    try place.write("events.jsonl", rows[..<2_345].joined())
    let engine = try place.start(["--parallelism", "2"])
    let hasRead = engine.makes(checkpoint: 2)
    #expect(hasRead, "\(engine.errors)")
    engine.signal(SIGKILL)
    _ = engine.wait(30)
    try place.write("events.jsonl", rows[..<4_000].joined())
    let second = try place.start(["--parallelism", "3"])
    let goesOn = second.makes(checkpoint: 5)
    #expect(goesOn, "\(second.errors)")
    second.signal(SIGTERM)
    #expect(second.wait(30).status == 0, "\(second.errors)")
    try place.write("events.jsonl", rows.joined())
    let rest = try place.run(["--stop-at-end", "--parallelism", "1"])
    #expect(rest.status == 0, "\(rest.errors)")

    #expect(try place.lines("credits").sorted() == Self.credits)
    #expect(try place.lines("newest").sorted() == Self.newest)
    let all = (0..<6_000).map { #"{"id":\#($0)}"# }
    let passed = Self.passed
    #expect(try place.lines("capped").sorted() == passed.map { all[$0] }.sorted())
    let refused = try place.lines("refused").map { String($0.prefix { $0 != "," }) + "}" }
    #expect(
      refused.sorted() == (0..<6_000).filter { !passed.contains($0) }.map { all[$0] }.sorted())
    // Windows behind it are whole: their sums are those of the credits, which are those of values.
    let sums = try place.lines("sums").map { try Self.number("credit", $0) }
    let values = (0..<6_000).filter { $0 % 7 == 3 }.map { 10 * ($0 - 3_000) }
    #expect(sums.reduce(0, +) == values.reduce(0, +))
    #expect(!rest.errors.contains("late"), "\(rest.errors)")
  }

  /// Keys of different types and of null, refunds, rows that are late and rows that fail.
  private static let kinds = """
    pipeline kinds
    type Touch { id: int, k: int?, kind: int, at: timestamp }
    type Sale { id: string, k: decimal(6, 2)?, amount: decimal(20, 2)?, items: int, at: timestamp }
    source touches: Touch from memory { event_time: at }
    source sales: Sale from memory { event_time: at }
    stream linear = sales
      | attribute touches as t on k within 10s by linear of amount as credit
      | map { id, touch = t.id, credit }
    stream first = sales
      | attribute touches as t on k == t.k and items == t.kind within 10s by first of items as credit
      | map { id, touch = t.id, credit }
    stream part = sales
      | attribute touches as t on k within 10s where 6 / t.kind > 2
          by position(first: 75%, last: 25%) of cast(items as float) as credit as p
      | where t.id is not null
      | map { id, touch = t.id, credit }
    sink linear to print
    sink first to print
    sink part to print

    test "kinds" {
      given touches [
        { id: 1, k: 1, kind: 1, at: "2026-01-01T00:00:00Z" }
        { id: 2, k: null, kind: 1, at: "2026-01-01T00:00:01Z" }
        { id: 3, k: 1, kind: 2, at: "2026-01-01T00:00:05Z" }
        { id: 9, k: 1, kind: 2, at: "2026-01-01T00:00:04Z" }
        { id: 4, k: 1, kind: 0, at: "2026-01-01T00:00:10Z" }
        { id: 5, k: 2, kind: 3, at: "2026-01-01T00:00:10Z" }
      ]
      given sales [
        { id: "a", k: 1.00, amount: 123456789012345678.91, items: 1, at: "2026-01-01T00:00:10Z" }
        { id: "b", k: 1, amount: -0.02, items: 2, at: "2026-01-01T00:00:10Z" }
        { id: "c", k: null, amount: 5, items: 3, at: "2026-01-01T00:00:10Z" }
        { id: "d", k: 2, amount: null, items: 4, at: "2026-01-01T00:00:10Z" }
        { id: "late", k: 1, amount: 1, items: 1, at: "2026-01-01T00:00:09Z" }
        { id: "e", k: 1.5, amount: 7, items: 5, at: "2026-01-01T00:00:11Z" }
        { id: "f", k: 2, amount: 7, items: 3, at: "2026-01-01T00:00:20Z" }
      ]
      expect linear [
        { id: "a", touch: 1, credit: 41152263004115226.31 }
        { id: "a", touch: 3, credit: 41152263004115226.30 }
        { id: "a", touch: 4, credit: 41152263004115226.30 }
        { id: "b", touch: 1, credit: -0.01 }
        { id: "b", touch: 3, credit: -0.01 }
        { id: "b", touch: 4, credit: 0 }
        { id: "c", touch: null, credit: 5 }
        { id: "d", touch: 5, credit: null }
        { id: "e", touch: null, credit: 7 }
        { id: "f", touch: 5, credit: 7 }
      ]
      expect linear.late [ { id: "late" } ]
      expect first [
        { id: "a", touch: 1, credit: 1 }
        { id: "b", touch: 3, credit: 2 }
        { id: "c", touch: null, credit: 3 }
        { id: "d", touch: null, credit: 4 }
        { id: "e", touch: null, credit: 5 }
        { id: "f", touch: 5, credit: 3 }
      ]
      expect part [
        { id: "a", touch: 1, credit: 0.75e0 }
        { id: "a", touch: 3, credit: 0.25e0 }
        { id: "b", touch: 1, credit: 1.5e0 }
        { id: "b", touch: 3, credit: 0.5e0 }
      ]
      expect part.p.errors [ {} ]
    }
    """

  @Test func `keys, refunds and rows that are late or fail, run four ways`() throws {
    let place = try Workplace()
    try place.write("p.raudal", Self.kinds)
    let result = try Commands.run(Commands.raudal, ["test", place.path("p.raudal").path])
    #expect(result.status == 0, "\(result.output) \(result.errors)")
  }

  private static func number(_ name: String, _ line: String) throws -> Int {
    let object = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
    return try #require(object?[name] as? Int)
  }
}
