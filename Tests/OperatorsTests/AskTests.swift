import Columns
import KeyedState
import Plans
import Schemas
import TestKit
import Testing

@testable import Operators

/// What a stage that asks does in single cases.
@Suite("Asking a table, case by case")
struct AskTests {
  private func policy(_ change: (inout LookupPolicy) -> Void = { _ in }) -> LookupPolicy {
    var policy = LookupPolicy()
    change(&policy)
    return policy
  }

  @Test("Equal keys under way are asked for once, and known ones not again")
  func coalescing() throws {
    var random = SeededRandom(seed: 1)
    var run = try AskRun(
      policy { $0.cache = LookupPolicy.Cache(rows: 10, fresh: 1_000_000) })
    try run.give((0..<50).map { (n: $0, user: $0 % 2) })
    try run.settle(&random)
    try run.give([(n: 50, user: 0), (n: 51, user: 3), (n: 52, user: 3)])
    try run.settle(&random)
    // That there is no row of 3 is known too.
    try run.give([(n: 53, user: 3)])
    #expect(!run.op.holdsRows)
    #expect(run.service.asked == [0: 1, 1: 1, 3: 1])
    try run.advance(to: run.now + 1_000_000)
    try run.give([(n: 54, user: 3)])
    try run.settle(&random)
    #expect(run.service.asked[3] == 2)
  }

  @Test("A stale row is given at once, and asked for anew")
  func stale() throws {
    var random = SeededRandom(seed: 1)
    var run = try AskRun(
      policy {
        $0.within = 0
        $0.cache = LookupPolicy.Cache(rows: 10, fresh: 1_000, stale: 1_000_000)
      })
    try run.give([(n: 0, user: 1)])
    try run.settle(&random)
    try run.advance(to: run.now + 2_000)
    try run.give([(n: 1, user: 1)])
    #expect(!run.op.holdsRows)
    #expect(run.service.asked[1] == 2)
    #expect(run.take(.main).count == 2)
  }

  @Test("A call goes when it is full, or when its oldest key has waited long enough")
  func batching() throws {
    var run = try AskRun(policy { $0.batch = 3 })
    try run.give([(n: 0, user: 0), (n: 1, user: 1)])
    #expect(run.service.open == 0)
    try run.give([(n: 2, user: 2)])
    #expect(run.service.open == 1)
    try run.give([(n: 3, user: 3)])
    #expect(run.service.open == 1)
    try run.advance(to: run.now + 2_000)
    #expect(run.service.open == 2)
  }

  @Test("No more calls are under way than are allowed")
  func concurrency() throws {
    var random = SeededRandom(seed: 1)
    var run = try AskRun(
      policy {
        $0.batch = 1
        $0.concurrency = 3
      })
    try run.give((0..<20).map { (n: $0, user: $0) })
    #expect(run.service.open == 3)
    try run.settle(&random)
    #expect(run.service.most == 3)
    #expect(run.take(.main).count + run.take(.errors).count == 20)
  }

  @Test("A call that fails for good stops the pipeline, and says what to do")
  func stops() throws {
    var random = SeededRandom(seed: 1)
    let run = try AskRun(policy { $0.batch = 1 }, route: .fail)
    try run.give([(n: 0, user: 0)])
    run.service.take(&random)?.answer(
      .failure(LookupFailure("table `users` has no column `name`", isRetriable: false)))
    let error = #expect(throws: OperatorError.self) { try run.deliver() }
    #expect(error?.isRetriable == false)
    #expect(error?.reason.contains("has no column `name`. Let the pipeline go on") == true)
  }

  @Test("Attempts come to an end: the row fails, or gets the fallback")
  func fallback() throws {
    var random = SeededRandom(seed: 1)
    for hasFallback in [false, true] {
      var run = try AskRun(
        policy {
          $0.batch = 1
          $0.attempts = 3
          if hasFallback {
            $0.fallback = .init([.init(column: "name", value: .string("nobody"))])
          }
        })
      try run.give([(n: 0, user: 0)])
      for _ in 0..<3 {
        try run.advance(to: run.now + 1_000_000)
        run.service.take(&random)?.answer(
          .failure(LookupFailure("it is away", isRetriable: true)))
        try run.deliver()
      }
      #expect(run.service.asked[0] == 3)
      #expect(run.take(.main) == (hasFallback ? [[.int(0), .int(0), .text("nobody")]] : []))
      #expect(run.take(.errors).count == (hasFallback ? 0 : 1))
    }
  }

  @Test("A question without an answer is asked again, and its late answer is nobody's")
  func timeout() throws {
    var random = SeededRandom(seed: 1)
    var run = try AskRun(
      policy {
        $0.batch = 1
        $0.timeout = 1_000
        $0.attempts = 100
      })
    try run.give([(n: 0, user: 0)])
    let late = run.service.take(&random)
    // It is over, and is asked again.
    for _ in 0..<2 {
      if let timer = run.op.nextWallTimer { try run.advance(to: timer.microseconds) }
    }
    #expect(run.service.asked[0] == 2)
    late?.answer(.success(SimulatedService.answer([0], &random)))
    try run.deliver()
    #expect(run.op.holdsRows)
    try run.settle(&random)
    #expect(run.take(.main) == [[.int(0), .int(0), .text("name 0")]])
  }

  @Test("Too many failures open the breaker, one success closes it")
  func breaker() {
    var breaker = CallBreaker(LookupPolicy.Breaker(openAt: 0.5, of: 4, duration: 100))
    func at(_ time: Int64) -> Timestamp { Timestamp(microseconds: time) }
    func allows(_ time: Int64) -> Bool { breaker.allowsCall(at: at(time)) }
    for isFailure in [true, false, false, true] {
      #expect(allows(0))
      breaker.record(isFailure: isFailure, of: 0, at: at(0))
    }
    #expect(!allows(99))
    #expect(breaker.opensUntil == at(100))
    #expect(allows(100))
    breaker.begin()
    #expect(!allows(100))
    breaker.record(isFailure: true, of: 1, at: at(110))
    #expect(!allows(209))
    #expect(allows(210))
    breaker.begin()
    breaker.record(isFailure: false, of: 2, at: at(220))
    #expect(allows(220))
    // What failed before it opened is forgotten.
    breaker.record(isFailure: true, of: 2, at: at(230))
    #expect(allows(230))
  }

  @Test("Calls from before the breaker opened decide nothing about the one that tries")
  func lateOutcomes() {
    for isFailure in [true, false] {
      var breaker = CallBreaker(LookupPolicy.Breaker(openAt: 1, of: 2, duration: 100))
      func at(_ time: Int64) -> Timestamp { Timestamp(microseconds: time) }
      let early = breaker.openings
      for _ in 0..<2 { breaker.record(isFailure: true, of: early, at: at(0)) }
      let isAllowed = breaker.allowsCall(at: at(100))
      #expect(isAllowed)
      breaker.begin()
      let trying = breaker.openings
      #expect(trying == early + 1)
      // It was sent long ago: still one call tries, and its outcome decides.
      breaker.record(isFailure: isFailure, of: early, at: at(110))
      #expect(breaker.opensUntil == nil)
      let isAllowedMeanwhile = breaker.allowsCall(at: at(110))
      #expect(!isAllowedMeanwhile)
      breaker.record(isFailure: !isFailure, of: trying, at: at(120))
      #expect(breaker.opensUntil == (isFailure ? nil : at(220)))
      guard isFailure else { continue }
      // Nor are they among the last calls of one that closed since.
      for _ in 0..<2 { breaker.record(isFailure: true, of: early, at: at(130)) }
      #expect(breaker.opensUntil == nil)
    }
  }

  @Test("A row that cannot be read takes no fallback, and says that it is to be mended")
  func unreadable() throws {
    var random = SeededRandom(seed: 1)
    let nobody = LookupPolicy.Fallback([.init(column: "name", value: .string("nobody"))])
    let asking = policy {
      $0.batch = 1
      $0.fallback = nobody
    }
    var going = try AskRun(asking)
    try going.give([(n: 0, user: 10)])
    try going.settle(&random)
    #expect(going.take(.main) == [])
    #expect(going.take(.errors).count == 1)
    var stopping = try AskRun(asking, route: .fail)
    try stopping.give([(n: 0, user: 10)])
    let error = #expect(throws: OperatorError.self) { try stopping.settle(&random) }
    #expect(error?.isRetriable == false)
    #expect(error?.reason.hasPrefix("no JSON. Mend the row under that key") == true)
    #expect(error?.reason.contains("fallback") == false)
  }

  @Test("Backoff is at most doubled each time, up to its bound, and by chance below")
  func backoff() {
    var policy = LookupPolicy()
    (policy.backoff, policy.longestBackoff) = (100, 1_000)
    let backoff = RetryBackoff(policy)
    #expect((1...6).map { backoff.bound(behind: $0) } == [100, 200, 400, 800, 1_000, 1_000])
    #expect(backoff.bound(behind: 100_000) == 1_000)
    #expect(backoff.delay(behind: 2, random: 0) == 0)
    #expect(backoff.delay(behind: 2, random: .max) == 200)
    policy.longestBackoff = .max
    #expect(RetryBackoff(policy).bound(behind: 62) == .max)
    policy.backoff = 0
    #expect(RetryBackoff(policy).bound(behind: 9) == 0)
  }

  @Test("Many rows of one large answer leave in batches that are no larger than they may be")
  func largeAnswers() throws {
    let run = try AskRun(policy())
    try run.give((0..<70).map { (n: $0, user: 1) })
    var random = SeededRandom(seed: 1)
    try #require(policy().within > 0)
    var going = run
    try going.advance(to: 10_000)
    let question = try #require(run.service.take(&random))
    let text = String(repeating: "x", count: 2 << 20)
    let rows = Batch(SimulatedService.schema, [[.int(1), .text(text)]])
    question.answer(.success(LookupAnswer(rows: rows, keys: [0])))
    try going.deliver()
    let batches = going.stage.output.take(.main)
    #expect(batches.reduce(0) { $0 + $1.rowCount } == 70)
    #expect(batches.count == 3)
    #expect(batches.allSatisfy { $0.textBytes <= TextLimit.batchBytes })
  }
}
