import Columns
import Instruments
import KeyedState
import Plans
import Schemas
import TestKit
import Testing

@testable import Operators

/// What a stage that asks does with answers of models.
@Suite("Asking a model elsewhere")
struct AskModelTests {
  private static let model: ModelSpec = {
    var model = ModelSpec(name: "m", kind: "openai", inputs: [], outputs: [], versions: [])
    model.remote = RemoteModel()
    return model
  }()

  private static func policy(_ change: (inout LookupPolicy) -> Void = { _ in }) -> LookupPolicy {
    var policy = LookupPolicy()
    policy.within = 0
    change(&policy)
    return policy
  }

  private static func postponed(
    _ keys: [Int64], _ postponed: [Int: Int64], _ random: inout SeededRandom,
    isUsedUp: Bool = true
  ) -> LookupAnswer {
    var answer = SimulatedService.answer([], &random)
    let kept = keys.indices.filter { postponed[$0] == nil }
    if !kept.isEmpty {
      answer.rows = Batch(
        SimulatedService.schema,
        kept.map { [.int(keys[$0]), SimulatedService.name(keys[$0])] })
      answer.keys = kept
    }
    answer.postponed = postponed.mapValues { Postponement($0, isUsedUp: isUsedUp) }
    return answer
  }

  @Test func `keys that nobody was asked for wait, and no attempt is counted`() throws {
    var random = SeededRandom(seed: 1)
    var run = try AskRun(
      Self.policy {
        $0.attempts = 1
        $0.breaker = LookupPolicy.Breaker(openAt: 0.5, of: 1, duration: 1_000)
      }, route: .fail, model: Self.model)
    try run.give([(n: 0, user: 0), (n: 1, user: 1), (n: 2, user: 2)])
    for _ in 0..<3 {
      let question = try #require(run.service.take(&random))
      question.answer(
        .success(Self.postponed(question.keys, [0: 50_000, 1: 50_000, 2: 50_000], &random)))
      try run.deliver()
      #expect(run.service.open == 0)
      try run.advance(to: run.now + 49_999)
      #expect(run.service.open == 0)
      try run.advance(to: run.now + 1)
      #expect(run.service.open == 1)
    }
    let part = try #require(run.service.take(&random))
    part.answer(.success(Self.postponed(part.keys, [1: 10_000], &random)))
    try run.deliver()
    try run.advance(to: run.now + 10_000)
    let rest = try #require(run.service.take(&random))
    #expect(rest.keys == [part.keys[1]])
    rest.answer(.success(Self.postponed(rest.keys, [:], &random)))
    try run.deliver()
    #expect(run.take(.main).map(\.[0]) == [0, 1, 2])
    #expect(!run.op.holdsRows)
  }

  @Test func `where something stands in for them they do not wait`() throws {
    for hasFallback in [true, false] {
      var random = SeededRandom(seed: 1)
      var run = try AskRun(
        Self.policy {
          guard hasFallback else { return }
          $0.fallback = LookupPolicy.Fallback([
            LookupPolicy.Fallback.Value(column: "name", value: .string("none"))
          ])
        }, model: Self.model)
      try run.give([(n: 0, user: 0), (n: 1, user: 1)])
      let question = try #require(run.service.take(&random))
      question.answer(
        .success(Self.postponed(question.keys, [1: 50_000], &random, isUsedUp: false)))
      try run.deliver()
      var count = run.take(.main).count
      #expect(run.take(.errors).isEmpty)
      #expect(run.op.holdsRows)
      try run.advance(to: run.now + 50_000)
      let again = try #require(run.service.take(&random))
      again.answer(.success(Self.postponed(again.keys, [0: 50_000], &random)))
      try run.deliver()
      count += run.take(.main).count
      #expect(count == (hasFallback ? 2 : 1))
      #expect(run.take(.errors).count == (hasFallback ? 0 : 1))
      #expect(!run.op.holdsRows)
      #expect(run.stage.context.metrics.calls.refused.value == 1)
    }
  }

  @Test func `a wrong answer of a model has the fallback, one of a table none`() throws {
    for model in [Self.model, nil] {
      var random = SeededRandom(seed: 1)
      let run = try AskRun(
        Self.policy {
          $0.fallback = LookupPolicy.Fallback([
            LookupPolicy.Fallback.Value(column: "name", value: .string("none"))
          ])
        }, model: model)
      try run.give([(n: 0, user: 10)])
      let question = try #require(run.service.take(&random))
      var answer = SimulatedService.answer(question.keys, &random)
      #expect(answer.unreadable.count == 1)
      answer.usage.read = 7
      question.answer(.success(answer))
      try run.deliver()
      #expect(run.take(.main) == (model == nil ? [] : [[0, 10, "none"]]))
      #expect(run.stage.context.metrics.calls.tokensRead.value == 7)
    }
  }

  @Test func `what was answered is kept where another part of the call failed`() throws {
    var random = SeededRandom(seed: 1)
    var run = try AskRun(
      Self.policy { $0.attempts = 2 }, route: .output, model: Self.model)
    try run.give([(n: 0, user: 0), (n: 1, user: 1), (n: 2, user: 2)])
    for attempt in 0..<2 {
      let question = try #require(run.service.take(&random))
      var answer = Self.postponed(question.keys, attempt == 0 ? [1: 0] : [0: 0], &random)
      answer.postponed = [:]
      answer.usage.read = 5
      answer.failed = FailedKeys(
        [attempt == 0 ? 1 : 0], LookupFailure("busy", isRetriable: true))
      question.answer(.success(answer))
      try run.deliver()
      try run.advance(to: run.now + 1_000_000)
    }
    #expect(run.service.asked == [0: 1, 1: 2, 2: 1])
    #expect(run.take(.main).map(\.[0]) == [0, 2])
    #expect(run.take(.errors).count == 1)
    #expect(!run.op.holdsRows)
    let calls = run.stage.context.metrics.calls
    #expect(calls.sent.value == 2 && calls.failed.value == 2 && calls.tokensRead.value == 10)
  }

  @Test func `an answer that comes too late costs what it says`() throws {
    for hasFailed in [false, true] {
      var random = SeededRandom(seed: 1)
      var run = try AskRun(Self.policy { $0.timeout = 1_000 }, model: Self.model)
      try run.give([(n: 0, user: 0)])
      let question = try #require(run.service.take(&random))
      try run.advance(to: run.now + 1_000)
      var answer = SimulatedService.answer(question.keys, &random)
      answer.usage.read = 7
      var failure = LookupFailure("late", isRetriable: true)
      failure.usage.read = 7
      question.answer(hasFailed ? .failure(failure) : .success(answer))
      try run.deliver()
      #expect(run.take(.main).isEmpty)
      #expect(run.stage.context.metrics.calls.tokensRead.value == 7)
      try run.settle(&random)
      #expect(run.take(.main) == [[0, 0, "name 0"]])
    }
  }

  @Test func `calls that asked nobody are not counted`() throws {
    var random = SeededRandom(seed: 1)
    var run = try AskRun(Self.policy(), model: Self.model)
    try run.give([(n: 0, user: 0)])
    let question = try #require(run.service.take(&random))
    question.answer(.success(Self.postponed(question.keys, [0: 1_000], &random, isUsedUp: false)))
    try run.deliver()
    try run.advance(to: run.now + 1_000)
    let again = try #require(run.service.take(&random))
    var refused = SimulatedService.answer([], &random)
    (refused.unreadable, refused.isAsked) = ([0: "no such request"], false)
    again.answer(.success(refused))
    try run.deliver()
    #expect(run.take(.errors).count == 1)
    #expect(run.stage.context.metrics.calls.sent.value == 0)
  }
}
