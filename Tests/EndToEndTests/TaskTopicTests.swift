import Foundation
import TestKit
import Testing

/// Tasks from a file whose outcomes go to Kafka, of an engine that is killed again and again.
///
/// `RAUDAL_TASKS` says how many; a million take some minutes.
@Suite(.serialized)
struct TaskTopicTests {
  private static let count = Int(ProcessInfo.processInfo.environment["RAUDAL_TASKS"] ?? "") ?? 8_000
  /// Calls under way.
  private static let concurrency = count > 100_000 ? 500 : 100

  private static func definition(_ port: UInt16, _ done: String, _ failed: String) -> String {
    #"""
    pipeline calls_\#(done)
    type Request { id: int, what: string, line: int }
    checkpoint { every: 500ms, keep: 3 }
    settings { kafka: { brokers: env("KAFKA_BROKERS") } }
    source requests: Request from file { path: "in.jsonl", event_time: arrival, on_error: fail }
    task call using http {
      url: "http://127.0.0.1:\#(port)/do/\(what)"
      body: { id: id, line: line }
      idempotency_key: id
      concurrency: \#(concurrency)
      timeout: 3s
      retry: { attempts: 4, backoff: exponential(5ms, max: 50ms) }
      response: { key: string from "id" }
    }
    stream outcomes = requests | execute call as r | map { id, r.status, r.attempts, r.key }
    sink outcomes to kafka { topic: "\#(done)", key: id }
    sink outcomes.failed to kafka { topic: "\#(failed)", key: id }
    """#
  }

  private struct Outcome: Decodable {
    var id: Int
  }

  @Test func `killed again and again, every outcome is in the topic once, as the server has it`()
    throws
  {
    let (broker, server, place) = (try Broker.shared(), try TaskServer(), try Workplace())
    let name = UUID().uuidString.prefix(8).lowercased()
    let done = try CommittedTopic("done_\(name)", of: broker)
    let failed = try CommittedTopic("failed_\(name)", of: broker)
    try place.write("in.jsonl", TaskRunTests.tasks(Self.count))
    try place.write("p.raudal", Self.definition(server.port, done.name, failed.name))
    let planned = (0..<Self.count).reduce(0) {
      $0 + TaskRunTests.kinds[TaskRunTests.what($1)].calls
    }
    for round in 1...Commands.kills {
      let run = try place.start(
        ["--stop-at-end", "--parallelism", "\(1 + round % 3)"], brokers: broker.address)
      // Spread over all calls, whatever the machine makes of them in a second.
      let reached = run.until(600) {
        (try? server.callCount()) ?? 0 >= planned * round / (Commands.kills + 1)
      }
      #expect(reached && run.isRunning, "round \(round): \(run.errors)")
      run.signal(SIGKILL)
      run.wait(30)
    }
    let last = try place.start(["--stop-at-end", "--parallelism", "2"], brokers: broker.address)
    #expect(last.wait(900).status == 0, "\(last.errors)")
    try Self.check(done, failed, try server.account(), planned)
  }

  private static func check(
    _ done: CommittedTopic, _ failed: CommittedTopic, _ account: TaskServer.Account, _ planned: Int
  ) throws {
    let all = Dictionary(grouping: 0..<count) { TaskRunTests.kinds[TaskRunTests.what($0)].isDone }
    let decoder = JSONDecoder()
    let ids = try [done, failed].map { topic in
      try topic.values().map { try decoder.decode(Outcome.self, from: Data($0.utf8)).id }.sorted()
    }
    #expect(ids[0] == all[true])
    #expect(ids[1] == all[false])
    #expect(account.keys == count)
    #expect(Set(account.done.keys) == Set((all[true] ?? []).map { "\($0)" }))
    #expect(account.most <= 2 * concurrency)
    // What was under way or just answered when the process ended is called once more.
    let unavoidable = Commands.kills * 2 * concurrency
    #expect(account.calls >= planned && account.calls <= planned + unavoidable)
    print(
      "\(count) tasks, \(Commands.kills) kills: \(ids[0].count) done, \(ids[1].count) failed,"
        + " \(account.calls) calls of \(planned) planned, \(account.again.count) keys called again")
  }
}
