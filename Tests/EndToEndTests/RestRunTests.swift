import Foundation
import TestKit
import Testing

/// Runs that come to their end while a table holds tasks back: those wait for the next run.
struct RestRunTests {
  enum Table: CaseIterable { case readWhole, ofStream }

  private static func definition(_ port: UInt16, _ table: Table) -> String {
    let jobs =
      switch table {
      case .readWhole: #"table jobs: Job key job from file { path: "jobs.jsonl" }"#
      case .ofStream:
        """
        source changes: Job from file { path: "jobs.jsonl", event_time: arrival, on_error: fail }
        table jobs: Job key job from stream changes
        """
      }
    return #"""
      pipeline rests
      type Job { job: string, state: string }
      type Request { id: int, job: string }
      source requests: Request from file { path: "in.jsonl", event_time: arrival, on_error: fail }
      \#(jobs)
      task call using http {
        url: "http://127.0.0.1:\#(port)/do/ok", idempotency_key: id
      }
      stream outcomes = requests | execute call as r steered by jobs on job required
        | map { id, job, r.status }
      table notes: Job key job from file { path: "notes.jsonl" }
      task note using http {
        url: "http://127.0.0.1:\#(port)/do/ok", idempotency_key: "n\(id)"
      }
      stream noted = outcomes | execute note as n steered by notes on job required | map { id, job }
      stream counts = outcomes | window tumbling 1h by job { tasks = count() }
      stream seen = requests | window tumbling 1h { rows = count() }
      sink outcomes to file { path: "done", format: json }
      sink noted to file { path: "noted", format: json }
      sink counts to file { path: "counts", format: json }
      sink seen to file { path: "seen", format: json }
      """#
  }

  private struct Row: Decodable {
    var id: Int?
    var tasks: Int?
  }

  private static func rows(_ place: Workplace, _ name: String) throws -> [Row] {
    try place.lines(name).map { try JSONDecoder().decode(Row.self, from: Data($0.utf8)) }
  }

  private static func orders(_ states: (job: String, state: String)...) -> String {
    states.map { #"{"job":"\#($0.job)","state":"\#($0.state)"}"# + "\n" }.joined()
  }

  @Test(arguments: Table.allCases)
  func `tasks that a table holds back are told, and called once when it lets them go`(
    _ table: Table
  ) throws {
    let (server, place) = (try TaskServer(), try Workplace())
    try place.write("p.raudal", Self.definition(server.port, table))
    let jobs = ["a", "b", "c"]
    try place.write(
      "in.jsonl", (0..<60).map { #"{"id":\#($0),"job":"\#(jobs[$0 % 3])"}"# + "\n" }.joined())
    let first = Self.orders(("a", "running"), ("b", "paused"))
    try place.write("jobs.jsonl", first)
    try place.write("notes.jsonl", Self.orders(("b", "running")))
    for workers in ["3", "2"] {
      let run = try place.run(["--stop-at-end", "--parallelism", workers])
      #expect(run.status == 0, "\(run.errors)")
      #expect(run.errors.contains("40 tasks wait in "), "\(run.errors)")
      // Behind a stage that holds tasks back.
      #expect(run.errors.contains("20 tasks wait in `noted"), "\(run.errors)")
      #expect(run.errors.contains("(of 20 it has no row)"), "\(run.errors)")
      #expect(run.errors.contains("the next run goes on from checkpoint"), "\(run.errors)")
      let done = try Self.rows(place, "done").compactMap(\.id).sorted()
      #expect(done == (0..<20).map { $0 * 3 })
      #expect(try server.account().calls == 20)
      // Time has ended in front of the tasks, and not behind them.
      #expect(try !place.lines("seen").isEmpty && place.lines("counts").isEmpty)
    }
    try place.write("notes.jsonl", Self.orders(("a", "running"), ("b", "running"), ("c", "off")))
    let freed = Self.orders(("b", "running"), ("c", "running"))
    try place.write(
      "jobs.jsonl",
      table == .readWhole ? Self.orders(("a", "running")) + freed : first + freed)
    let next = try place.run(["--parallelism", "1"])
    #expect(next.errors.contains("20 tasks wait in `noted"), "\(next.errors)")
    #expect(!next.errors.contains("in `outcomes"), "\(next.errors)")
    try place.write("notes.jsonl", Self.orders(("c", "running")))
    let last = try place.run(["--parallelism", "2"])
    #expect(last.status == 0 && last.errors.contains("finished"), "\(last.errors)")
    #expect(try Self.rows(place, "noted").compactMap(\.id).sorted() == Array(0..<60))
    #expect(try Self.rows(place, "done").compactMap(\.id).sorted() == Array(0..<60))
    #expect(try Self.rows(place, "counts").reduce(0) { $0 + ($1.tasks ?? 0) } == 60)
    let account = try server.account()
    #expect(account.calls == 120 && account.keys == 120)
    let again = try place.run()
    #expect(again.errors.contains("nothing to do"), "\(again.errors)")
  }

  @Test func `jobs that are paused when a run ends go on in one behind their resumption`() throws {
    let jobs = try JobPlace()
    func submit(_ name: String, _ more: [String]) throws {
      let rows = (0..<30).map { (id: $0, what: "ok") }
      let submitted = try jobs.submit(jobs.write("\(name).csv", rows), name, more)
      #expect(submitted.status == 0, "\(submitted.errors)")
    }
    func called() throws -> [Substring: Int] {
      let account = try jobs.server.account()
      #expect(account.again.isEmpty)
      return Dictionary(account.done.keys.map { ($0.prefix { $0 != "/" }, 1) }) { $0 + $1 }
    }
    try submit("spring", ["--paused"])
    try submit("summer", ["--paused"])
    try submit("autumn", [])
    let first = try jobs.place.run(["--stop-at-end", "--parallelism", "2"])
    #expect(first.status == 0 && first.errors.contains("60 tasks wait in "), "\(first.errors)")
    #expect(try called() == ["autumn": 30])

    #expect(try jobs.job(["resume", "spring"]).status == 0)
    let second = try jobs.place.run(["--stop-at-end", "--parallelism", "3"])
    #expect(second.status == 0 && second.errors.contains("30 tasks wait in "), "\(second.errors)")
    #expect(try called() == ["autumn": 30, "spring": 30])

    // Without an end the run waits for what the table will say, and ends behind the last task.
    let third = try jobs.place.start(["--parallelism", "1"])
    #expect(third.says("checkpoint "), "\(third.errors)")
    #expect(try jobs.job(["resume", "summer"]).status == 0)
    let result = third.wait(60)
    #expect(result.status == 0 && result.errors.contains("finished"), "\(result.errors)")
    #expect(try called() == ["autumn": 30, "spring": 30, "summer": 30])
    let again = try jobs.place.run()
    #expect(again.errors.contains("nothing to do"), "\(again.errors)")
    #expect(try jobs.count("summer", "done") == 30)
  }
}
