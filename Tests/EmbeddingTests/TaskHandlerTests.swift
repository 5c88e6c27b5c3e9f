import Embedding
import Foundation
import Synchronization
import Testing

/// Tasks whose calls closures of the program make.
struct TaskHandlerTests {
  private struct Values: Codable {
    var id: Int
    var name: String?
  }

  private struct Ticket: Encodable { var ticket: String }

  private struct Trouble: Error, CustomStringConvertible {
    var description: String { "the line is cut" }
  }

  private static let id = Column<Int>("id")
  private static let name = Column<String?>("name")
  private static let status = Column<Int?>("status")
  private static let attempts = Column<Int>("attempts")
  private static let error = Column<String?>("error")
  private static let ticket = Column<String?>("ticket")

  private static func pipeline(timeout: String = "1m") -> Pipeline {
    Pipeline(
      definition: """
        pipeline pushes
        source requests: struct { id: int, name: string? } from memory { event_time: arrival }
        task push using swift {
          values: { id: id, name: name }, idempotency_key: "push/\\(id)"
          timeout: \(timeout), retry: { attempts: 3, backoff: 1ms }
          response: { ticket: string }
        }
        stream done = requests | execute push as c
          | map { id, status = c.status, attempts = c.attempts, ticket = c.ticket }
        stream lost = done.failed
          | map { id, status = c.status, attempts = c.attempts, error = c.error }
        sink done to memory
        sink lost to memory
        """, path: "pushes.raudal")
  }

  private static func rows(
    _ ids: Range<Int>, timeout: String = "1m",
    _ body: @escaping @Sendable (TaskCall) async throws -> TaskReply
  ) async throws -> (done: [Row], lost: [Row]) {
    var pipeline = pipeline(timeout: timeout)
    pipeline.add(TaskHandler("push", body))
    let run = try pipeline.compile().start()
    try run.send(
      ids.map { number in
        Row {
          $0[Self.id] = number
          $0[Self.name] = number == 0 ? nil : "n\(number)"
        }
      }, to: "requests")
    run.finish("requests")
    #expect(run.wait() == .finished)
    return (run.takeRows(of: "done"), run.takeRows(of: "lost"))
  }

  @Test func `a closure gets the task's values, and its reply is the outcome`() async throws {
    let keys = Mutex<Set<String>>([])
    let (done, lost) = try await Self.rows(0..<200) { call in
      let values = try call.values(as: Values.self)
      keys.withLock { _ = $0.insert(call.idempotencyKey) }
      await Task.yield()
      return try TaskReply(
        status: 202, response: Ticket(ticket: "\(values.id) \(values.name ?? "-")"))
    }
    #expect(lost.isEmpty)
    #expect(done.count == 200 && keys.withLock { $0.count } == 200)
    #expect(keys.withLock { $0.contains("push/7") })
    let texts = Dictionary(
      uniqueKeysWithValues: done.map { ($0[Self.id] ?? -1, $0[Self.ticket].flatMap(\.self)) })
    #expect(texts[0] == "0 -" && texts[199] == "199 n199")
    #expect(done.allSatisfy { $0[Self.status].flatMap(\.self) == 202 })
  }

  @Test func `what a closure throws is a failed call, made again where it may help`() async throws {
    let (done, lost) = try await Self.rows(0..<4) { call in
      switch try call.values(as: Values.self).id {
      case 0 where call.attempt < 3: throw TaskFailure.refused(503, "busy")
      case 1: throw TaskFailure.refused(404, "gone")
      case 2 where call.attempt == 1: throw TaskFailure.unreached("away")
      case 3: throw Trouble()
      default: return TaskReply()
      }
    }
    let attempts = Dictionary(
      uniqueKeysWithValues: (done + lost).map { ($0[Self.id] ?? -1, $0[Self.attempts] ?? 0) })
    #expect(attempts == [0: 3, 1: 1, 2: 2, 3: 3])
    #expect(Set(done.map { $0[Self.id] ?? -1 }) == [0, 2])
    let reasons = Dictionary(
      uniqueKeysWithValues: lost.map { ($0[Self.id] ?? -1, $0[Self.error].flatMap(\.self) ?? "") })
    #expect(reasons[1] == "gone" && reasons[3] == "the line is cut")
  }

  @Test func `closures that block their thread hold up nobody but themselves`() async throws {
    let together = Mutex((now: 0, most: 0))
    let (done, lost) = try await Self.rows(0..<16) { _ in
      together.withLock { $0 = ($0.now + 1, max($0.most, $0.now + 1)) }
      // All wait, without suspending, until all are there.
      while together.withLock({ $0.most < 16 }) { usleep(1_000) }
      return TaskReply()
    }
    #expect(done.count == 16 && lost.isEmpty)
  }

  @Test func `a closure that takes longer than it may is cancelled`() async throws {
    let (done, lost) = try await Self.rows(1..<3, timeout: "300ms") { _ in
      try await Task.sleep(for: .seconds(600))
      return TaskReply()
    }
    #expect(done.isEmpty && lost.map { $0[Self.attempts] ?? 0 } == [3, 3])
  }

  @Test func `a task that nothing makes the calls of is refused`() throws {
    let error = #expect(throws: DefinitionError.self) { try Self.pipeline().compile() }
    #expect(error?.message.contains("TaskHandler(\"push\")") ?? false)
  }
}
