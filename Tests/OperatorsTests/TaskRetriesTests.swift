import Columns
import KeyedState
import Plans
import Schemas
import TestKit
import Testing

@testable import Operators

/// How many tasks wait to be called again, as a stage tells it.
@Suite("Tasks that wait to be called again")
struct TaskRetriesTests {
  private static let busy = TaskAnswer(.refused("busy"), status: 503)

  @Test("They count from a call that failed to the next one, and to their end, over restarts")
  func counts() throws {
    var random = SeededRandom(seed: 1)
    var task = ExecuteRun.task()
    task.retry.attempts = 3
    task.retry.backoff = 3_600_000_000
    task.retry.longestBackoff = 3_600_000_000
    var run = try ExecuteRun(task, isSteered: true)
    func told() -> [String: Int] { run.ops[0].waiting.retries?.ofKeys ?? [:] }
    try run.give((0..<6).map { ExecuteRun.Row(key: "k\($0)", n: $0, tenant: $0 % 3) })
    #expect(run.ops[0].waiting.retries == Waiting.Retries(count: 0))
    run.synchronize()
    try run.deliver()
    for call in run.server.takeAll() {
      call.answer(call.tenant == 2 ? TaskAnswer(.done, status: 200) : Self.busy)
    }
    try run.deliver()
    #expect(told() == ["0": 2, "1": 2])
    try run.checkpoint()
    try run.crash(workers: 1, &random)
    #expect(told() == ["0": 2, "1": 2])
    try run.order(ExecuteRun.Order(tenant: 1, state: "cancelled"))
    #expect(told() == ["0": 2])
    while run.server.openCount == 0, let next = run.nextTimer { try run.advance(to: next) }
    #expect(run.server.openCount == 1 && told() == ["0": 1])
    try run.settle(&random) { $0.answer(TaskAnswer(.done, status: 200)) }
    #expect(run.ops[0].waiting.retries == Waiting.Retries(count: 0))
  }

  @Test("What is told is what a look at all tasks finds, whatever happens")
  func property() throws {
    for seed in 1...80 {
      var random = SeededRandom(seed: UInt64(seed))
      var run = try ExecuteRun(
        ExecutePropertyTests.task(&random), workers: Int.random(in: 1...3, using: &random),
        isSteered: true, seed: UInt64(seed))
      var given = 0
      for _ in 0..<40 {
        switch random.next() % 10 {
        case 0...1:
          let rows = ExecutePropertyTests.rows(from: given, now: run.now, &random)
          given += rows.count
          try run.give(rows)
        case 2...3: try run.advance(to: run.now + Int64.random(in: 0...400_000, using: &random))
        case 4: try run.checkpoint(full: random.next() % 3 == 0)
        case 5:
          run.now += 10_000
          try run.crash(workers: Int.random(in: 1...3, using: &random), &random)
        case 6:
          let states = ["running", "paused", "cancelled"]
          try run.order(
            ExecuteRun.Order(
              tenant: Int64.random(in: 0..<4, using: &random), state: states[given % 3]))
        default:
          run.synchronize()
          try run.deliver()
          try ExecutePropertyTests.fault(&run, &random)
        }
        for op in run.ops { Self.check(op, "seed \(seed)") }
      }
    }
  }

  private static func check(_ op: ExecuteOperator, _ note: String) {
    var found: [String: Int] = [:]
    for task in 0..<op.store.numberBound where op.store[task].attempts > 0 {
      guard [.waiting, .spent, .ready].contains(op.store[task].phase),
        let tenant = op.store.int(3, of: task)
      else { continue }
      found["\(tenant)", default: 0] += 1
    }
    let told = op.waiting.retries
    #expect(told?.ofKeys == found, "\(note)")
    #expect(told?.count == found.values.reduce(0, +), "\(note)")
  }
}
