import Foundation
import Testing

/// Joins of a real process: of a stream with itself, over an exchange more on one way than on the
/// other, killed in the middle and started again with other workers.
struct JoinRunTests {
  private static let definition = """
    pipeline pairs
    type Event { id: int, name: string, at: timestamp }
    checkpoint { every: 100ms, keep: 3 }
    source events: Event from file {
      path: "events.jsonl", format: json, event_time: at, lateness: 10s, follow: true
      on_error: fail
    }
    stream even = events | where id % 2 == 0 | dedupe by id within 1s
    stream pairs = events | left join even as o on name within 3s before | map { id, other = o.id }
    stream counts = pairs | window tumbling 10s { rows = count(), found = count(other) }
    sink pairs to file { path: "pairs", format: json }
    sink counts to file { path: "counts", format: json }
    """

  /// Names come again every ten rows, a second apart.
  private static func expected(_ count: Int) -> [String] {
    (0..<count).flatMap { id -> [String] in
      let others = [id - 30, id - 20, id - 10, id].filter { $0 >= 0 && $0 % 2 == 0 }
      if others.isEmpty { return [#"{"id":\#(id),"other":null}"#] }
      return others.map { #"{"id":\#(id),"other":\#($0)}"# }
    }.sorted()
  }

  @Test func `pairs are found once, whatever is killed in between`() throws {
    let count = 6_000
    let lines = Workplace.events(0..<count).split(separator: "\n").map { "\($0)\n" }
    let place = try Workplace()
    try place.write("p.raudal", Self.definition)
    try place.write("events.jsonl", lines[..<2_500].joined())
    let first = try place.start(["--parallelism", "2"])
    let hasRead = first.makes(checkpoint: 3)
    #expect(hasRead, "\(first.errors)")
    first.signal(SIGKILL)
    first.wait(30)

    try place.write("events.jsonl", lines[..<4_000].joined())
    let second = try place.start(["--parallelism", "3"])
    let goesOn = second.makes(checkpoint: 6)
    #expect(goesOn, "\(second.errors)")
    second.signal(SIGTERM)
    #expect(second.wait(30).status == 0, "\(second.errors)")

    try place.write("events.jsonl", lines.joined())
    let rest = try place.run(["--stop-at-end", "--parallelism", "1"])
    #expect(rest.status == 0, "\(rest.errors)")
    let expected = Self.expected(count)
    #expect(try place.lines("pairs").sorted() == expected)
    let counts = try place.lines("counts").joined()
    // A window holds a hundred rows, half of them odd and without a match.
    #expect(counts.contains(#""rows":250,"found":200"#), "\(counts.prefix(400))")
    #expect(!rest.errors.contains("late"), "\(rest.errors)")
  }

  /// Of keys of different types, and in each kind of join.
  private static let kinds = """
    pipeline kinds
    type A { id: int, k: int?, at: timestamp }
    type B { id: string, k: decimal(6, 2), at: timestamp }
    source a: A from memory { event_time: at }
    source b: B from memory { event_time: at }
    stream full = a
      | full join b as o on k within 1s
      | map { id, k, other = o.id, own = o.k }
    stream right = a | right join b as o on k within 1s | map { id, k, other = o.id }
    stream semi = a | semi join b as o on k within 1s | map { id }
    stream anti = a | anti join b as o on k within 1s | map { id, k }
    stream some = a | join b as o on k == o.k and o.id == "x" within 1s | map { n = id, o.* }
    stream twice = a
      | join b as o on k within 1s
      | left join b as p on k within 1s
      | map { a = id, o = o.id, p = p.id }
    stream counted = a | window tumbling 1s by k { n = count() }
    stream others = b | window tumbling 1s by k { m = count() }
    stream windows = counted
      | full join others on k within same window
      | full join others as again on k within same window
      | window tumbling 10s { rows = count(), n = sum(n), m = sum(m), again = sum(again.m) }
    sink full to print
    sink right to print
    sink semi to print
    sink anti to print
    sink some to print
    sink twice to print
    sink windows to print

    test "kinds" {
      given a [
        { id: 1, k: 1, at: "2026-01-01T00:00:00Z" }
        { id: 2, k: 1, at: "2026-01-01T00:00:01Z" }
        { id: 3, k: null, at: "2026-01-01T00:00:01Z" }
        { id: 4, k: 2, at: "2026-01-01T00:00:05Z" }
        { id: 5, k: 1, at: "2026-01-01T00:00:06Z" }
      ]
      given b [
        { id: "x", k: 1.00, at: "2026-01-01T00:00:00Z" }
        { id: "y", k: 1.5, at: "2026-01-01T00:00:00Z" }
        { id: "z", k: 2, at: "2026-01-01T00:00:06Z" }
        { id: "v", k: 2, at: "2026-01-01T00:00:09Z" }
      ]
      expect full [
        { id: 1, k: 1, other: "x", own: 1 }
        { id: 2, k: 1, other: "x", own: 1 }
        { id: 3, k: null, other: null, own: null }
        { id: 4, k: 2, other: "z", own: 2 }
        { id: 5, k: 1, other: null, own: null }
        { id: null, k: 1.5, other: "y", own: 1.5 }
        { id: null, k: 2, other: "v", own: 2 }
      ]
      expect right [
        { id: 1, k: 1, other: "x" }, { id: 2, k: 1, other: "x" }, { id: 4, k: 2, other: "z" }
        { id: null, k: 1.5, other: "y" }, { id: null, k: 2, other: "v" }
      ]
      expect semi [ { id: 1 }, { id: 2 }, { id: 4 } ]
      expect anti [ { id: 3, k: null }, { id: 5, k: 1 } ]
      expect some [ { n: 1, id: "x", k: 1 }, { n: 2, id: "x", k: 1 } ]
      expect twice [
        { a: 1, o: "x", p: "x" }, { a: 2, o: "x", p: "x" }, { a: 4, o: "z", p: "z" }
      ]
      expect windows [ { rows: 8, n: 5, m: 4, again: 4 } ]
    }
    """

  @Test func `each kind gives what it says, run four ways`() throws {
    let place = try Workplace()
    try place.write("p.raudal", Self.kinds)
    let result = try Commands.run(Commands.raudal, ["test", place.path("p.raudal").path])
    #expect(result.status == 0, "\(result.output) \(result.errors)")
  }

  /// Of windows behind joins, folds and other names.
  private static let windows = """
    pipeline windows
    type Event { id: int, u: string, at: timestamp }
    source a: Event from memory { event_time: at }
    source b: Event from memory { event_time: at }
    stream wa = a | window tumbling 1m by u { n = count() }
    stream wb = b | window tumbling 1m by u { m = count() }
    stream joined = wa | join wb on u within same window
    stream best = wa
      | join wb as o on u within same window | top 1 by m desc, u per window_start
      | map { u, m, window_start }
    stream again = joined
      | fold by u expire after 1d { seen: int = 0 } { seen = seen + 1 }
      | join wa as o on u within same window
      | map { u, seen, n, other = o.n }
    stream renamed = joined
      | map { u, m, minute = window_start, until = window_end }
      | left join wa as o on u within same window
      | map { u, m, n = n, minute }
    stream right = wa
      | right join wb on u within same window | top 1 by m desc, u desc per window_start
      | map { u, m, n, window_start }
    stream full = wa
      | rename window_start as minute, window_end as until
      | full join wb on u within same window
      | map { u, minute, until, n, m, other = window_start }
    stream minutes = wa
      | rename window_start as minute, window_end as until
      | right join wb on u within same window
      | top 1 by m desc, u desc per minute
      | map { u, minute, m }
    stream instants = a
      | left join later as o on u within 0s | map { u, id, other = o.id }
    stream later = a | where id > 1
    sink best to print
    sink again to print
    sink renamed to print
    sink right to print
    sink full to print
    sink minutes to print
    sink instants to print

    test "windows" {
      given a [
        { id: 1, u: "x", at: "2026-01-01T00:00:01Z" }
        { id: 2, u: "x", at: "2026-01-01T00:00:02Z" }
        { id: 3, u: "y", at: "2026-01-01T00:00:03Z" }
        { id: 4, u: "x", at: "2026-01-01T00:01:04Z" }
        { id: 5, u: "w", at: "2026-01-01T00:02:01Z" }
      ]
      given b [
        { id: 1, u: "x", at: "2026-01-01T00:00:05Z" }
        { id: 2, u: "y", at: "2026-01-01T00:00:06Z" }
        { id: 3, u: "y", at: "2026-01-01T00:00:07Z" }
        { id: 4, u: "x", at: "2026-01-01T00:01:08Z" }
        { id: 5, u: "z", at: "2026-01-01T00:01:09Z" }
      ]
      expect best [
        { u: "y", m: 2, window_start: "2026-01-01T00:00:00Z" }
        { u: "x", m: 1, window_start: "2026-01-01T00:01:00Z" }
      ]
      expect again [
        { u: "x", seen: 1, n: 2, other: 2 }
        { u: "y", seen: 1, n: 1, other: 1 }
        { u: "x", seen: 2, n: 1, other: 1 }
      ]
      expect renamed [
        { u: "x", m: 1, n: 2, minute: "2026-01-01T00:00:00Z" }
        { u: "y", m: 2, n: 1, minute: "2026-01-01T00:00:00Z" }
        { u: "x", m: 1, n: 1, minute: "2026-01-01T00:01:00Z" }
      ]
      expect right [
        { u: "y", m: 2, n: 1, window_start: "2026-01-01T00:00:00Z" }
        { u: "z", m: 1, n: null, window_start: "2026-01-01T00:01:00Z" }
      ]
      expect full contains [
        { u: "z", minute: "2026-01-01T00:01:00Z", until: "2026-01-01T00:02:00Z", n: null, m: 1,
          other: "2026-01-01T00:01:00Z" }
        { u: "w", minute: "2026-01-01T00:02:00Z", until: "2026-01-01T00:03:00Z", n: 1, m: null,
          other: null }
      ]
      expect minutes [
        { u: "y", minute: "2026-01-01T00:00:00Z", m: 2 }
        { u: "z", minute: "2026-01-01T00:01:00Z", m: 1 }
      ]
      expect instants [
        { u: "x", id: 1, other: null }, { u: "x", id: 2, other: 2 }, { u: "y", id: 3, other: 3 }
        { u: "x", id: 4, other: 4 }, { u: "w", id: 5, other: 5 }
      ]
    }
    """

  /// A join is several steps, and what fails in each is one output.
  private static let errors = """
    pipeline failing
    type Event { id: int, u: string, at: timestamp }
    source a: Event from memory { event_time: at }
    source b: Event from memory { event_time: at }
    stream j = a
      | join b as o on u == o.u and 10 / id > 0 and 10 / o.id > 0 and 10 / (id - o.id) < 0
          within 1h as j1
      | map { id, other = o.id }
    sink j to print

    test "errors" {
      given a [
        { id: 0, u: "left", at: "2026-01-01T00:00:01Z" }
        { id: 1, u: "x", at: "2026-01-01T00:00:02Z" }
      ]
      given b [
        { id: 0, u: "right", at: "2026-01-01T00:00:01Z" }
        { id: 1, u: "x", at: "2026-01-01T00:00:02Z" }
        { id: 2, u: "x", at: "2026-01-01T00:00:03Z" }
      ]
      expect j [ { id: 1, other: 2 } ]
      expect j.j1.errors [ {}, {}, {} ]
      expect j.errors [ {}, {}, {} ]
    }
    """

  /// Rows of a test call columns of the other side as expressions do, whichever they are put out
  /// as; a key is there once.
  private static let names = """
    pipeline named
    type Event { id: int, u: string, at: timestamp }
    type Click { id: int, u: string, page: string, at: timestamp }
    source a: Event from memory { event_time: at }
    source b: Click from memory { event_time: at }
    stream j = a | left join b as v on u within 1h
    sink j to print

    test "names" {
      given a [ { id: 1, u: "x", at: "2026-01-01T00:00:01Z" } ]
      given b [ { id: 2, u: "x", page: "/", at: "2026-01-01T00:00:02Z" } ]
      expect j [ { id: 1, v.id: 2, v.page: "/", page: "/", `v.at`: "2026-01-01T00:00:02Z" } ]
    }
    """

  @Test(arguments: [windows, errors, names])
  func `what stands behind a join is found, run four ways`(_ definition: String) throws {
    let place = try Workplace()
    try place.write("p.raudal", definition)
    let result = try Commands.run(Commands.raudal, ["test", place.path("p.raudal").path])
    #expect(result.status == 0, "\(result.output) \(result.errors)")
  }
}
