import Columns
import Connectors
import Platform
import Synchronization
import TestKit
import Testing

/// What requests to a model's server have in common, whatever its API.
@Suite("Servers of models", .serialized)
struct ModelServerTests {
  @Test func `there are as many connections as calls of all workers may be under way`() throws {
    let server = try ModelService()
    var environment = LookupScene.environment
    environment.workers = 6
    // Four calls of each worker.
    let most = 24
    let client = try ModelScene.embedding(server, "gather", environment: environment)
    defer { client.close() }
    let questions = Array(repeating: ModelScene.texts(["\(most)"]), count: most + 12)
    let answers = LookupScene.answers(client, questions)
    for answer in answers { #expect(try answer?.get().keys == [0]) }
    let counts = try ModelScene.embedding(server, "most")
    let seen = try LookupScene.answer(counts, ModelScene.texts([""])).rows.columns[0].elements(0)
    #expect(seen.float(0) == Double(most))
  }

  @Test func `nobody else waits while a long answer is read`() throws {
    let server = try ModelService()
    var environment = LookupScene.environment
    let lanes = HeldLanes()
    environment.lanes = lanes
    let slow = try ModelScene.embedding(server, "small", environment: environment)
    let quick = try ModelScene.embedding(server, "small")
    let told = Mutex<[LookupScene.Answer]>([])
    slow.ask(ModelScene.texts(["ab"])) { answer in told.withLock { $0.append(answer) } }
    try #require(lanes.waitForJob())
    // Its answer has come, and nobody has begun to read it.
    #expect(try LookupScene.ask(quick, ModelScene.texts(["c"])).count == 1)
    #expect(told.withLock { $0.isEmpty })
    lanes.run()
    #expect(try told.withLock { $0 }.map { try $0.get().keys } == [[0]])
  }

  @Test func `what never left costs nothing`() throws {
    let server = try ModelService()
    func cost(_ texts: [String]) throws -> ModelUsage {
      let client = try ModelScene.chat(
        server, "slow", ["connections": .int(1)], timeout: 1_000_000)
      defer { client.close() }
      return try #require(ModelScene.failure(client, ModelScene.texts(texts))).usage
    }
    let one = try cost(["good"])
    #expect(one.read > 0)
    // The others have waited for its connection.
    #expect(try cost(["good", "good", "good"]) == one)
  }
}

/// Lanes whose jobs wait until the test runs them.
private final class HeldLanes: BackgroundLanes {
  private let jobs = Mutex<[@Sendable () -> Void]>([])
  private let parker = Parker()

  func submit(_ lane: LaneName, _ job: @escaping @Sendable () -> Void) {
    jobs.withLock { $0.append(job) }
    parker.wake()
  }

  /// Whether there is a job before long.
  func waitForJob() -> Bool {
    for _ in 0..<2_000 where jobs.withLock({ $0.isEmpty }) { parker.wait(nanoseconds: 10_000_000) }
    return !jobs.withLock { $0.isEmpty }
  }

  func run() {
    let waiting = jobs.withLock { jobs in
      defer { jobs = [] }
      return jobs
    }
    for job in waiting { job() }
  }
}
