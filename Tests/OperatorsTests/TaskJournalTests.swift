import Columns
import KeyedState
import Plans
import Schemas
import TestKit
import Testing

@testable import Operators

@Suite("Entries of a journal of tasks")
struct TaskJournalTests {
  private static func outcome(_ random: inout SeededRandom) -> TaskOutcome {
    func coin() -> Bool { random.next() % 2 == 0 }
    func text() -> String { String(repeating: "ä\u{0}x", count: Int(random.next() % 5)) }
    return TaskOutcome(
      isDone: coin(), status: coin() ? Int(random.next() % 600) : nil,
      attempts: Int(random.next() % 9), firstError: coin() ? text() : nil,
      error: coin() ? text() : nil, latency: coin() ? Int64(random.next() % 1_000) : nil,
      response: coin() ? Array(text().utf8) : nil)
  }

  private static func entry(_ random: inout SeededRandom) -> TaskJournal.Entry {
    let facts: [TaskJournal.Entry.Fact] = [
      .intent, .retry(due: .max, error: "it is away"), .retry(due: .min, error: ""),
      .outcome(outcome(&random).encoded, rows: UInt32(random.next() % 9)),
      .doubt(.unanswered, questions: 255, due: 7, error: "cut off"),
      .pace(RatePace(limit: 0, period: .max, value: nil, next: .min)),
      .pace(RatePace(limit: 7, period: 1, value: .number(-1), next: 9)),
      .pace(RatePace(limit: 1, period: 5, value: .bytes([0, 255, 7]), next: 9)),
    ]
    return TaskJournal.Entry(
      fact: facts[Int(random.next() % 8)], group: KeyGroup(UInt16(random.next() % 1024)),
      key: ["", "k", "größer", "a\u{0}b"][Int(random.next() % 4)],
      attempt: UInt32(random.next() % 99), time: Int64(bitPattern: random.next()))
  }

  @Test("What is written is read again")
  func roundTrip() {
    var random = SeededRandom(seed: 1)
    for _ in 0..<2_000 {
      let outcome = Self.outcome(&random)
      #expect(TaskOutcome(decoding: outcome.encoded[...]) == outcome)
      let entry = Self.entry(&random)
      #expect(TaskJournal.decode(TaskJournal.encode(entry)) == entry)
    }
  }

  @Test("Bytes that are no entry are refused, or are another one")
  func damaged() {
    var random = SeededRandom(seed: 2)
    for _ in 0..<20_000 {
      var bytes = TaskJournal.encode(Self.entry(&random))
      switch random.next() % 3 {
      case 0: bytes.removeLast(Int.random(in: 1...bytes.count, using: &random))
      case 1:
        for _ in 0...random.next() % 4 {
          bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8(random.next() % 256)
        }
      default: bytes = (0..<random.next() % 60).map { _ in UInt8(random.next() % 256) }
      }
      if let entry = TaskJournal.decode(bytes) {
        #expect(TaskJournal.decode(TaskJournal.encode(entry)) == entry)
      }
    }
  }

  @Test("Each row of a key takes the entries until its outcome")
  func orphans() {
    let outcome = TaskOutcome(isDone: true).encoded
    func entry(_ fact: TaskJournal.Entry.Fact, _ key: String = "a") -> TaskJournal.Entry {
      TaskJournal.Entry(fact: fact, group: KeyGroup(3), key: key, attempt: 1, time: 5)
    }
    var orphans = OrphanedEntries()
    for fact: TaskJournal.Entry.Fact in [.intent, .outcome(outcome, rows: 2), .intent] {
      orphans.add(entry(fact))
    }
    orphans.add(entry(.intent, "b"))
    #expect(TaskJournal.blocks(orphans.all).count == 1 && orphans.count == 4)
    #expect(orphans.take("a").map(\.fact) == [.intent, .outcome(outcome, rows: 2)])
    #expect(orphans.take("a").map(\.fact) == [.outcome(outcome, rows: 1)])
    #expect(orphans.take("a").map(\.fact) == [.intent])
    #expect(orphans.take("a").isEmpty && orphans.count == 1)
    #expect(orphans.take("b").count == 1 && orphans.isEmpty)
  }

  @Test("Calls are made again as the task says, and not before the server wants it")
  func retries() {
    var policy = TaskSpec.Retry()
    (policy.attempts, policy.backoff, policy.longestBackoff) = (4, 100, 300)
    let retry = TaskRetry(policy)
    var random = SeededRandom(seed: 3)
    let busy = TaskAnswer(.refused("busy"), status: 429)
    for attempt in 1...4 {
      let bound = [100, 200, 300, nil][attempt - 1]
      var greatest: Int64 = -1
      for _ in 0..<2_000 {
        let delay = retry.delay(busy, behind: attempt, random: random.next())
        #expect((delay == nil) == (bound == nil))
        greatest = max(greatest, delay ?? -1)
        if let delay, let bound { #expect((0...Int64(bound)).contains(delay)) }
      }
      if let bound { #expect(greatest > Int64(bound) * 9 / 10) }
    }
    let later = TaskAnswer(.refused("busy"), status: 503, retryAfter: 5_000)
    #expect(retry.delay(later, behind: 1, random: random.next()) == 5_000)
    for end: TaskAnswer.End in [.timedOut(""), .unreached(""), .broken("")] {
      #expect(retry.isRetriable(TaskAnswer(end)))
    }
    #expect(!retry.isRetriable(TaskAnswer(.refused("no"), status: 400)))
    #expect(!retry.isRetriable(TaskAnswer(.invalid("no URL"))))
    #expect(!retry.isRetriable(TaskAnswer(.done, status: 500)))
    #expect(!retry.isRetriable(TaskAnswer(.errors("busy"), status: 200)))
    policy.on = [.errors]
    #expect(TaskRetry(policy).isRetriable(TaskAnswer(.errors("busy"), status: 200)))
  }
}
