import Foundation
import TestKit
import Testing

/// Topics of changes on a real broker, and real processes that are killed while these come, against
/// a computation over what was written.
struct ChangesTopicRunTests {
  private let name = "c\(UUID().uuidString.prefix(8).lowercased())"

  private func child(
    _ place: Workplace, _ options: [String], _ broker: Broker
  ) throws -> Child {
    try Child(
      Commands.raudal,
      ["run", place.path("p.raudal").path, "--state", place.path("state").path] + options,
      environment: ["KAFKA_BROKERS": broker.address])
  }

  private struct Customer {
    var country: String
    var spent: Int?
  }

  /// Changes of some of 300 customers, a fifth of them deletions.
  private static func changes(
    _ count: Int, _ rows: inout [String: Customer], _ random: inout SeededRandom
  ) -> [String] {
    (0..<count).map { _ in
      let id = "u\(random.next() % 300)"
      if random.next() % 5 == 0 {
        rows[id] = nil
        return #"["\#(id)", null]"#
      }
      let customer = Customer(
        country: "c\(random.next() % 7)",
        spent: random.next() % 4 == 0 ? nil : Int(random.next() % 100))
      rows[id] = customer
      let spent = customer.spent.map { "\($0)" } ?? "null"
      return #"["\#(id)", {"id": "\#(id)", "country": "\#(customer.country)", "spent": \#(spent)}]"#
    }
  }

  private static func countries(_ rows: [String: Customer]) -> [String] {
    Dictionary(grouping: rows, by: \.value.country).map { country, rows in
      let spent = rows.reduce(0) { $0 + ($1.value.spent ?? 0) }
      let last = rows.map(\.key).max() ?? ""
      return #"{"country":"\#(country)","n":\#(rows.count),"spent":\#(spent),"last":"\#(last)"}"#
    }.sorted()
  }

  @Test func `a compacted topic is summed up as its newest rows are, through kills`() throws {
    let broker = try Broker.shared()
    let place = try Workplace()
    let input = try ChangesTopic("customers-\(name)", partitions: 3, of: broker)
    let output = try ChangesTopic("countries-\(name)", partitions: 2, of: broker)
    try place.write(
      "p.raudal",
      """
      pipeline \(name)
      type Customer { id: string, country: string, spent: int? }
      checkpoint { every: 200ms, keep: 3 }
      source customers: Customer from kafka {
        brokers: env("KAFKA_BROKERS"), topic: "\(input.name)", updates: upsert, key: id
        on_error: fail
      }
      stream countries = customers
        | aggregate by country { n = count(), spent = sum(spent ?? 0), last = max(id) }
      sink countries to kafka {
        brokers: env("KAFKA_BROKERS"), topic: "\(output.name)", key: country, updates: upsert
      }
      """)
    let seed = UInt64.random(in: 1...1_000_000)
    var random = SeededRandom(seed: seed)
    var rows: [String: Customer] = [:]
    for round in 0..<6 {
      let engine = try child(place, ["--parallelism", "\(1 + round % 3)"], broker)
      let lines = Self.changes(3_000, &rows, &random)
      try input.write(lines, from: place.path("lines"))
      if round % 2 == 1 { #expect(engine.says(" checkpoint "), "seed \(seed): \(engine.errors)") }
      _ = engine.until(Double.random(in: 0...0.8, using: &random)) { false }
      #expect(engine.isRunning, "seed \(seed), round \(round): \(engine.errors)")
      engine.signal(SIGKILL)
      engine.wait()
    }
    // A country whose customers are all gone must go too.
    let left = rows.filter { $0.value.country == "c3" }.keys.sorted()
    for id in left { rows[id] = nil }
    try input.write(left.map { #"["\#($0)", null]"# }, from: place.path("lines"))
    let rest = try child(place, ["--stop-at-end", "--parallelism", "2"], broker).wait(90)
    #expect(rest.status == 0, "seed \(seed): \(rest.errors)")
    let expected = Self.countries(rows)
    #expect(expected.count == 6)
    #expect(try output.newest() == expected, "seed \(seed)")
  }

  /// Changes as a database's connector writes them: `before` of a deletion holds the key alone.
  private static func change(_ id: String, _ row: String?) -> String {
    guard let row else {
      return #"["{\"id\":\"\#(id)\"}", {"before": {"id": "\#(id)"}, "after": null, "op": "d"}]"#
    }
    return
      #"["{\"id\":\"\#(id)\"}", {"before": null, "after": {"id": "\#(id)", \#(row)}, "op": "u"}]"#
  }

  @Test func `a table of changes holds the latest row of each key`() throws {
    let broker = try Broker.shared()
    let place = try Workplace()
    let debts = try ChangesTopic("debts-\(name)", partitions: 2, of: broker)
    try debts.write(
      [
        Self.change("a", #""owed": 1"#), Self.change("b", #""owed": 2"#),
        Self.change("a", #""owed": 3"#), Self.change("b", nil), #"["{\"id\":\"b\"}", null]"#,
        Self.change("c", nil), Self.change("c", #""owed": 4"#),
      ], from: place.path("lines"))
    try place.write("orders.jsonl", ["a", "b", "c"].map { #"{"user":"\#($0)"}"# + "\n" }.joined())
    try place.write(
      "p.raudal",
      """
      pipeline \(name)
      type Debt { id: string, owed: int }
      type Order { user: string }
      source orders: Order from file { path: "orders.jsonl", on_error: fail }
      table debts: Debt key id from kafka {
        brokers: env("KAFKA_BROKERS"), topic: "\(debts.name)", format: debezium, on_error: fail
      }
      stream found = orders | enrich debts on user as d | map { user, d.owed }
      sink found to file { path: "found" }
      """)
    let run = try child(place, ["--stop-at-end"], broker).wait(60)
    #expect(run.status == 0, "\(run.errors)")
    #expect(
      try place.lines("found").sorted() == [
        #"{"user":"a","owed":3}"#, #"{"user":"b","owed":null}"#, #"{"user":"c","owed":4}"#,
      ])
  }

  @Test func `a table of changes holds versions, each from its event time on`() throws {
    let broker = try Broker.shared()
    let place = try Workplace()
    let rates = try ChangesTopic("rates-\(name)", partitions: 1, of: broker)
    let since = { (second: Int) in "\"since\": \"2026-01-01T00:00:\(second)Z\"" }
    try rates.write(
      [
        Self.change("a", #""rate": 1, \#(since(10))"#),
        Self.change("b", #""rate": 5, \#(since(10))"#),
        Self.change("a", #""rate": 2, \#(since(20))"#),
        Self.change("a", #""rate": 3, \#(since(30))"#),
      ], from: place.path("lines"))
    let asked = [15, 20, 29, 30, 40].map { second in
      #"{"id":"a","second":\#(second),"at":"2026-01-01T00:00:\#(second)Z"}"# + "\n"
    }
    try place.write("asked.jsonl", asked.joined())
    try place.write(
      "p.raudal",
      """
      pipeline \(name)
      type Rate { id: string, rate: int, since: timestamp }
      type Question { id: string, second: int, at: timestamp }
      source asked: Question from file { path: "asked.jsonl", event_time: at, on_error: fail }
      table rates: Rate versioned key id from kafka {
        brokers: env("KAFKA_BROKERS"), topic: "\(rates.name)", format: debezium, event_time: since
        on_error: fail
      }
      stream found = asked | enrich rates on id as r as of event_time | map { second, r.rate }
      sink found to file { path: "found" }
      """)
    let run = try child(place, ["--stop-at-end", "--parallelism", "2"], broker).wait(60)
    #expect(run.status == 0, "\(run.errors)")
    #expect(
      try place.lines("found").sorted()
        == [(15, 1), (20, 2), (29, 2), (30, 3), (40, 3)].map {
          #"{"second":\#($0.0),"rate":\#($0.1)}"#
        })
  }
}
