import Foundation
import TestKit
import Testing

/// A tenant with very many tasks beside some with few, at a server that takes so many a second.
struct TaskFairnessTests {
  private static let (many, tenants, few, rate) =
    Commands.isLong ? (1_000_000, 100, 100, 1_000) : (20_000, 20, 50, 400)

  private static func definition(_ port: UInt16) -> String {
    #"""
    pipeline fair
    type Request { id: int, tenant: int }
    source requests: Request from file { path: "in.jsonl", event_time: arrival, on_error: fail }
    task call using http {
      url: "http://127.0.0.1:\#(port)/do/ok"
      headers: { "x-tenant": "\(tenant)" }
      idempotency_key: id, rate: \#(rate)/s, concurrency: 50, fair_by: tenant
    }
    stream outcomes = requests | execute call as r
    sink outcomes to file { path: "done", format: json }
    """#
  }

  /// At a fixed rate calls are time, on a busy machine too: alone, the tenants with few tasks need
  /// as many as they have.
  @Test func `tenants with few tasks need at most twice as long beside one with very many`()
    throws
  {
    let (server, place) = (try TaskServer(), try Workplace())
    let rows = (0..<Self.many + Self.tenants * Self.few).map { id in
      let tenant = id < Self.many ? 0 : 1 + id % Self.tenants
      return #"{"id":\#(id),"tenant":\#(tenant)}"# + "\n"
    }
    try place.write("in.jsonl", rows.joined())
    try place.write("p.raudal", Self.definition(server.port))
    let run = try place.start(["--parallelism", "2", "--stop-at-end"])
    var turns: [[Int]] = []
    // The big tenant's tasks are not waited for.
    _ = run.until(300) {
      guard let account = try? server.account() else { return false }
      let ended = account.done.keys.count { (Int($0) ?? 0) >= Self.many }
      guard ended == Self.tenants * Self.few else { return false }
      turns = (1...Self.tenants).compactMap { account.turns["\($0)"] }
      return true
    }
    run.signal(SIGKILL)
    run.wait(30)
    let first = try #require(turns.compactMap(\.first).min(), "\(run.errors)")
    let last = try #require(turns.compactMap(\.last).max())
    #expect(last - first < 2 * Self.tenants * Self.few, "from call \(first) to \(last)")
  }
}
