import Columns
import KeyedState
import Plans
import Schemas
import TestKit
import Testing

@testable import Operators

/// Rows that leave in the order in which they came, and what a checkpoint keeps of their answers.
@Suite("Answers in order")
struct AskOrderTests {
  private static func policy() -> LookupPolicy {
    var policy = LookupPolicy()
    policy.batch = 1
    policy.within = 0
    policy.concurrency = 64
    policy.timeout = 1_000_000_000
    return policy
  }

  private static func answer(_ run: AskRun, _ keys: Set<Int64>) throws {
    var random = SeededRandom(seed: 1)
    var others: [SimulatedService.Question] = []
    while let question = run.service.take(&random) {
      guard keys.isSuperset(of: question.keys) else {
        others.append(question)
        continue
      }
      question.answer(.success(SimulatedService.answer(question.keys, &random)))
    }
    run.service.putBack(others)
    try run.deliver()
  }

  private static func numbers(_ rows: [[Cell]]) -> [Int64] {
    rows.compactMap { if case .int(let number)? = $0.first { number } else { nil } }
  }

  @Test("Rows leave as soon as all in front of them have their answers, and not batch by batch")
  func prefix() throws {
    let run = try AskRun(Self.policy())
    try run.give([0, 1, 2, 4].enumerated().map { (n: Int64($0.offset), user: $0.element) })
    try Self.answer(run, [1, 4])
    #expect(run.take(.main).isEmpty)
    try Self.answer(run, [0])
    #expect(Self.numbers(run.take(.main)) == [0, 1])
    try Self.answer(run, [2])
    #expect(Self.numbers(run.take(.main)) == [2, 3])
    #expect(!run.op.holdsRows)
  }

  @Test("What was answered and waits behind others is not asked for again behind a restart")
  func restart() throws {
    var run = try AskRun(Self.policy())
    try run.give((0..<8).map { (n: $0, user: $0) })
    try Self.answer(run, [0, 1, 4, 5, 6])
    #expect(Self.numbers(run.take(.main)) == [0, 1])
    let store = try run.snapshot()
    run = try AskRun(Self.policy())
    try run.op.restore(from: store.reader(worker: 0, of: 1))
    #expect(run.service.asked == [2: 1, 3: 1, 7: 1])
    try Self.answer(run, [2, 3, 7])
    let main = run.take(.main)
    #expect(Self.numbers(main) == [2, 3, 4, 5, 6, 7])
    // There is no row of 3, and that of 6 has no name.
    let names = [2, 3, 4, 5, 6, 7].map {
      SimulatedService.isAbsent($0) ? Cell.null : SimulatedService.name($0)
    }
    #expect(main.map { $0[2] } == names)
  }

  @Test("What is kept holds for the question that was asked, and for a stage that may give it")
  func otherwise() throws {
    for change in 0..<4 {
      var policy = Self.policy()
      if change == 2 { policy.fallback = LookupPolicy.Fallback() }
      var run = try AskRun(policy, route: change == 1 ? .skip : .fail)
      try run.give((0..<3).map { (n: $0, user: $0) })
      var random = SeededRandom(seed: 1)
      var others: [SimulatedService.Question] = []
      while let question = run.service.take(&random) {
        guard question.keys != [0] else {
          others.append(question)
          continue
        }
        let failure = LookupFailure("gone", isRetriable: false)
        question.answer(
          change == 0 || change == 3
            ? .success(SimulatedService.answer(question.keys, &random)) : .failure(failure))
      }
      run.service.putBack(others)
      try run.deliver()
      let store = try run.snapshot()
      // The same stage asks for the first row alone, any other one for all.
      run = try AskRun(Self.policy(), route: .fail, table: change == 0 ? "others" : "users")
      try run.op.restore(from: store.reader(worker: 0, of: 1))
      #expect(run.service.asked == (change == 3 ? [0: 1] : [0: 1, 1: 1, 2: 1]), "\(change)")
      try Self.answer(run, [0, 1, 2])
      #expect(run.take(.main).map { $0[2] } == (0..<3).map { SimulatedService.name($0) })
    }
  }

  @Test("With a bound of answers between two restarts all rows get theirs, each asked for once")
  func advance() throws {
    for seed in 1...60 {
      var random = SeededRandom(seed: UInt64(seed))
      var policy = Self.policy()
      policy.isOrdered = seed % 3 > 0
      var run = try AskRun(policy, seed: UInt64(seed))
      // Those that cannot be read would take another way.
      let users = (0..<40).filter { !SimulatedService.isUnreadable($0) }
      try run.give(users.prefix(20).map { (n: $0, user: $0) })
      try run.give(users.dropFirst(20).map { (n: $0, user: $0) })
      var (answered, left) = (Set<Int64>(), [Int64]())
      for _ in 0..<40 where run.op.holdsRows {
        // What is paid for between two restarts.
        for _ in 0..<Int.random(in: 1...5, using: &random) {
          guard let question = run.service.take(&random) else { break }
          #expect(answered.insert(question.keys[0]).inserted, "seed \(seed)")
          question.answer(.success(SimulatedService.answer(question.keys, &random)))
        }
        try run.deliver()
        let store = try run.snapshot()
        left += Self.numbers(run.take(.main))
        run = try AskRun(policy, seed: UInt64(seed))
        try run.op.restore(from: store.reader(worker: 0, of: 1))
        while run.stage.hasMore { try run.stage.release() }
        #expect(answered.isDisjoint(with: run.service.asked.keys), "seed \(seed)")
        left += Self.numbers(run.take(.main))
      }
      #expect(!run.op.holdsRows, "seed \(seed)")
      #expect((policy.isOrdered ? left : left.sorted()) == users, "seed \(seed)")
    }
  }
}
