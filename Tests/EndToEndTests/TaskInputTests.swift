import Foundation
import TestKit
import Testing

/// Rows of which no task can be made, or none that anybody wants: each comes out as failed, with
/// the reason, and none is in the way of the others.
struct TaskInputTests {
  private static let rows: [(what: String, row: String, reason: String)] = [
    ("a good one", #"{"id":0,"url":"URL/do/ok","to":"a@b.example"}"#, ""),
    ("no such host", #"{"id":1,"url":"http://no.such.host.invalid/","to":"a"}"#, "no.such.host"),
    ("another scheme", #"{"id":2,"url":"ftp://files/","to":"a"}"#, "begins with neither"),
    ("no address", #"{"id":3,"url":null,"to":"a"}"#, "is null"),
    ("nobody there", #"{"id":4,"url":"http://127.0.0.1:9/","to":"a"}"#, "127.0.0.1"),
    ("no value for the template", #"{"id":5,"url":"URL/do/ok"}"#, "`to` is null"),
    ("an unknown tenant", #"{"id":6,"url":"URL/do/404","to":"a"}"#, "404"),
    ("a line end in a header", #"{"id":7,"url":"URL/do/ok","to":"a\r\nx: y"}"#, "line end"),
    ("100 MB that nobody takes", #"{"id":8,"url":"URL/do/413","to":"a","text":"LONG"}"#, "413"),
    ("no address at all", #"{"id":9,"url":"","to":"a"}"#, "begins with neither"),
    ("an address of rubbish", #"{"id":10,"url":"http://[::zz","to":"a"}"#, "[::zz"),
    ("a good one again", #"{"id":11,"url":"URL/do/ok","to":"a@b.example"}"#, ""),
  ]
  private static let good = [0, 11]

  private static let definition = #"""
    pipeline links
    type Link { id: int, url: string?, to: string?, text: string? }
    source links: Link from file {
      path: "in.jsonl", event_time: arrival, max_record: 200000000
    }
    task hook using http {
      url: url
      headers: { "x-to": "<\(to)>" }
      body: { text: text }
      idempotency_key: id
      timeout: 5m, retry: { attempts: 2, backoff: 10ms }
    }
    stream outcomes = links | execute hook as r
    stream told = outcomes.failed | map { id, r.error, r.attempts }
    sink outcomes to file { path: "done", format: json }
    sink told to file { path: "failed", format: json }
    """#

  private struct Outcome: Decodable {
    var id: Int
    var error: String?
    var attempts: Int?
  }

  @Test func `what can't be done comes out as failed with its reason`() throws {
    let (server, place) = (try TaskServer(), try Workplace())
    let long = String(repeating: "x", count: 100_000_000)
    let lines = Self.rows.map {
      $0.row.replacing("URL", with: server.url).replacing("LONG", with: long) + "\n"
    }
    try place.write("in.jsonl", lines.joined())
    try place.write("p.raudal", Self.definition)
    let run = try place.run(["--stop-at-end", "--parallelism", "2"])
    #expect(run.status == 0, "\(run.errors)")
    #expect(try place.lines("done").count == Self.good.count)
    let decoder = JSONDecoder()
    let failed = try place.lines("failed").map {
      try decoder.decode(Outcome.self, from: Data($0.utf8))
    }
    #expect(failed.map(\.id).sorted() == Self.rows.indices.filter { !Self.good.contains($0) })
    for outcome in failed where Self.rows.indices.contains(outcome.id) {
      let (what, _, reason) = Self.rows[outcome.id]
      let error = outcome.error ?? ""
      #expect(!error.isEmpty && error.contains(reason), "\(what): \(error)")
    }
    #expect(try server.account().done.keys.sorted() == Self.good.map { "\($0)" })
  }
}
