import Foundation
import TestKit
import Testing

/// Tables of an HTTP service that a real process asks, while both of them are killed and the
/// service fails in every way it knows.
@Suite(.serialized)
struct HTTPRunTests {
  private static let rows = 4_000

  private static func definition(_ port: UInt16, _ output: String, secret: String) -> String {
    let url = "http://127.0.0.1:\(port)"
    let policy = "timeout: 2s, retry: { attempts: 1000, backoff: exponential(20ms, max: 200ms) }"
    return #"""
      pipeline shop
      type Event { id: int, name: string, at: timestamp }
      type Item { id: int, price: float, stock: int? }
      type Named { name: string from "sku", price: float, stock: int? }
      checkpoint { every: 300ms, keep: 3 }
      source events: Event from file {
        path: "in.jsonl", format: json, event_time: at, on_error: fail
      }
      table items: Item key id from http {
        url: "\#(url)/flaky/\(id)", \#(policy), order: none, connections: 8
      }
      table several: Named key name from http {
        url: "\#(url)/items?ids=\(keys)", path: "data.items", batch: 16 within 5ms, \#(policy)
        cache: 200ms
      }
      table locked: Item key id from http {
        url: "\#(url)/locked/\(id)", \#(policy)
        oauth: { url: "\#(url)/token", id: "me", secret: \#(secret) }
      }
      stream found = events | throttle 300/s
        | enrich items on id as i
        | enrich several on name as n
        | enrich locked on id as l required
        | map { id, price = i.price, named = n.price, stock = n.stock, locked = l.price }
      sink found to file { path: "\#(output)", format: json }
      """#
  }

  private static func start(
    _ place: Workplace, _ name: String, _ options: [String] = []
  ) throws -> Child {
    try Child(
      Commands.raudal,
      ["run", place.path("\(name).raudal").path, "--state", place.path("state-\(name)").path]
        + ["--stop-at-end"] + options,
      environment: ["SHOP_SECRET": "let me in"])
  }

  @Test func `killed in mid-flight a run gives what an undisturbed one gives`() throws {
    let place = try Workplace()
    try place.write("in.jsonl", Workplace.events(0..<Self.rows))
    let calm = try FaultyService()
    for (name, server) in [("calm", calm)] {
      try place.write(
        "\(name).raudal",
        Self.definition(server.port, name, secret: #"secret("SHOP_SECRET")"#))
    }
    let whole = try Self.start(place, "calm").wait()
    #expect(whole.status == 0, "\(whole.errors)")
    var server = try FaultyService()
    try place.write(
      "wild.raudal", Self.definition(server.port, "wild", secret: #"secret("SHOP_SECRET")"#))
    for round in 0..<Commands.kills {
      let run = try Self.start(place, "wild", ["--parallelism", "\(1 + round % 3)"])
      #expect(run.says("checkpoint "), "\(run.errors)")
      if round % 2 == 0 {
        let port = server.port
        server.stop()
        usleep(200_000)
        #expect(run.isRunning, "\(run.errors)")
        if round == 2 { run.signal(SIGKILL) }
        server = try FaultyService(port: port)
        usleep(200_000)
      }
      run.signal(SIGKILL)
      run.wait(30)
    }
    let last = try Self.start(place, "wild", ["--parallelism", "2"]).wait()
    #expect(last.status == 0, "\(last.errors)")
    let expected = try place.lines("calm").sorted()
    #expect(expected.count == Self.rows)
    #expect(try place.lines("wild").sorted() == expected)
  }

  @Test func `what is wrong with a service is told`() throws {
    let place = try Workplace()
    try place.write("in.jsonl", Workplace.events(0..<10))
    let server = try FaultyService()
    func errors(_ definition: String) throws -> String {
      try place.write("p.raudal", definition)
      let run = try Self.start(place, "p", ["--fresh"]).wait(60)
      #expect(run.status == 1, "\(run.errors)")
      return run.errors
    }
    let good = Self.definition(server.port, "out", secret: #"secret("SHOP_SECRET")"#)
    let login = try errors(
      Self.definition(server.port, "out", secret: #""a wrong one""#))
    #expect(login.contains("table `locked`: no token from http://127.0.0.1"), "\(login)")
    #expect(login.contains("status 401 (invalid_client)"), "\(login)")
    #expect(!login.contains("a wrong one"), "\(login)")
    let page = try errors(good.replacingOccurrences(of: "/flaky/", with: "/html/"))
    #expect(page.contains("the answer (text/html) is no JSON at byte 0: <html>welcome"), "\(page)")
    let status = try errors(good.replacingOccurrences(of: "/flaky/", with: "/status/403?"))
    #expect(status.contains("table `items`: the service answers with status 403"), "\(status)")
    let huge = try errors(good.replacingOccurrences(of: "/flaky/", with: "/huge/"))
    #expect(huge.contains("the answer is longer than 16777216 bytes"), "\(huge)")
  }
}
