import Columns
import Plans
import TestKit
import Testing

@testable import Operators

@Suite("A server that wants to be left alone")
struct RetryAfterTests {
  @Test("It is asked by no call before the time that it said")
  func quiet() throws {
    for hasBreaker in [false, true] {
      var policy = LookupPolicy()
      (policy.batch, policy.within, policy.concurrency) = (1, 0, 2)
      (policy.attempts, policy.backoff, policy.timeout) = (3, 10, 1_000_000)
      if hasBreaker { policy.breaker = LookupPolicy.Breaker(openAt: 1, of: 1, duration: 100) }
      var run = try AskRun(policy, route: .fail)
      var random = SeededRandom(seed: 1)
      try run.give([(1, 1)])
      let busy = LookupFailure("busy", isRetriable: true, retryAfter: 5_000)
      run.service.take(&random)?.answer(.failure(busy))
      try run.deliver()
      try run.give([(2, 2)])
      try run.advance(to: 4_999)
      #expect(run.service.asked == [1: 1])
      try run.advance(to: 5_000)
      // A breaker lets one try.
      #expect(run.service.asked == (hasBreaker ? [1: 2] : [1: 2, 2: 1]))
    }
  }

  @Test("The last attempt's word counts for those who come later")
  func last() throws {
    var policy = LookupPolicy()
    (policy.batch, policy.within, policy.attempts) = (1, 0, 1)
    policy.fallback = LookupPolicy.Fallback()
    var run = try AskRun(policy)
    var random = SeededRandom(seed: 1)
    try run.give([(1, 1)])
    let busy = LookupFailure("busy", isRetriable: true, retryAfter: 700)
    run.service.take(&random)?.answer(.failure(busy))
    try run.deliver()
    try run.give([(2, 2)])
    try run.advance(to: 699)
    #expect(run.service.asked == [1: 1])
    try run.advance(to: 700)
    #expect(run.service.asked == [1: 1, 2: 1])
  }

  @Test("Rows do not wait for longer than for an answer where there is something else for them")
  func long() throws {
    for route in [PhysicalErrorRoute.output, .fail] {
      var policy = LookupPolicy()
      (policy.batch, policy.within, policy.timeout) = (1, 0, 100)
      if route == .fail { policy.fallback = LookupPolicy.Fallback() }
      var run = try AskRun(policy, route: route)
      var random = SeededRandom(seed: 1)
      try run.give([(1, 1)])
      let busy = LookupFailure("busy", isRetriable: true, retryAfter: 5_000)
      run.service.take(&random)?.answer(.failure(busy))
      try run.deliver()
      try run.give([(2, 2)])
      #expect(!run.op.holdsRows)
      let left = run.take(route == .fail ? .main : .errors)
      #expect(left.count == 2)
      if route == .output {
        #expect("\(left)".contains("left alone until 1970-01-01T00:00:00.005Z"), "\(left)")
      }
      try run.advance(to: 5_001)
      try run.give([(3, 1)])
      #expect(run.service.asked == [1: 2])
    }
  }
}
