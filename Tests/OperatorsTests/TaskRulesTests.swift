import Columns
import KeyedState
import Plans
import Schemas
import TestKit
import Testing

@testable import Operators

/// Budgets of calls that are made again, and slow rates over restarts, in a time of the tests.
@Suite("Rules of tasks")
struct TaskRulesTests {
  @Test("Calls that are made again are a share of first calls, a reserve and one a second")
  func budget() throws {
    for seed in 1...30 {
      var random = SeededRandom(seed: UInt64(seed))
      var task = ExecuteRun.task()
      task.retry.attempts = 1_000
      task.retry.backoff = 1_000
      task.retry.longestBackoff = 100_000
      task.retry.budget = 0.2
      if seed % 2 == 0 { task.concurrency = [.init(calls: 50, per: "tenant")] }
      var run = try ExecuteRun(task, hasJournal: false, seed: UInt64(seed))
      let began = run.now
      var given = 0
      for _ in 0..<200 {
        let rows = (0..<Int.random(in: 0...6, using: &random)).map {
          ExecuteRun.Row(key: "k\(given + $0)", n: 0, tenant: Int64($0 % 2))
        }
        given += rows.count
        try run.give(rows)
        while let call = run.server.take(&random) {
          let isBusy = random.next() % 10 < 8
          call.answer(
            isBusy ? TaskAnswer(.refused("busy"), status: 503) : TaskAnswer(.done, status: 200))
        }
        try run.deliver()
        try run.advance(to: run.now + Int64.random(in: 1_000...50_000, using: &random))
      }
      let tenants = Dictionary(grouping: run.server.log) { seed % 2 == 0 ? $0.tenant : 0 }
      for log in tenants.values {
        Self.check(log, began: began, share: 0.2, "seed \(seed)")
      }
      // None fails for it, and all come to an end.
      try run.settle(&random) { $0.answer(TaskAnswer(.done, status: 200)) }
      #expect(run.rows.count == given && run.rows.allSatisfy { $0.port == .main }, "seed \(seed)")
    }
  }

  @Test("Calls that a client makes again by itself are counted among a task's")
  func clientsCalls() throws {
    var task = ExecuteRun.task()
    task.retry.attempts = 3
    var run = try ExecuteRun(task, hasJournal: false)
    try run.give([ExecuteRun.Row(key: "a", n: 0)])
    var numbers: [Int] = []
    for calls in [1, 2, 1] {
      for call in run.server.takeAll() {
        numbers.append(call.number)
        var answer = TaskAnswer(.refused("busy"), status: 503)
        answer.calls = calls
        call.answer(answer)
      }
      try run.deliver()
      if let timer = run.nextTimer { try run.advance(to: timer) }
    }
    #expect(numbers == [1, 2])
    let row = try #require(run.rows.first)
    #expect(row.port == .failed && row.cells[7] == 3, "\(row)")
  }

  private static func check(
    _ log: [ScriptedServer.Call], began: Int64, share: Double, _ note: String
  ) {
    var (first, again) = (0, 0)
    for call in log {
      if call.number == 1 { first += 1 } else { again += 1 }
      let seconds = Double(call.time - began) / 1e6
      #expect(Double(again) <= 10 + share * Double(first) + seconds + 1, "\(note)")
    }
    #expect(again > 10, "\(note)")
  }

  @Test("A budget without failures holds nobody back, and is saved up to a bound")
  func reserve() throws {
    var budget = try #require(RetryBudget(0.1))
    let now = Timestamp(microseconds: 1_000_000)
    for _ in 0..<100_000 { budget.firstCall() }
    var taken = 0
    while budget.take(at: now) == nil { taken += 1 }
    #expect((99...100).contains(taken))
    let again = budget.take(at: now)
    let due = try #require(again)
    #expect(due <= now.later(by: 1_000_000))
    #expect(budget.take(at: due) == nil)
    #expect(budget.take(at: due) == due.later(by: 1_000_000))
    // Hours without calls bring one, not thousands.
    let later = due.later(by: 3_600_000_000)
    #expect(budget.take(at: later) == nil && budget.take(at: later) != nil)
    #expect(RetryBudget(nil) == nil)
  }

  @Test("A restart gives a slow rate no call that was not due, for all and for each value")
  func slowRates() throws {
    for seed in 1...60 {
      var random = SeededRandom(seed: UInt64(seed))
      var task = ExecuteRun.task()
      let per = seed % 2 == 0 ? "tenant" : nil
      task.rates = [.init(rate: 0.1, burst: 1, per: per)]
      var run = try ExecuteRun(
        task, workers: Int.random(in: 1...3, using: &random), seed: UInt64(seed))
      for step in 0..<60 {
        switch random.next() % 6 {
        case 0...1:
          try run.give([
            ExecuteRun.Row(key: "k\(step)", n: Int64(step), tenant: Int64(step % 3))
          ])
        case 2: try run.checkpoint(full: random.next() % 2 == 0)
        case 3:
          run.now += 1_000
          try run.crash(workers: Int.random(in: 1...3, using: &random), &random)
        default:
          for _ in 0..<Int.random(in: 0...80, using: &random) { try Self.goOn(&run) }
        }
        try Self.goOn(&run)
      }
      let logs = Dictionary(grouping: run.server.log) { per == nil ? 0 : $0.tenant }
      for log in logs.values {
        let times = log.map(\.time).sorted()
        for (time, next) in zip(times, times.dropFirst()) {
          // The next goes by the turn of the one before, which leaves a moment later, when the disk
          // has it: behind a crash that moment is missing.
          #expect(next - time >= 9_800_000, "seed \(seed): \(next - time)")
        }
      }
      #expect(run.server.log.count > 3, "seed \(seed)")
    }
  }

  /// A tenth of a second in which the disk keeps up and all calls are answered.
  private static func goOn(_ run: inout ExecuteRun) throws {
    run.synchronize()
    try run.deliver()
    for call in run.server.takeAll() { call.answer(ScriptedServer.answer(call.key)) }
    try run.deliver()
    try run.advance(to: run.now + 100_000)
  }

  @Test("What is remembered of a rate that was changed, or lies too far ahead, holds nobody up")
  func recalled() {
    func limits(_ rate: Double) -> TaskLimits {
      TaskLimits(
        TaskSpec(
          name: "t", kind: "http", options: [], idempotencyKey: "key",
          rates: [.init(rate: rate, burst: 1)]))
    }
    let now = Timestamp(microseconds: 1_700_000_000_000_000)
    let hourly = limits(1.0 / 3_600)
    let shares = hourly.open([nil, nil], at: now)
    guard case .taken = hourly.take(shares, worker: 0, at: now) else {
      Issue.record("the first call is not taken")
      return
    }
    let pace = hourly.paces(of: shares)[0]
    func next(_ limits: TaskLimits, at now: Timestamp) -> TaskLimits.Answer {
      limits.recall(pace, at: now)
      limits.join(at: now, bell: {})
      return limits.take(limits.open([nil, nil], at: now), worker: 0, at: now)
    }
    let later = now.later(by: 600_000_000)
    #expect(next(limits(1.0 / 3_600), at: later) == .stalled(until: now.later(by: 3_600_000_000)))
    #expect(next(limits(1.0 / 60), at: later) == .taken(opening: 0))
    // The clock was set back by a day since.
    let earlier = now.later(by: -86_400_000_000)
    #expect(
      next(limits(1.0 / 3_600), at: earlier) == .stalled(until: earlier.later(by: 3_600_000_000)))
    #expect(limits(10).paces(of: shares).isEmpty)
  }

  @Test("No call leaves before all workers have told what they know of slow rates")
  func untold() {
    let limits = TaskLimits(
      TaskSpec(
        name: "t", kind: "http", options: [], idempotencyKey: "key",
        rates: [.init(rate: 0.5, burst: 1)]))
    let (stage, now) = (OperatorID("s.execute"), Timestamp(microseconds: 5_000_000))
    for _ in 0..<2 {
      limits.join(at: now, bell: {})
      limits.expect(stage, workers: 2)
    }
    let shares = limits.open([nil, nil], at: now)
    limits.settle(stage)
    guard case .stalled = limits.take(shares, worker: 0, at: now) else {
      Issue.record("a call before all have told")
      return
    }
    limits.settle(stage)
    #expect(limits.take(shares, worker: 0, at: now) == .taken(opening: 0))
  }

  @Test("Deadlines behind a call that hangs do not gather")
  func deadlines() {
    var calls = TaskCalls(timeout: 3_600_000_000)
    var now = Timestamp(microseconds: 0)
    calls.begin(0, opening: 0)
    let hanging = calls.leave(0, at: now)
    for task in 1...200_000 as ClosedRange<UInt32> {
      now = now.later(by: 10)
      calls.begin(task, opening: 0)
      let call = calls.leave(task, at: now)
      #expect(calls.end(task, call.number) != nil)
      #expect(calls.deadlineCount <= 128)
    }
    #expect(calls.nextDeadline() == Timestamp(microseconds: 3_600_000_000))
    #expect(calls.overdue(at: now.later(by: 3_600_000_000))?.task == 0)
    #expect(calls.end(0, hanging.number) == nil)
  }

  @Test("Rows of one key are never called at once, and each has an outcome, over crashes too")
  func followers() throws {
    for seed in 1...100 {
      var random = SeededRandom(seed: UInt64(seed))
      var task = ExecuteRun.task()
      task.retry.attempts = 1_000
      if seed % 3 == 0 { task.doubt = .hold }
      var run = try ExecuteRun(task, seed: UInt64(seed))
      var given: Int64 = 0
      for _ in 0..<40 {
        switch random.next() % 8 {
        case 0...2:
          let rows = (0..<3).map { offset in
            ExecuteRun.Row(key: "k\(random.next() % 4)", n: given + offset)
          }
          given += 3
          try run.give(rows)
        case 3: try run.advance(to: run.now + 300_000)
        case 4: try run.checkpoint(full: random.next() % 2 == 0)
        case 5:
          _ = run.server.takeAll()
          run.now += 1_000
          try run.crash(workers: Int.random(in: 1...3, using: &random), &random)
        default:
          if let call = run.server.take(&random) {
            call.answer(
              random.next() % 3 == 0
                ? TaskAnswer(.refused("busy"), status: 503) : ScriptedServer.answer("ok"))
          }
        }
        run.synchronize()
        try run.deliver()
        let open = run.server.takeAll()
        #expect(Set(open.map(\.key)).count == open.count, "seed \(seed)")
        for call in open { call.answer(ScriptedServer.answer("ok")) }
        try run.deliver()
      }
      try run.settle(&random) { $0.answer(ScriptedServer.answer("ok")) }
      let numbers = run.rows.map { "\($0.cells[1])" }.sorted()
      #expect(numbers == (0..<given).map { "\(Cell.int($0))" }.sorted(), "seed \(seed)")
      let failed = run.rows.filter { $0.port == .failed }
      #expect(task.doubt == .hold || failed.isEmpty, "seed \(seed)")
      #expect(failed.allSatisfy { "\($0.cells[9])".contains("outcome unknown") })
    }
  }

  @Test("Behind a stop no call begins, and it waits for those under way and no longer")
  func stop() throws {
    for seed in 1...40 {
      var random = SeededRandom(seed: UInt64(seed))
      var task = ExecuteRun.task()
      task.concurrency = [.init(calls: 5)]
      task.timeout = 2_000_000
      if seed % 2 == 0 { task.rates = [.init(rate: 20, burst: 2)] }
      var run = try ExecuteRun(task, seed: UInt64(seed))
      try run.give((0..<20).map { ExecuteRun.Row(key: "k\($0)0", n: Int64($0)) })
      run.synchronize()
      try run.deliver()
      try run.advance(to: run.now + Int64.random(in: 0...200_000, using: &random))
      run.synchronize()
      try run.deliver()
      for op in run.ops { op.prepareToStop() }
      let began = run.now
      // Those whose intents are durable leave, none besides.
      let most = run.ops.reduce(0) { $0 + $1.calls.count } + run.server.log.count
      for _ in 0..<40 where run.ops.contains(where: \.holdsBack) {
        if random.next() % 2 == 0, let call = run.server.take(&random) {
          call.answer(ScriptedServer.answer(call.key))
        }
        run.synchronize()
        try run.deliver()
        try run.advance(to: run.now + 100_000)
      }
      let isHeldBack = run.ops.contains { $0.holdsBack }
      #expect(!isHeldBack, "seed \(seed)")
      #expect(run.now - began <= 3_100_000, "seed \(seed)")
      #expect(run.server.log.count <= most, "seed \(seed)")
    }
  }
}
