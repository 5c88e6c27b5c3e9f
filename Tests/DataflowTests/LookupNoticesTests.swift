import Columns
import Platform
import Schemas
import Synchronization
import Testing

@testable import Dataflow

/// What is told of servers whose answers rows go on without.
struct LookupNoticesTests {
  private static let away = Result<LookupAnswer, LookupFailure>.failure(
    LookupFailure("no server answers", isRetriable: true))
  private static let refused = Result<LookupAnswer, LookupFailure>.failure(
    LookupFailure("there is no such model", isRetriable: false))
  private static let answer = Result<LookupAnswer, LookupFailure>.success(
    LookupAnswer(rows: Batch(schema: Schema([]), columns: [], rowCount: 1), keys: [0]))
  private static let none = Result<LookupAnswer, LookupFailure>.success(
    LookupAnswer(rows: Batch(schema: Schema([]), columns: [], rowCount: 0), keys: []))

  /// How often each call of some is told, with so many seconds between two.
  private static func told(_ calls: [Result<LookupAnswer, LookupFailure>], every seconds: Int64)
    -> [String]
  {
    let told = Mutex<[String]>([])
    let clock = SimulatedWorld(seed: 1).clock
    let notices = LookupNotices(clock) { line in told.withLock { $0.append(line) } }
    for call in calls {
      notices.look(at: call)
      clock.advance(by: seconds * 1_000_000)
    }
    return told.withLock { $0 }
  }

  @Test func `a server that never answers is told of, once a minute`() {
    let lines = Self.told(Array(repeating: Self.away, count: 124), every: 1)
    #expect(lines.count == 2)
    #expect(lines.first == "no server answers. Rows go on without this answer")
  }

  @Test func `calls that fail before the first answer or behind it are not told`() {
    let few = Array(repeating: Self.away, count: 4)
    let many = Array(repeating: Self.away, count: 100)
    #expect(Self.told(few + [Self.answer] + many, every: 1) == [])
    // One that says that there is no row is an answer.
    #expect(Self.told(few + [Self.none] + many, every: 1) == [])
  }

  @Test func `what no further call mends is told at once`() {
    #expect(Self.told([Self.answer, Self.refused, Self.refused], every: 1).count == 1)
  }
}
