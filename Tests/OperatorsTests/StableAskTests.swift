import Columns
import KeyedState
import Plans
import Schemas
import TestKit
import Testing

@testable import Operators

/// Answers that must not change, of a service that never says the same twice.
@Suite("Answers that are written down")
struct StableAskTests {
  private static func policy(_ random: inout SeededRandom) -> LookupPolicy {
    var policy = LookupPolicy()
    policy.isStable = true
    policy.batch = [1, 3, 64][Int(random.next() % 3)]
    policy.within = [0, 2_000][Int(random.next() % 2)]
    policy.attempts = 1_000
    policy.backoff = 1_000
    policy.longestBackoff = 10_000
    policy.isOrdered = Bool.random(using: &random)
    if random.next() % 2 == 0 {
      policy.cache = LookupPolicy.Cache(rows: 3, fresh: 40_000, stale: 20_000)
    }
    return policy
  }

  /// Each number stands in so many rows, which are equal.
  private static func rows(
    copies: Int, _ random: inout SeededRandom
  ) -> [[(n: Int64, user: Int64)]] {
    var partitions: [[(n: Int64, user: Int64)]] = (0..<4).map { _ in [] }
    for n in 0..<Int64(40) {
      let user = Int64.random(in: 0..<6, using: &random)
      for _ in 0..<copies {
        partitions[Int.random(in: 0..<4, using: &random)].append((n, user))
      }
    }
    return partitions
  }

  @Test("A row that is read again has the answer that it had", arguments: [1, 3])
  func crashes(copies: Int) throws {
    for seed in 1...120 {
      var random = SeededRandom(seed: UInt64(seed))
      let rows = Self.rows(copies: copies, &random)
      var run = StableAskRun(rows, Self.policy(&random))
      for _ in 0..<Int.random(in: 1...12, using: &random) {
        try run.start(workers: Int.random(in: 1...3, using: &random), &random)
        for _ in 0..<Int.random(in: 5...250, using: &random) { try run.step(&random) }
        run.crash(&random)
      }
      try run.start(workers: 2, &random)
      var steps = 0
      while !run.isDone, steps < 100_000 {
        try run.step(&random)
        steps += 1
      }
      #expect(run.isDone, "seed \(seed)")
      #expect(run.told.count == 40, "seed \(seed)")
      // So many rows are equal, and each has had one answer.
      let worst = run.told.values.map(\.count).max() ?? 0
      #expect(worst <= copies, "seed \(seed): \(worst) answers")
    }
  }

  @Test("An answer has the same bytes behind a restart, and others where its columns changed")
  func forms() throws {
    let schema = Schema([
      Field("a", .string, nullable: true), Field("b", .float), Field("c", .int, nullable: true),
    ])
    let batch = Batch(
      schema, [[.text("zwölf"), .float(1.5), .null], [.null, .float(-0.0), .int(-3)]])
    let identity = RowIdentity(digest: 77, time: -5)
    let time = Timestamp(microseconds: 9)
    let answers: [FoundRow] = [
      .missing, .fallback, .row(AnswerBatch(batch), 0), .row(AnswerBatch(batch), 1),
      .unreadable("no JSON"), .failed(LookupFailure("away", isRetriable: true)),
    ]
    for found in answers {
      let written = WrittenAnswer(found, of: identity, number: 4, at: time, columns: 11)
      let read = try #require(WrittenAnswer(decoding: written.bytes))
      #expect(read.identity == identity && read.number == 4 && read.time == 9)
      #expect(read.found(schema, columns: 12) == nil)
      let again = try #require(read.found(schema, columns: 11))
      let rewritten = WrittenAnswer(again, of: identity, number: 4, at: time, columns: 11)
      #expect(rewritten.bytes == written.bytes)
      // Whatever is cut off, nothing crashes.
      for end in 0..<written.bytes.count {
        _ = WrittenAnswer(decoding: Array(written.bytes[..<end]))?.found(schema, columns: 11)
      }
    }
  }
}
