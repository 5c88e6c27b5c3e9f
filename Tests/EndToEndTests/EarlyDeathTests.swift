import Foundation
import Testing

/// States that begin: of a run that dies before its first checkpoint, and of a stage that comes to
/// what was read before it.
struct EarlyDeathTests {
  @Test func `a run that dies before its first checkpoint begins anew`() throws {
    let place = try Workplace()
    try place.write(
      "p.raudal",
      """
      pipeline early
      type Row { id: int, group: string, v: int }
      checkpoint { every: 3m }
      source rows: Row from file {
        path: "rows.jsonl", format: debezium, follow: true, on_error: fail
      }
      stream totals = rows | aggregate by group { n = sum(v) }
      sink totals to file { path: "out", format: json, updates: final }
      """)
    let rows = (1...50).map {
      #"{"before":null,"after":{"id":\#($0),"group":"g","v":\#($0)},"op":"c"}"# + "\n"
    }
    try place.write("rows.jsonl", rows.joined())
    let engine = try place.start(["--parallelism", "2"])
    // What it has read is told by its status.
    let hasRead = engine.until(30) {
      let why = try? Commands.run(
        Commands.raudal,
        ["why", place.path("p.raudal").path, "--state", place.path("state").path])
      return why?.output.contains(#/rows +\d+ ms +\d+ % +50 /#) ?? false
    }
    #expect(hasRead, "\(engine.errors)")
    engine.signal(SIGKILL)
    engine.wait()
    // A second death, of a start that fixes ends.
    let more = (51...200_000).map {
      #"{"before":null,"after":{"id":\#($0),"group":"g","v":\#($0)},"op":"c"}"# + "\n"
    }
    try place.write("rows.jsonl", (rows + more).joined())
    let second = try place.start(["--stop-at-end"])
    #expect(second.says("2 workers"), "\(second.errors)")
    second.signal(SIGKILL)
    second.wait()
    let whole = try place.run(["--stop-at-end"])
    #expect(whole.status == 0, "\(whole.errors)")
    #expect(try place.lines("out") == [#"{"group":"g","n":20000100000}"#])
  }

  private static func lookUps(_ second: String) -> String {
    """
    pipeline looks
    type Order { id: int, at: timestamp, currency: string }
    type Rate { currency: string, rate: int, since: timestamp }
    checkpoint { every: 200ms }
    source orders: Order from file {
      path: "orders.jsonl", event_time: at, follow: true, on_error: fail
    }
    table rates: Rate versioned key currency from file {
      path: "rates.jsonl", event_time: since, follow: true, on_error: fail
    }
    stream o = orders | enrich rates on currency as of event_time | map { id, rate }
    sink o to file { path: "o", format: json }
    \(second)
    """
  }

  @Test func `a stage that comes to a table which was read is refused`() throws {
    let place = try Workplace()
    try place.write("p.raudal", Self.lookUps(""))
    try place.write(
      "rates.jsonl", #"{"currency":"eur","rate":7,"since":"2026-01-01T00:00:00Z"}"# + "\n")
    try place.write(
      "orders.jsonl", #"{"id":1,"at":"2026-01-02T00:00:00Z","currency":"eur"}"# + "\n")
    let engine = try place.start([])
    let hasRead = engine.until(30) { engine.errors.split(separator: " checkpoint ").count > 3 }
    #expect(hasRead, "\(engine.errors)")
    engine.signal(SIGKILL)
    engine.wait()
    let second = """
      stream p = orders | enrich TABLE on currency as of event_time | map { id, rate }
      sink p to file { path: "p", format: json }
      """
    try place.write(
      "p.raudal", Self.lookUps(second.replacingOccurrences(of: "TABLE", with: "rates")))
    let refused = try place.run(["--stop-at-end"])
    #expect(refused.status == 1)
    for words in ["`p.enrich`", "table `rates`", "under another name", "--fresh"] {
      #expect(refused.errors.contains(words), "\(refused.errors)")
    }
    let copy = """
      table copies: Rate versioned key currency from file {
        path: "rates.jsonl", event_time: since, follow: true, on_error: fail
      }
      """
    try place.write(
      "p.raudal",
      Self.lookUps(copy + "\n" + second.replacingOccurrences(of: "TABLE", with: "copies")))
    try place.write(
      "orders.jsonl",
      (1...2).map { #"{"id":\#($0),"at":"2026-01-02T00:00:00Z","currency":"eur"}"# + "\n" }
        .joined())
    let whole = try place.run(["--stop-at-end"])
    #expect(whole.status == 0, "\(whole.errors)")
    #expect(
      try place.lines("o").sorted() == [#"{"id":1,"rate":7}"#, #"{"id":2,"rate":7}"#])
    #expect(try place.lines("p") == [#"{"id":2,"rate":7}"#])
  }
}
