import Foundation
import TestKit
import Testing

/// Tasks that a table in a real topic steers, with real processes that are killed in between.
struct SteeringRunTests {
  private static let job = "type Job { job: string, state: string, rate: float?, gone: bool }"
  private static let jobs = 4
  private static let each = 250

  private let name = "s\(UUID().uuidString.prefix(8).lowercased())"

  /// Writes rows to the topic of the table.
  private func write(_ rows: [String], _ number: Int, _ place: Workplace, _ broker: Broker) throws {
    try place.write("jobs\(number).jsonl", rows.joined())
    try place.write(
      "writer\(number).raudal",
      """
      pipeline \(name)_writer\(number)
      \(Self.job)
      source rows: Job from file { path: "jobs\(number).jsonl", on_error: fail }
      sink rows to kafka {
        brokers: env("KAFKA_BROKERS"), topic: "jobs-\(name)", key: job, tombstone: gone
      }
      """)
    let result = try child(place, "writer\(number)", ["--stop-at-end"], broker).wait(60)
    #expect(result.status == 0, "\(result.errors)")
  }

  private static func order(_ job: Int, _ state: String) -> String {
    let isGone = state == "gone"
    return #"{"job":"j\#(job)","state":"\#(state)","gone":\#(isGone)}"# + "\n"
  }

  private func child(
    _ place: Workplace, _ name: String, _ options: [String], _ broker: Broker
  ) throws -> Child {
    try Child(
      Commands.raudal,
      [
        "run", place.path("\(name).raudal").path, "--state", place.path("state-\(name)").path,
      ] + options, environment: ["KAFKA_BROKERS": broker.address])
  }

  private func definition(_ port: UInt16, _ clause: String = "") -> String {
    #"""
    pipeline \#(name)
    \#(Self.job)
    type Request { id: int, job: string }
    checkpoint { every: 200ms, keep: 3 }
    source requests: Request from file {
      path: "in.jsonl", event_time: arrival, follow: true, on_error: fail
    }
    table jobs: Job key job from kafka {
      brokers: env("KAFKA_BROKERS"), topic: "jobs-\#(name)", on_error: fail
    }
    task call using http {
      url: "http://127.0.0.1:\#(port)/do/ok"
      body: { id: id }
      idempotency_key: id
      concurrency: 50
      response: { key: string from "id" }
    }
    stream outcomes = requests | execute call as r steered by jobs on job\#(clause)
      | map { id, job, r.status, r.attempts, r.error }
    sink outcomes to file { path: "done", format: json }
    sink outcomes.failed to file { path: "failed", format: json }
    """#
  }

  private struct Outcome: Decodable {
    struct Parts: Decodable {
      var attempts: Int
      var error: String?
    }

    var id: Int
    var job: String
    var r: Parts?
  }

  private func outcomes(_ place: Workplace, _ name: String) throws -> [Outcome] {
    try place.lines(name).map { try JSONDecoder().decode(Outcome.self, from: Data($0.utf8)) }
  }

  private func called(_ server: TaskServer, of job: Int) throws -> Int {
    try server.account().done.keys.count { Int($0).map { $0 % Self.jobs } == job }
  }

  private func makeTopic(_ broker: Broker) throws {
    let made = try Commands.run(
      Commands.raudal,
      [
        "generate", "ad-events", "--count", "0", "--to", "kafka", "--topic", "jobs-\(name)",
        "--partitions", "2",
      ], environment: ["KAFKA_BROKERS": broker.address])
    #expect(made.status == 0, "\(made.errors)")
  }

  private func writeTasks(_ each: Int, _ place: Workplace) throws {
    try place.write(
      "in.jsonl",
      (0..<Self.jobs * each).map { id in
        #"{"id":\#(id),"job":"j\#(id % Self.jobs)"}"# + "\n"
      }.joined())
  }

  private func why(_ place: Workplace, _ broker: Broker) throws -> String {
    try Commands.run(
      Commands.raudal,
      [
        "why", place.path("\(name).raudal").path, "--state", place.path("state-\(name)").path,
      ], environment: ["KAFKA_BROKERS": broker.address]
    ).output
  }

  @Test func `where a row is required none is called before it, over kills, and that is told`()
    throws
  {
    let each = 50
    let broker = try Broker.shared()
    let server = try TaskServer()
    let place = try Workplace()
    try makeTopic(broker)
    // 0 and 3 have no row.
    try write([Self.order(1, "running"), Self.order(2, "paused")], 0, place, broker)
    try writeTasks(each, place)
    try place.write("\(name).raudal", definition(server.port, " required"))

    let first = try child(place, name, ["--parallelism", "3"], broker)
    #expect(first.until(60) { (try? called(server, of: 1)) == each }, "\(first.errors)")
    let isTold = first.until(60) {
      let text = (try? why(place, broker)) ?? ""
      return text.contains("\(2 * each) of which `jobs` has no row, as of `j")
    }
    #expect(isTold, "\(first.errors)")
    #expect(
      first.says("`outcomes.execute`: \(2 * each) tasks wait for a row of table `jobs`"),
      "\(first.errors)")
    #expect(first.says("checkpoint "), "\(first.errors)")
    #expect(try server.callCount() == each)
    first.signal(SIGKILL)
    first.wait()
    try write([Self.order(0, "running")], 1, place, broker)
    let second = try child(place, name, ["--parallelism", "2"], broker)
    #expect(second.until(60) { (try? called(server, of: 0)) == each }, "\(second.errors)")
    #expect(second.says("checkpoint "), "\(second.errors)")
    #expect(try called(server, of: 2) == 0 && called(server, of: 3) == 0)
    try write([Self.order(3, "running")], 2, place, broker)
    #expect(second.until(60) { (try? called(server, of: 3)) == each }, "\(second.errors)")
    second.signal(SIGKILL)
    second.wait()
    try write([Self.order(2, "cancelled")], 3, place, broker)
    let last = try child(place, name, ["--stop-at-end", "--parallelism", "2"], broker).wait(60)
    #expect(last.status == 0, "\(last.errors)")
    let all = 0..<Self.jobs * each
    let (done, failed) = (try outcomes(place, "done"), try outcomes(place, "failed"))
    #expect(done.map(\.id).sorted() == all.filter { $0 % Self.jobs != 2 })
    #expect(failed.map(\.id).sorted() == all.filter { $0 % Self.jobs == 2 })
    #expect(try called(server, of: 2) == 0)
  }

  @Test func `jobs are paused, let go on and cancelled over kills, and each task ends once`() throws
  {
    let broker = try Broker.shared()
    let server = try TaskServer()
    let place = try Workplace()
    try makeTopic(broker)
    // 0 runs without a row, 1 and 2 are paused before anything runs, 3 is told to run.
    try write(
      [Self.order(1, "paused"), Self.order(2, "paused"), Self.order(3, "running")], 0, place,
      broker)
    try writeTasks(Self.each, place)
    try place.write("\(name).raudal", definition(server.port))

    let first = try child(place, name, ["--parallelism", "3"], broker)
    #expect(first.until(60) { (try? called(server, of: 0)) == Self.each }, "\(first.errors)")
    #expect(first.until(60) { (try? called(server, of: 3)) == Self.each }, "\(first.errors)")
    #expect(try called(server, of: 1) == 0 && called(server, of: 2) == 0)
    #expect(first.says("checkpoint "), "\(first.errors)")
    first.signal(SIGKILL)
    first.wait()
    // Said while nothing runs: obeyed before the first call.
    try write([Self.order(2, "cancelled")], 1, place, broker)
    let second = try child(place, name, ["--parallelism", "2"], broker)
    #expect(second.says("checkpoint "), "\(second.errors)")
    _ = second.until(1) { false }
    #expect(try called(server, of: 1) == 0 && called(server, of: 2) == 0)
    try write([Self.order(1, "gone")], 2, place, broker)
    #expect(second.until(60) { (try? called(server, of: 1)) == Self.each }, "\(second.errors)")
    second.signal(SIGKILL)
    second.wait()
    let last = try child(place, name, ["--stop-at-end", "--parallelism", "2"], broker).wait(60)
    #expect(last.status == 0, "\(last.errors)")

    let (done, failed) = (try outcomes(place, "done"), try outcomes(place, "failed"))
    let all = 0..<Self.jobs * Self.each
    #expect(done.map(\.id).sorted() == all.filter { $0 % Self.jobs != 2 })
    #expect(failed.map(\.id).sorted() == all.filter { $0 % Self.jobs == 2 })
    #expect(try called(server, of: 2) == 0)
  }
}
