import Foundation
import TestKit
import Testing

/// Tasks that a real process executes against a server that fails in every way it knows and keeps
/// an account of its own.
@Suite(.serialized)
struct TaskRunTests {
  /// How calls of a task end: what the server does, how often it is called where nothing else goes
  /// wrong, and whether it is done in the end.
  static let kinds: [(what: String, calls: Int, isDone: Bool)] = [
    ("ok", 1, true), ("ok2-20", 1, true), ("500x1", 2, true), ("503x2", 3, true),
    ("429x1", 2, true), ("resetx1", 2, true), ("cutx1", 2, true), ("hangx1", 2, true),
    ("400", 1, false), ("500", 4, false),
  ]

  static func what(_ task: Int) -> Int {
    task % 10 < 8 ? task % 2 : 2 + task / 10 % (kinds.count - 2)
  }

  static func tasks(_ count: Int) -> String {
    (0..<count).map { task in
      #"{"id":\#(task),"what":"\#(kinds[what(task)].what)","line":\#(task % 50)}"# + "\n"
    }.joined()
  }

  private static func definition(_ port: UInt16, _ options: String) -> String {
    #"""
    pipeline calls
    type Request { id: int, what: string, line: int }
    checkpoint { every: 300ms, keep: 3 }
    source requests: Request from file { path: "in.jsonl", event_time: arrival, on_error: fail }
    task call using http {
      url: "http://127.0.0.1:\#(port)/do/\(what)"
      headers: { "x-tenant": "t\(line % 4)", "x-line": "\(line)" }
      body: { id: id, line: line }
      idempotency_key: id
      \#(options)
      response: { key: string from "id", n: int }
    }
    stream outcomes = requests | execute call as r
      | map { id, r.status, r.attempts, r.first_error, r.key }
    sink outcomes to file { path: "done", format: json }
    sink outcomes.failed to file { path: "failed", format: json }
    """#
  }

  private struct Outcome: Decodable {
    var id: Int
    var status: Int?
    var attempts: Int?
    var key: String?
    /// As a row that failed has them.
    var failedAttempts: Int?

    enum CodingKeys: String, CodingKey {
      case id, status, attempts, key
      case failedAttempts = "r.attempts"
    }
  }

  private static func outcomes(_ place: Workplace, _ name: String) throws -> [Outcome] {
    let decoder = JSONDecoder()
    return try place.lines(name).map { try decoder.decode(Outcome.self, from: Data($0.utf8)) }
  }

  @Test func `killed again and again, every task has one outcome and no more calls than it must`()
    throws
  {
    let count = Int(ProcessInfo.processInfo.environment["RAUDAL_TASKS"] ?? "") ?? 12_000
    let server = try TaskServer()
    let place = try Workplace()
    try place.write("in.jsonl", Self.tasks(count))
    try place.write(
      "p.raudal",
      Self.definition(
        server.port,
        """
        rate: \(max(count / 10, 1_000))/s, concurrency: 100, timeout: 1s
        retry: { attempts: 4, backoff: exponential(5ms, max: 50ms) }
        """))
    for round in 0..<Commands.kills {
      let run = try place.start(["--stop-at-end", "--parallelism", "\(1 + round % 3)"])
      #expect(run.says("checkpoint "), "\(run.errors)")
      usleep(UInt32(round % 5) * 40_000)
      run.signal(SIGKILL)
      run.wait(30)
    }
    let last = try place.run(["--stop-at-end", "--parallelism", "2"])
    #expect(last.status == 0, "\(last.errors)")
    let done = try Self.outcomes(place, "done")
    let failed = try Self.outcomes(place, "failed")
    let wanted = (0..<count).filter { Self.kinds[Self.what($0)].isDone }
    #expect(done.map(\.id).sorted() == wanted)
    let other = (0..<count).filter { !Self.kinds[Self.what($0)].isDone }
    #expect(failed.map(\.id).sorted() == other)
    #expect(done.allSatisfy { $0.key == "\($0.id)" && $0.status == 200 })

    let account = try server.account()
    #expect(account.keys == count)
    // No call is forgotten for the end of its process.
    #expect(
      (done + failed).allSatisfy {
        $0.attempts ?? $0.failedAttempts ?? 0 >= account.again["\($0.id)"] ?? 1
      })
    #expect(wanted.allSatisfy { account.done["\($0)"] ?? 0 >= 1 })
    #expect(other.allSatisfy { account.done["\($0)"] == nil })
    let planned = (0..<count).reduce(0) { $0 + Self.kinds[Self.what($1)].calls }
    // Only what was under way when the process ended is called once more.
    #expect(account.calls >= planned && account.calls <= planned + Commands.kills * 100)
    #expect(account.most <= 100 + 100)
  }

  @Test func `what may have been sent is held where the definition says so`() throws {
    let server = try TaskServer()
    let place = try Workplace()
    try place.write(
      "in.jsonl", (0..<40).map { #"{"id":\#($0),"what":"ok2000","line":0}"# + "\n" }.joined())
    try place.write(
      "p.raudal", Self.definition(server.port, "concurrency: 10, in_doubt: hold"))
    let run = try place.start(["--stop-at-end"])
    var calls = 0
    for _ in 0..<200 where calls < 10 {
      usleep(50_000)
      calls = try server.account().calls
    }
    run.signal(SIGKILL)
    run.wait(30)
    let last = try place.run(["--stop-at-end"])
    #expect(last.status == 0, "\(last.errors)")
    let failed = try place.lines("failed")
    #expect(failed.count == 10)
    #expect(failed.allSatisfy { $0.contains("outcome unknown") })
    #expect(try place.lines("done").count == 30)
    let account = try server.account()
    #expect(account.calls == 40 && account.again.isEmpty)
  }

  @Test func `of rows of one key none is called again where one is held`() throws {
    let server = try TaskServer()
    let place = try Workplace()
    try place.write(
      "in.jsonl", (0..<20).map { #"{"id":\#($0 / 2),"what":"ok2000","line":0}"# + "\n" }.joined())
    try place.write(
      "p.raudal", Self.definition(server.port, "concurrency: 10, in_doubt: hold"))
    let run = try place.start(["--stop-at-end"])
    var calls = 0
    for _ in 0..<200 where calls < 10 {
      usleep(20_000)
      calls = try server.account().calls
    }
    run.signal(SIGKILL)
    run.wait(30)
    let last = try place.run(["--stop-at-end"])
    #expect(last.status == 0, "\(last.errors)")
    #expect(try place.lines("failed").count == 20)
    #expect(try server.account().again.isEmpty)
  }

  @Test(arguments: ["", " | where attempts > 0"])
  func `tasks are done to the last though nobody wants more rows`(_ stage: String) throws {
    let server = try TaskServer()
    let place = try Workplace()
    let count = 20_000
    try place.write(
      "in.jsonl", (0..<count).map { #"{"id":\#($0),"what":"ok","line":0}"# + "\n" }.joined())
    let definition = Self.definition(server.port, "concurrency: 64").replacing(
      "sink outcomes to", with: "stream few = outcomes\(stage) | limit 5\nsink few to"
    ).replacing("sink outcomes.failed to", with: "sink few to")
    try place.write("p.raudal", definition.replacing("\"failed\"", with: "\"again\""))
    let run = try place.run(["--stop-at-end", "--parallelism", "2"])
    #expect(run.status == 0, "\(run.errors)")
    #expect(try place.lines("done").count == 5)
    #expect(try server.account().keys == count)
  }

  @Test func `a stop waits for calls that are under way, and leaves none in doubt`() throws {
    let server = try TaskServer()
    let place = try Workplace()
    try place.write(
      "in.jsonl", (0..<40).map { #"{"id":\#($0),"what":"ok700","line":0}"# + "\n" }.joined())
    try place.write(
      "p.raudal", Self.definition(server.port, "concurrency: 10, in_doubt: hold"))
    let run = try place.start(["--stop-at-end", "--parallelism", "2"])
    var calls = 0
    for _ in 0..<200 where calls < 10 {
      usleep(20_000)
      calls = try server.account().calls
    }
    run.signal(SIGINT)
    let stopped = run.wait(30)
    #expect(stopped.status == 0, "\(stopped.errors)")
    #expect(try server.account().calls < 40)
    let last = try place.run(["--stop-at-end"])
    #expect(last.status == 0, "\(last.errors)")
    #expect(try place.lines("failed").isEmpty)
    #expect(try place.lines("done").count == 40)
    #expect(try server.account().again.isEmpty)
  }

  @Test func `limits hold by the server's clock, and each line keeps its order`() throws {
    let server = try TaskServer()
    let place = try Workplace()
    try place.write("in.jsonl", Self.tasks(1_500))
    try place.write(
      "p.raudal",
      Self.definition(
        server.port,
        #"""
        rate: [100/s per "t\(line % 4)" burst 10, 350/s burst 20], concurrency: 60
        timeout: 1s, ordered_by: line
        retry: { attempts: 4, backoff: exponential(5ms, max: 50ms) }
        """#))
    let run = try place.run(["--stop-at-end", "--parallelism", "2"])
    #expect(run.status == 0, "\(run.errors)")
    let account = try server.account()
    #expect(account.busiest.count == 4)
    // Its clock is not the sender's: a call may be late on its way, and the next one not.
    #expect(account.busiest.values.allSatisfy { $0 <= 100 + 10 + 15 }, "\(account.busiest)")
    #expect(account.most <= 60)
    #expect(account.lines.count == 50)
    for (line, keys) in account.lines {
      let numbers = keys.compactMap { Int($0) }
      #expect(numbers == numbers.sorted(), "line \(line)")
    }
  }
}
