import Foundation
import TestKit

/// A definition of jobs over topics of its own on a real broker, a server that carries its tasks
/// out, and the commands that a user gives.
final class JobPlace {
  let server: TaskServer
  let place: Workplace
  private let broker: Broker
  private let name = UUID().uuidString.prefix(8).lowercased()
  /// What stands behind `steered by`.
  private let clause: String
  private var engine: Child?

  /// - Parameter requiresRows: tasks wait for the row of their job.
  init(requiresRows: Bool = false) throws {
    clause = requiresRows ? " required" : ""
    broker = try Broker.shared()
    server = try TaskServer()
    place = try Workplace()
    try place.write("p.raudal", definition)
    let made = try job(["topics", "--partitions", "3"])
    guard made.status == 0 else { throw Commands.Failure(made.errors) }
  }

  private var definition: String {
    #"""
    pipeline mails_\#(name)
    type Request {
      task_id: string, job: string, what: string, note: string?, send_at: timestamp?, at: timestamp
    }
    type Job { job: string, state: string, rate: float? }
    settings { kafka: { brokers: "\#(broker.address)" } }
    checkpoint { every: 300ms, keep: 3 }
    source requests: Request from kafka {
      topic: "requests-\#(name)", event_time: at, lateness: 1h, on_error: fail
    }
    table jobs: Job key job from kafka { topic: "jobs-\#(name)", on_error: skip }
    task mail using http {
      url: "http://127.0.0.1:\#(server.port)/do/\(what)"
      body: { note: note }
      idempotency_key: task_id
      concurrency: 50, timeout: 5s, at: send_at
      retry: { attempts: 2, backoff: 10ms }
    }
    stream tasks = requests | dedupe by task_id within 30d
    stream attempts = tasks | execute mail as r steered by jobs on job\#(clause)
    stream sent = attempts | map { task_id, job, r.status, r.attempts }
    stream unsent = attempts.failed
      | map { task_id, job, what, note, send_at, r.status, r.attempts, r.error }
    stream taken = tasks
      | map {
          job, status = 0, error = ""
          outcome = if task_id matches "#[1-9][0-9]*$" then "redriven" else "taken"
        }
    stream done = sent | map { job, status = status ?? 0, error = "", outcome = "done" }
    stream undone = unsent
      | map {
          job, status = status ?? 0, error = if status is null then error ?? "" else ""
          outcome = if error == "cancelled" then "cancelled" else "failed"
        }
    stream progress = taken | union done, undone
      | aggregate by job, outcome, status, error { tasks = count() }
    sink sent to kafka { topic: "sent-\#(name)", key: task_id }
    sink unsent to kafka { topic: "unsent-\#(name)", key: task_id }
    sink progress to kafka {
      topic: "progress-\#(name)", key: [job, outcome, status, error], updates: upsert
    }
    """#
  }

  private func words(_ arguments: [String]) -> [String] {
    ["job"] + arguments + ["--in", place.path("p.raudal").path]
  }

  func job(_ arguments: [String]) throws -> Commands.Result {
    try Commands.run(Commands.raudal, words(arguments))
  }

  func start(_ arguments: [String]) throws -> Child { try Child(Commands.raudal, words(arguments)) }

  /// - Parameter rows: the columns `id` and `what` of each.
  func write(_ file: String, _ rows: [(id: Int, what: String)]) throws -> String {
    try place.write(file, "id,what\n" + rows.map { "\($0.id),\($0.what)\n" }.joined())
    return place.path(file).path
  }

  func submit(_ file: String, _ job: String, _ more: [String] = []) throws -> Commands.Result {
    try self.job(["submit", file, "--to", "mail", "--name", job, "--key", "id"] + more)
  }

  /// From the next start on who failed once is called again in some hours.
  func waitLong() throws {
    try place.write(
      "p.raudal",
      definition.replacing("backoff: 10ms", with: "backoff: exponential(24h, max: 24h)"))
  }

  /// A second task, `note`, with a topic of its own and jobs in the same table.
  func addTask() throws {
    try place.write(
      "p.raudal",
      definition + #"""

        source others: Request from kafka {
          topic: "others-\#(name)", event_time: at, lateness: 1h, on_error: fail
        }
        task note using http {
          url: "http://127.0.0.1:\#(server.port)/do/ok", idempotency_key: task_id
        }
        stream noted = others | execute note as r steered by jobs on job | map { task_id, job }
        sink noted to kafka { topic: "noted-\#(name)", key: task_id }
        """#)
    let made = try job(["topics"])
    guard made.status == 0 else { throw Commands.Failure(made.errors) }
  }

  /// Where the engine shows what it is doing.
  var state: [String] { ["--state", place.path("state").path] }

  /// What a shell says that reads the first lines of a command's output.
  func firstLines(_ count: Int, of arguments: [String]) throws -> Commands.Result {
    try Commands.run(
      URL(filePath: "/bin/sh"),
      ["-c", "\"$0\" \"$@\" | head -n \(count)", Commands.raudal.path] + words(arguments))
  }

  /// From the next start on all calls are answered well.
  func mendServer() throws {
    try place.write("p.raudal", definition.replacing(#"/do/\(what)""#, with: #"/do/ok""#))
  }

  func startEngine() throws { engine = try place.start(["--parallelism", "2"]) }

  func stopEngine(_ signal: Int32 = SIGINT) -> Commands.Result? {
    engine?.signal(signal)
    let result = engine?.wait(60)
    engine = nil
    return result
  }

  /// One line of `report --format json`.
  struct Total: Decodable, Equatable {
    var outcome: String
    var status: Int?
    var error: String?
    var tasks: Int
  }

  func totals(_ name: String) throws -> [Total] {
    let report = try job(["report", name, "--format", "json"])
    guard report.status == 0 else { throw Commands.Failure(report.errors) }
    let decoder = JSONDecoder()
    return try report.output.split(separator: "\n").map {
      try decoder.decode(Total.self, from: Data($0.utf8))
    }
  }

  func count(_ name: String, _ outcome: String) throws -> Int {
    try totals(name).filter { $0.outcome == outcome }.reduce(0) { $0 + $1.tasks }
  }

  /// Waits until the job's report says so.
  func until(
    _ name: String, _ seconds: Double = 120, _ holds: ([Total]) -> Bool
  ) throws -> [Total] {
    let end = Date().addingTimeInterval(seconds)
    while true {
      let totals = try totals(name)
      if holds(totals) || Date() >= end { return totals }
      if let engine, !engine.isRunning { throw Commands.Failure(engine.errors) }
      usleep(200_000)
    }
  }

  /// Waits until the engine says so of itself.
  func untilWhy(_ text: String, _ seconds: Double = 90) throws -> String {
    let end = Date().addingTimeInterval(seconds)
    while true {
      let why = try Commands.run(
        Commands.raudal, ["why", place.path("p.raudal").path] + state
      ).output
      if why.contains(text) || Date() >= end { return why }
      usleep(200_000)
    }
  }

  func untilEnded(_ name: String, tasks: Int) throws -> [Total] {
    try until(name) { totals in
      let ended = totals.filter { !["waiting", "redriven"].contains($0.outcome) }
      let waiting = totals.first { $0.outcome == "waiting" }?.tasks
      return waiting == 0 && ended.reduce(0) { $0 + $1.tasks } >= tasks
    }
  }
}
