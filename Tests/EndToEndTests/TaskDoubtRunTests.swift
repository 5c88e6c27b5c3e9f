import Foundation
import TestKit
import Testing

/// Tasks of which a real process asks a server whether they were done.
@Suite(.serialized)
struct TaskDoubtRunTests {
  private static func definition(_ port: UInt16, _ options: String) -> String {
    #"""
    pipeline doubtful
    type Request { id: int, what: string }
    checkpoint { every: 300ms, keep: 3 }
    source requests: Request from file { path: "in.jsonl", event_time: arrival, on_error: fail }
    task call using http {
      url: "http://127.0.0.1:\#(port)/do/\(what)"
      headers: { authorization: "Bearer \(what)" }
      body: { id: id }
      idempotency_key: id
      in_doubt: verify
      verify: { url: "http://127.0.0.1:\#(port)/asked?id=\(id)" }
      response: { key: string from "id", auth: string }
      \#(options)
    }
    stream outcomes = requests | execute call as r
      | map { id, what, r.status, r.attempts, r.first_error, r.key, r.auth }
    sink outcomes to file { path: "done", format: json }
    sink outcomes.failed to file { path: "failed", format: json }
    """#
  }

  @Test func `behind a kill the server is asked, and what it has done is not sent again`() throws {
    let server = try TaskServer()
    let place = try Workplace()
    try place.write(
      "in.jsonl", (0..<40).map { #"{"id":\#($0),"what":"late2000"}"# + "\n" }.joined())
    try place.write("p.raudal", Self.definition(server.port, "concurrency: 10"))
    let run = try place.start(["--stop-at-end"])
    var calls = 0
    for _ in 0..<200 where calls < 10 {
      usleep(50_000)
      calls = try server.account().calls
    }
    run.signal(SIGKILL)
    run.wait(30)
    let last = try place.run(["--stop-at-end", "--parallelism", "2"])
    #expect(last.status == 0, "\(last.errors)")
    #expect(try place.lines("failed").isEmpty)
    let done = try place.lines("done")
    #expect(done.count == 40)
    let account = try server.account()
    #expect(account.calls == 40 && account.again.isEmpty && account.asked > 0)
    // The question goes with the headers of the task, and its answer has the columns.
    #expect(done.contains { $0.contains(#""auth":"Bearer late2000""#) })
    #expect((0..<40).allSatisfy { id in done.contains { $0.contains(#""key":"\#(id)""#) } })
  }

  @Test func `what ends without an answer is asked for, and sent again only where it was not done`()
    throws
  {
    let server = try TaskServer()
    let place = try Workplace()
    let kinds = ["ok", "cut", "hangx1", "late5000", "resetx1"]
    try place.write(
      "in.jsonl",
      (0..<50).map { #"{"id":\#($0),"what":"\#(kinds[$0 % 5])"}"# + "\n" }.joined())
    try place.write(
      "p.raudal",
      Self.definition(
        server.port,
        "timeout: 1s, retry: { attempts: 4, backoff: exponential(5ms, max: 50ms), on: [503] }"))
    let run = try place.run(["--stop-at-end"])
    #expect(run.status == 0, "\(run.errors)")
    #expect(try place.lines("failed").isEmpty)
    #expect(try place.lines("done").count == 50)
    let account = try server.account()
    #expect(account.done.count == 50 && account.done.values.allSatisfy { $0 == 1 })
    #expect(account.asked == 40 && account.calls == 70)
  }

  @Test func `a bound that follows the server ends where the server has room`() throws {
    let server = try TaskServer()
    let place = try Workplace()
    try place.write(
      "in.jsonl", (0..<2_000).map { #"{"id":\#($0),"what":"room10-20"}"# + "\n" }.joined())
    try place.write(
      "p.raudal",
      Self.definition(
        server.port,
        """
        concurrency: adaptive(2, max: 30)
        retry: { attempts: 50, backoff: exponential(5ms, max: 50ms), on: [503] }
        """))
    let run = try place.run(["--stop-at-end", "--parallelism", "2"])
    #expect(run.status == 0, "\(run.errors)")
    #expect(try place.lines("done").count == 2_000)
    let account = try server.account()
    #expect((8...15).contains(account.most), "\(account.most)")
  }
}
