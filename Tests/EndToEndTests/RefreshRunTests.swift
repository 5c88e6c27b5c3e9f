import Foundation
import TestKit
import Testing

/// Tables that real processes read again and again.
@Suite(.serialized)
struct RefreshRunTests {
  private static func definition(_ table: String) -> String {
    """
    pipeline refreshed
    type Event { id: int, name: string, at: timestamp }
    type Tier { name: string, tier: string }
    checkpoint { every: 200ms, keep: 3 }
    source events: Event from file {
      path: "in.jsonl", format: json, event_time: at, follow: true, on_error: fail
    }
    table tiers: Tier key name from \(table)
    stream found = events | enrich tiers on name | map { id, tier }
    sink found to file { path: "found", format: json }
    """
  }

  private static func table(_ tier: String) -> String {
    (0..<10).map { #"{"name":"n\#($0)","tier":"\#(tier)"}"# + "\n" }.joined()
  }

  /// Rows that came out, by their number.
  private static func found(_ place: Workplace) throws -> [(id: Int, line: String)] {
    try place.lines("found").compactMap { line in
      let digits = line.drop { !$0.isNumber }.prefix { $0.isNumber }
      return Int(digits).map { ($0, line) }
    }.sorted { $0.id < $1.id }
  }

  /// Appends rows until the last that came out has a tier.
  private static func see(
    _ tier: String, _ place: Workplace, _ run: Child, from first: inout Int
  ) throws -> Bool {
    let wanted = #""tier":"\#(tier)""#
    for _ in 0..<200 {
      let file = try FileHandle(forWritingTo: place.path("in.jsonl"))
      try file.seekToEnd()
      try file.write(contentsOf: Data(Workplace.events(first..<first + 5).utf8))
      try file.close()
      first += 5
      usleep(250_000)
      guard run.isRunning else { return false }
      if try found(place).last?.line.contains(wanted) ?? false { return true }
    }
    return false
  }

  /// By renaming, as whoever changes a table does.
  private static func put(_ text: String, _ place: Workplace) throws {
    try place.write("new", text)
    let status = rename(place.path("new").path, place.path("tiers.jsonl").path)
    #expect(status == 0)
  }

  @Test func `a file's rows are those of its last reading, and stay where it can't be read`()
    throws
  {
    let place = try Workplace()
    try place.write("in.jsonl", "")
    try Self.put(Self.table("old"), place)
    try place.write(
      "p.raudal", Self.definition(#"file { path: "tiers.jsonl", refresh: 1s }"#))
    let run = try place.start([])
    var next = 0
    #expect(try Self.see("old", place, run, from: &next), "\(run.errors)")
    try Self.put(Self.table("new"), place)
    #expect(try Self.see("new", place, run, from: &next), "\(run.errors)")
    try Self.put("no JSON\n", place)
    #expect(run.says("table `tiers` stays as it was at 2"), "\(run.errors)")
    #expect(try Self.see("new", place, run, from: &next), "\(run.errors)")
    try Self.put(Self.table("last"), place)
    #expect(run.says("table `tiers` is read again"), "\(run.errors)")
    #expect(try Self.see("last", place, run, from: &next), "\(run.errors)")
    run.signal(SIGKILL)
    run.wait(30)
    try Self.put(Self.table("restored"), place)
    let again = try place.start([])
    #expect(try Self.see("restored", place, again, from: &next), "\(again.errors)")
    again.signal(SIGTERM)
    #expect(again.wait(60).status == 0)
    let ids = try Self.found(place).map(\.id)
    #expect(ids == Array(0..<ids.count) && ids.count > next - 10)
  }

  @Test func `a table whose server hangs keeps no other one from being read`() throws {
    let place = try Workplace()
    try place.write("in.jsonl", "")
    try Self.put(Self.table("old"), place)
    let service = try FaultyService()
    let items = """
      type Item { sku: string, price: float }
      table items: Item key sku from http {
        url: "\(service.url)/items?ids=n0,n1", path: "data.items", refresh: 1s
      }
      stream found = events | enrich items on name as i
      """
    try place.write(
      "p.raudal",
      Self.definition(#"file { path: "tiers.jsonl", refresh: 1s }"#)
        .replacing("stream found = events", with: items))
    let run = try place.start([])
    var next = 0
    #expect(try Self.see("old", place, run, from: &next), "\(run.errors)")
    service.stop()
    let silent = try SilentPort(port: service.port)
    defer { silent.close() }
    usleep(2_500_000)
    try Self.put(Self.table("new"), place)
    #expect(try Self.see("new", place, run, from: &next), "\(run.errors)")
    run.signal(SIGKILL)
    run.wait(30)
  }

  @Test func `a Redis table's rows are those of its last reading, also while its server is dead`()
    throws
  {
    let place = try Workplace()
    try place.write("in.jsonl", "")
    func rows(_ tier: String) -> String {
      (0..<10).map { "HSET tier:n\($0) tier \(tier)" }.joined(separator: "\n")
    }
    let server = try LookupServer(.redis, setup: rows("old"))
    try place.write(
      "p.raudal",
      Self.definition(
        """
        redis {
          address: "127.0.0.1:\(server.port)", password: "\(LookupServer.password)"
          prefix: "tier:", value: hash, refresh: 1s, timeout: 2s
        }
        """))
    let run = try place.start([])
    var next = 0
    #expect(try Self.see("old", place, run, from: &next), "\(run.errors)")
    try server.client(rows("new"))
    #expect(try Self.see("new", place, run, from: &next), "\(run.errors)")
    server.kill()
    #expect(run.says("table `tiers` stays as it was at 2"), "\(run.errors)")
    #expect(try Self.see("new", place, run, from: &next), "\(run.errors)")
    try server.start()
    try server.client(rows("last"))
    #expect(run.says("table `tiers` is read again"), "\(run.errors)")
    #expect(try Self.see("last", place, run, from: &next), "\(run.errors)")
    run.signal(SIGTERM)
    #expect(run.wait(60).status == 0)
    let tiers = try Self.found(place).map { $0.line.split(separator: "\"tier\":")[1] }
    #expect(tiers.allSatisfy { $0.hasPrefix("\"") }, "a row found no tier")
  }
}
