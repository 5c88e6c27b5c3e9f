import Columns
import KeyedState
import Plans
import Schemas
import TestKit
import Testing

@testable import Operators

/// Tasks in doubt that are asked for, with a server that does things and does not say so.
@Suite("Tasks in doubt")
struct TaskDoubtTests {
  /// What the server has done, by key.
  private final class Ledger {
    private(set) var done: [String: Int] = [:]

    /// How a call of a task goes on.
    func handle(_ call: ScriptedServer.Call, _ random: inout SeededRandom) {
      switch random.next() % 8 {
      case 0: break
      case 1: perform(call)
      case 2:
        perform(call)
        call.answer(TaskAnswer(.broken("cut off")))
      case 3: call.answer(TaskAnswer(.broken("cut off")))
      case 4: call.answer(TaskAnswer(.refused("busy"), status: 503))
      default:
        perform(call)
        call.answer(ScriptedServer.answer("ok"))
      }
    }

    /// A question: calls of the key that are on their way have come to their end by then.
    func answer(
      _ call: ScriptedServer.Call, _ server: ScriptedServer, isFaulty: Bool,
      _ random: inout SeededRandom
    ) {
      for other in server.takeAll(of: call.key) where !other.isQuestion { end(other, &random) }
      if isFaulty {
        switch random.next() % 6 {
        case 0: return
        case 1: return call.answer(TaskAnswer(.refused("busy"), status: 503))
        case 2: return call.answer(TaskAnswer(.broken("cut off")))
        default: break
        }
      }
      call.answer(
        done[call.key] == nil
          ? TaskAnswer(.undone("not done"), status: 404) : ScriptedServer.answer("ok"))
    }

    /// A call whose caller is gone.
    func end(_ call: ScriptedServer.Call, _ random: inout SeededRandom) {
      if random.next() % 2 == 0 { perform(call) }
    }

    private func perform(_ call: ScriptedServer.Call) { done[call.key, default: 0] += 1 }
  }

  private static func task(_ random: inout SeededRandom) -> TaskSpec {
    var task = ExecuteRun.task()
    task.doubt = .verify
    task.timeout = 500_000
    task.retry.attempts = 250
    task.retry.longestBackoff = 500_000
    task.concurrency = [.init(calls: [1, 3, 100][Int(random.next() % 3)])]
    if random.next() % 2 == 0 { task.orderedBy = "line" }
    if random.next() % 3 == 0 { task.rates = [.init(rate: 50, burst: 3)] }
    if random.next() % 3 == 0 { task.retry.budget = 0.5 }
    return task
  }

  @Test("What a server can be asked for is done exactly once, whatever ends without an answer")
  func once() throws {
    for seed in 1...300 {
      var random = SeededRandom(seed: UInt64(seed))
      let ledger = Ledger()
      var run = try ExecuteRun(
        Self.task(&random), workers: Int.random(in: 1...3, using: &random), seed: UInt64(seed))
      var given = 0
      for _ in 0..<Int.random(in: 20...60, using: &random) {
        switch random.next() % 10 {
        case 0...1:
          let rows = (0..<Int.random(in: 1...6, using: &random)).map { offset in
            ExecuteRun.Row(
              key: "k\(given + offset)", n: Int64(given + offset), line: Int64(offset % 3))
          }
          given += rows.count
          try run.give(rows)
        case 2...3: try run.advance(to: run.now + Int64.random(in: 0...700_000, using: &random))
        case 4...5: run.synchronize()
        case 6: try run.checkpoint(full: random.next() % 3 == 0)
        case 7 where random.next() % 2 == 0:
          for call in run.server.takeAll() where !call.isQuestion { ledger.end(call, &random) }
          run.now += 1_000
          try run.crash(workers: Int.random(in: 1...3, using: &random), &random)
        default:
          guard let call = run.server.take(&random) else { break }
          if call.isQuestion {
            ledger.answer(call, run.server, isFaulty: true, &random)
          } else {
            ledger.handle(call, &random)
          }
        }
        try run.deliver()
      }
      var faults = SeededRandom(seed: UInt64(seed) << 8)
      try run.settle(&random) { [server = run.server] call in
        if call.isQuestion {
          ledger.answer(call, server, isFaulty: false, &faults)
        } else {
          ledger.handle(call, &faults)
        }
      }
      #expect(run.rows.count == given, "seed \(seed)")
      #expect(run.rows.allSatisfy { $0.port == .main }, "seed \(seed)")
      #expect(ledger.done.count == given, "seed \(seed)")
      #expect(ledger.done.values.allSatisfy { $0 == 1 }, "seed \(seed): \(ledger.done)")
    }
  }

  private static func verifying(attempts: Int) -> TaskSpec {
    var task = ExecuteRun.task()
    task.doubt = .verify
    task.retry.attempts = attempts
    return task
  }

  /// Answers the next call, and lets the time go by until the one behind it.
  private static func answer(
    _ run: inout ExecuteRun, _ answer: TaskAnswer, _ random: inout SeededRandom
  ) throws -> Bool? {
    let call = run.server.take(&random)
    call?.answer(answer)
    try run.deliver()
    try run.advance(to: run.now + 1_000_000)
    return call?.isQuestion
  }

  @Test("A task that was not done is sent again as long as it has attempts, and fails then")
  func undone() throws {
    var random = SeededRandom(seed: 1)
    var run = try ExecuteRun(Self.verifying(attempts: 2), hasJournal: false)
    try run.give([ExecuteRun.Row(key: "k", n: 0)])
    let undone = TaskAnswer(.undone("not done: status 404"), status: 404)
    for (answer, isQuestion) in [
      (TaskAnswer(.broken("cut")), false), (undone, true), (TaskAnswer(.timedOut("late")), false),
      (undone, true),
    ] {
      #expect(try Self.answer(&run, answer, &random) == isQuestion)
    }
    let row = try #require(run.rows.first)
    #expect(row.port == .failed && run.server.log.count == 4)
    #expect(
      Array(row.cells[6...9]) == [
        .int(404), .int(2), .text("cut"), .text("not done: status 404"),
      ])
  }

  @Test("Questions in vain end, as a task of unknown outcome; further rows of its key end so too")
  func vain() throws {
    var random = SeededRandom(seed: 2)
    var run = try ExecuteRun(Self.verifying(attempts: 3), hasJournal: false)
    try run.give((0..<2).map { ExecuteRun.Row(key: "k", n: $0) })
    #expect(try Self.answer(&run, TaskAnswer(.broken("cut")), &random) == false)
    for _ in 0..<3 {
      #expect(
        try Self.answer(&run, TaskAnswer(.refused("status 401"), status: 401), &random) == true)
    }
    #expect(run.server.log.count == 4)
    try run.give([ExecuteRun.Row(key: "k", n: 2)])
    try run.advance(to: run.now + 1_000_000)
    #expect(run.rows.count == 3 && run.server.log.count == 4)
    for row in run.rows {
      #expect(row.port == .failed)
      #expect("\(row.cells[9])".contains("outcome unknown: it was asked for 3 times in vain"))
    }
  }

  @Test("One that was done takes the columns of the answer that says so")
  func done() throws {
    var random = SeededRandom(seed: 3)
    var run = try ExecuteRun(Self.verifying(attempts: 1), hasJournal: false)
    try run.give([ExecuteRun.Row(key: "k", n: 0)])
    #expect(try Self.answer(&run, TaskAnswer(.timedOut("late")), &random) == false)
    #expect(try Self.answer(&run, ScriptedServer.answer("k"), &random) == true)
    let row = try #require(run.rows.first)
    #expect(row.port == .main)
    #expect(Array(row.cells[6...9]) == [.int(200), .int(1), .text("late"), .null])
    #expect(row.cells[11] == .text("re k"))
  }

  @Test("What a crash kept from being sent takes no attempt, over further crashes too")
  func crash() throws {
    var random = SeededRandom(seed: 4)
    var run = try ExecuteRun(Self.verifying(attempts: 1))
    try run.give([ExecuteRun.Row(key: "k", n: 0)])
    for _ in 0..<3 {
      run.synchronize()
      try run.deliver()
      _ = run.server.takeAll()
      try run.checkpoint()
      try run.crash(workers: 2, &random)
    }
    try run.settle(&random) { call in
      call.answer(
        call.isQuestion
          ? TaskAnswer(.undone("not done"), status: 404) : ScriptedServer.answer("k"))
    }
    let row = try #require(run.rows.first)
    #expect(row.port == .main && run.rows.count == 1)
    #expect(run.server.log.filter { !$0.isQuestion }.count == 2)
  }
}
