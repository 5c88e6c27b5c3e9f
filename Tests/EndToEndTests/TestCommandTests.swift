import Foundation
import Testing

/// `raudal test`: what it runs, and what it says where a test fails.
struct TestCommandTests {
  private static let head = """
    pipeline counted
    type Event { id: int, name: string, at: timestamp }
    source events: Event from file { path: "in.jsonl", event_time: at, on_error: skip }
    """

  private static let stages = """

    stream big = events | where id > 1 | with { twice = id * 2 } on_error skip
    stream counts = events | window tumbling 10s by name { n = count() }
    sink counts to print
    sink big to print

    """

  private func test(_ tests: String, head: String = head, old: String = "") throws
    -> Commands.Result
  {
    let place = try Workplace()
    try place.write("p.raudal", head + Self.stages + tests)
    if !old.isEmpty { try place.write("old.raudal", old) }
    return try Commands.run(Commands.raudal, ["test", place.path("p.raudal").path])
  }

  private static let given = """
    given events [
      { id: 1, name: "a", at: "2026-01-01T00:00:01Z" }
      { id: 2, name: "a", at: "2026-01-01T00:00:02Z" }
      { id: 3, name: "b", at: "2026-01-01T00:00:12Z" }
    ]

    """

  @Test func `a test says times of a response as it says all times`() throws {
    let place = try Workplace()
    try place.write(
      "p.raudal",
      #"""
      pipeline sent
      type Event { id: int, at: timestamp }
      source events: Event from memory { event_time: at }
      task send using http {
        url: "https://x.example/", body: { id: id }, idempotency_key: id
        response: { sent: timestamp as epoch_millis from "sent_at", day: date from "d" }
      }
      stream outcomes = events | execute send as r | map { id, r.sent, r.day, r.error }
      sink outcomes to memory
      test "when it was sent" {
        given send responds { response: { sent: "2026-03-01T10:00:00.5Z", day: "2026-03-01" } }
        given events [ { id: 1, at: "2026-03-01T09:00:00Z" } ]
        expect outcomes [
          { id: 1, sent: "2026-03-01T10:00:00.5Z", day: "2026-03-01", error: null }
        ]
      }
      """#)
    let result = try Commands.run(Commands.raudal, ["test", place.path("p.raudal").path])
    #expect(result.status == 0, "\(result.output)\(result.errors)")
  }

  @Test func `where a test gives no answer of a model nulls may be expected`() throws {
    let place = try Workplace()
    try place.write(
      "p.raudal",
      #"""
      pipeline tones
      type Event { id: int, text: string, at: timestamp }
      source events: Event from memory { event_time: at }
      model tone using openai {
        url: "http://localhost/v1", model: "small", prompt: "Which tone? \(text)"
        input: { text: string }, output: { tone: string in ["good", "bad"] }
      }
      stream found = events | infer tone(text) as t | map { id, t.tone, t.version }
      sink found to memory
      test "tones" {
        given tone [ { text: "a", tone: "good" } ]
        given events [
          { id: 1, text: "a", at: "2026-03-01T09:00:00Z" }
          { id: 2, text: "b", at: "2026-03-01T09:00:00Z" }
        ]
        expect found [
          { id: 1, tone: "good", version: "given" }
          { id: 2, tone: null, version: null }
        ]
      }
      """#)
    let result = try Commands.run(Commands.raudal, ["test", place.path("p.raudal").path])
    #expect(result.status == 0, "\(result.output)\(result.errors)")
  }

  @Test func `a task waits for its time in virtual time, also where a table is given first`() throws
  {
    let place = try Workplace()
    try place.write(
      "p.raudal",
      #"""
      pipeline sent
      type Event { id: int, due: timestamp, at: timestamp }
      type Person { id: int, name: string }
      source events: Event from memory { event_time: at }
      table people: Person key id from memory
      task send using http {
        url: "https://x.example/\(name)", idempotency_key: id, at: due, rate: 1/m
      }
      stream outcomes = events | enrich people on id required | execute send as r
      sink outcomes to memory
      test "not yet" {
        given people [ { id: 1, name: "a" } ]
        given events [ { id: 1, due: "2026-03-01T10:00:00Z", at: "2026-03-01T00:00:00Z" } ]
        expect outcomes []
        then hold
      }
      test "hours later" {
        given people [ { id: 1, name: "a" }, { id: 2, name: "b" } ]
        given events [
          { id: 1, due: "2026-03-01T02:00:00Z", at: "2026-03-01T00:00:00Z" }
          { id: 2, due: "2026-03-01T01:00:00Z", at: "2026-03-01T00:00:00Z" }
        ]
        expect outcomes [ { id: 1 }, { id: 2 } ]
      }
      """#)
    let result = try Commands.run(Commands.raudal, ["test", place.path("p.raudal").path])
    #expect(result.status == 0, "\(result.output)\(result.errors)")
  }

  @Test func `a rate that a table of a file says bounds calls`() throws {
    let place = try Workplace()
    try place.write(
      "p.raudal",
      #"""
      pipeline slow
      type Call { id: int, tenant: string, at: timestamp }
      type Bound { tenant: string, state: string?, rate: float? }
      source calls: Call from file { path: "in.jsonl", event_time: at, on_error: fail }
      table bounds: Bound key tenant from file { path: "bounds.csv" }
      task call using http { url: "http://localhost:1/", idempotency_key: id }
      stream done = calls | execute call as c steered by bounds on tenant
      stream seconds = done | window tumbling 1s { n = count() }
      sink seconds to print
      test "one a second" {
        given bounds [ { tenant: "a", state: "running", rate: 1.0 } ]
        given calls [
          { id: 1, tenant: "a", at: "2026-03-01T00:00:00Z" }
          { id: 2, tenant: "a", at: "2026-03-01T00:00:00Z" }
          { id: 3, tenant: "a", at: "2026-03-01T00:00:00Z" }
        ]
        expect seconds [ { n: 1 }, { n: 1 }, { n: 1 } ]
      }
      """#)
    let result = try Commands.run(Commands.raudal, ["test", place.path("p.raudal").path])
    #expect(result.status == 0, "\(result.output)\(result.errors)")
  }

  /// Of a topic, where nothing but the record says when it was.
  private static let clicks = """
    pipeline clicked
    type Click { id: int }
    source clicks: Click from kafka {
      brokers: "localhost:1", topic: "t", format: json, event_time: meta.timestamp
    }
    stream seen = clicks | map {
      id, at = meta.timestamp, user = meta.key, part = meta.partition, tenant = meta.headers.tenant
    }
    stream counts = clicks | window tumbling 10s by key = meta.key { n = count() }
    sink seen to print

    """

  @Test func `a row says its record's timestamp, key, partition and headers`() throws {
    let row = { (id: Int, second: String, more: String) in
      #"{ id: \#(id), meta: { timestamp: "2026-01-01T00:00:\#(second)Z"\#(more) } }"#
    }
    let rows = [
      row(1, "01", #", key: "a", partition: 3, headers: { tenant: "x" }"#),
      row(2, "11", #", key: "a""#), row(3, "12", ""),
    ].joined(separator: "\n")
    let place = try Workplace()
    let test = { (count: Int) in
      """
      sink counts to print
      test "records" {
        given clicks [ \(rows) ]
        expect seen [
          { id: 1, at: "2026-01-01T00:00:01Z", user: "a", part: 3, tenant: "x" }
          { id: 2, at: "2026-01-01T00:00:11Z", user: "a", part: 0, tenant: null }
          { id: 3, at: "2026-01-01T00:00:12Z", user: null, part: 0, tenant: null }
        ]
        expect counts [
          { key: "a", window_start: "2026-01-01T00:00:00Z", n: \(count) }
          { key: "a", window_start: "2026-01-01T00:00:10Z", n: 1 }
          { key: null, window_start: "2026-01-01T00:00:10Z", n: 1 }
        ]
      }
      """
    }
    try place.write("p.raudal", Self.clicks + test(1))
    let result = try Commands.run(Commands.raudal, ["test", place.path("p.raudal").path])
    #expect(result.status == 0, "\(result.output)\(result.errors)")
    try place.write("p.raudal", Self.clicks + test(2))
    let wrong = try Commands.run(Commands.raudal, ["test", place.path("p.raudal").path])
    #expect(wrong.status == 1)
    #expect(wrong.output.contains("≠"), "\(wrong.output)\(wrong.errors)")
  }

  @Test func `records are numbered on, from one given to the next and over a crash`() throws {
    let head = """
      pipeline counted
      type Event { id: int, name: string, at: timestamp }
      source events: Event from kafka {
        brokers: "localhost:1", topic: "t", format: json, event_time: at, on_error: skip
      }
      stream numbered = events | map { id, number = meta.offset }
      sink numbered to print

      """
    let row = { (id: Int) in "{ id: \(id), name: \"a\", at: \"2026-01-01T00:00:0\(id)Z\" }" }
    let result = try test(
      """
      test "numbers" {
        given events [ \(row(1)), \(row(2)) ]
        given events [ \(row(3)) ]
        expect numbered [ { id: 1, number: 0 }, { id: 2, number: 1 }, { id: 3, number: 2 } ]
      }
      """, head: head)
    #expect(result.status == 0, "\(result.output)\(result.errors)")
  }

  @Test func `expected and actual rows stand side by side, with what differs marked`() throws {
    let result = try test(
      """
      test "wrong" {
        \(Self.given)
        expect counts [ { name: "a", n: 3 }, { name: "b", n: 1 }, { name: "c" } ]
        expect big ordered [ { id: 2, twice: 5 } ]
      }
      """)
    #expect(result.status == 1)
    for line in [
      "✘ wrong (parallelism 1)", "`counts`: 2 rows came, 3 were expected; 1 matches",
      #"    "a"   3  │ "a"   ≠ 2"#, #"    "c"      │ –"#,
      "`big`: 2 rows came, 1 was expected in this order; none matches",
      "    2   5     │ 2   ≠ 4",
      "    –         │ 3   6", "0 passed, 1 failed",
    ] {
      #expect(result.output.contains(line + "\n"), "\(line) in \(result.output)")
    }
  }

  @Test func `the counts of rows are told as a sentence`() throws {
    let result = try test(
      """
      test "nothing" {
        \(Self.given)
        expect counts []
        expect counts contains [ { n: 2 }, { n: 1 }, { n: 7 } ]
        expect big ordered [ { id: 3 }, { id: 2 } ]
        expect events.errors [ { stage: "events" } ]
      }
      """)
    for line in [
      "`counts`: 2 rows came, 0 were expected",
      "`counts`: 2 rows came, 3 were expected among them; 2 match",
      "`big`: 2 rows came, 2 were expected in this order; none matches",
      "`events.errors`: 0 rows came, 1 was expected",
    ] {
      #expect(result.output.contains(line + "\n"), "\(line) in \(result.output)")
    }
  }

  @Test func `a row that names little leaves what fits alone to one that names more`() throws {
    let result = try test(
      """
      test "either" {
        \(Self.given)
        expect big [ { twice: 4 }, { name: "b" } ]
        expect events [ { name: "a" }, { id: 1 }, { id: 3 } ]
      }
      """)
    #expect(result.status == 0, "\(result.output)")
  }

  @Test func `a test that holds says how far its time came`() throws {
    let result = try test(
      """
      test "open" {
        given events [ { id: 1, name: "a", at: "2026-01-01T00:00:01Z" } ]
        then hold
        expect counts [ { name: "a", n: 1 } ]
      }
      """)
    let line = "  event time of `events` at the end: 2026-01-01T00:00:01Z\n"
    #expect(result.output.contains(line), "\(result.output)")
  }

  @Test func `a test that fails says how many rows came too late`() throws {
    let result = try test(
      """
      test "late" {
        given events [
          { id: 1, name: "a", at: "2026-01-01T00:00:01Z" }
          { id: 2, name: "b", at: "2026-01-01T00:05:00Z" }
        ]
        given events [
          { id: 3, name: "a", at: "2026-01-01T00:00:02Z" }
          { id: 4, name: "a", at: "2026-01-01T00:00:03Z" }
        ]
        expect counts [ { name: "a", n: 3 }, { name: "b", n: 1 } ]
      }
      """)
    let line = "  2 rows came too late for `counts`: see `expect counts.late`\n"
    #expect(result.output.contains(line), "\(result.output)")
  }

  @Test func `state of an older definition is gone on with`() throws {
    let old =
      Self.head + """

        stream counts = events | where id > 0 | window tumbling 10s by name { n = count() }
        sink counts to print
        """
    let steps = """
      test "upgraded" {
        given events [ { id: 1, name: "a", at: "2026-01-01T00:00:01Z" } ]
        then upgrade from "old.raudal"
        given events [ { id: 2, name: "a", at: "2026-01-01T00:00:02Z" } ]
        expect counts [ { name: "a", n: 2 } ]
        expect big [ { id: 2 } ]
      }
      """
    let fine = try test(steps, old: old)
    #expect(fine.status == 0, "\(fine.output)\(fine.errors)")
    // State that the new definition has no place for is not dropped in silence.
    let other = try test(steps, old: old.replacing("stream counts", with: "stream other"))
    #expect(other.status == 1)
    #expect(other.errors.contains("`counts`"), "\(other.output)\(other.errors)")
    let renamed = try test(
      steps, old: old.replacing("tumbling 10s by name", with: "tumbling 10s by name, id"))
    #expect(renamed.status == 1)
    #expect(renamed.output.contains("✘ upgraded"), "\(renamed.output)\(renamed.errors)")
    let retyped = try test(
      steps,
      old: old.replacing("id: int", with: "id: string").replacing("id > 0", with: "id != \"\""))
    #expect(retyped.output.contains("reads `events.id` as string"), "\(retyped.output)")
  }
}
