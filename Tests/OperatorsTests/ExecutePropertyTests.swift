import Columns
import KeyedState
import Plans
import Schemas
import TestKit
import Testing

@testable import Operators

/// `execute` against what must become of each row, with a server that fails, and crashes.
@Suite("Executing tasks")
struct ExecutePropertyTests {
  static func task(_ random: inout SeededRandom) -> TaskSpec {
    var task = ExecuteRun.task()
    task.timeout = 500_000
    // Faults end, and no task may be given up before.
    task.retry.attempts = 1_000
    task.retry.longestBackoff = 2_000_000
    task.concurrency = [.init(calls: [1, 2, 5, 100][Int(random.next() % 4)])]
    if random.next() % 3 == 0 { task.concurrency.append(.init(calls: 1, per: "tenant")) }
    if random.next() % 3 == 0 {
      task.rates = [.init(rate: 20, burst: 3), .init(rate: 8, burst: 2, per: "tenant")]
    }
    if random.next() % 2 == 0 { task.orderedBy = "line" }
    if random.next() % 2 == 0 { task.fairBy = "tenant" }
    if random.next() % 2 == 0 { task.priority = "priority" }
    if random.next() % 2 == 0 { task.dueAt = "due" }
    if random.next() % 4 == 0 { task.breaker = .init(openAt: 0.5, of: 4, duration: 300_000) }
    if random.next() % 3 == 0 { task.retry.budget = 0.2 }
    if random.next() % 3 == 0 { task.concurrency[0].first = 1 }
    return task
  }

  static func rows(
    from first: Int, now: Int64, _ random: inout SeededRandom
  ) -> [ExecuteRun.Row] {
    (0..<Int.random(in: 1...12, using: &random)).map { offset in
      ExecuteRun.Row(
        key: "k\(first + offset)", n: Int64(first + offset),
        line: Int64.random(in: 0..<5, using: &random),
        tenant: Int64.random(in: 0..<4, using: &random),
        priority: Int64.random(in: 0..<3, using: &random),
        due: random.next() % 4 == 0
          ? now + Int64.random(in: -1_000...3_000_000, using: &random) : nil)
    }
  }

  /// Answers a call: well, twice, with an error, or never.
  static func fault(_ run: inout ExecuteRun, _ random: inout SeededRandom) throws {
    guard let call = run.server.take(&random) else { return try run.deliver() }
    switch random.next() % 9 {
    case 0: break
    case 1: call.answer(TaskAnswer(.refused("busy"), status: 503))
    case 2: call.answer(TaskAnswer(.unreached("no route")))
    case 3: call.answer(TaskAnswer(.refused("slowly"), status: 429, retryAfter: 300_000))
    case 4:
      call.answer(ScriptedServer.answer(call.key))
      call.answer(TaskAnswer(.broken("once more")))
    default: call.answer(ScriptedServer.answer(call.key))
    }
    if random.next() % 3 > 0 { try run.deliver() }
  }

  @Test("Each row ends once, whatever the server does and wherever the stage is restored")
  func outcomes() throws {
    for seed in 1...400 {
      var random = SeededRandom(seed: UInt64(seed))
      let task = Self.task(&random)
      var run = try ExecuteRun(
        task, workers: Int.random(in: 1...3, using: &random), seed: UInt64(seed))
      var given: [ExecuteRun.Row] = []
      var crashes = 0
      for _ in 0..<Int.random(in: 10...60, using: &random) {
        switch random.next() % 12 {
        case 0...2:
          let rows = Self.rows(from: given.count, now: run.now, &random)
          given += rows
          try run.give(rows)
        case 3...4: try run.advance(to: run.now + Int64.random(in: 0...400_000, using: &random))
        case 5...6:
          run.synchronize()
          try run.deliver()
        case 7...9: try Self.fault(&run, &random)
        case 10: try run.checkpoint(full: random.next() % 3 == 0)
        default:
          crashes += 1
          run.now += 10_000
          try run.crash(workers: Int.random(in: 1...3, using: &random), &random)
        }
        let most = task.concurrency[0].calls
        #expect(run.ops.reduce(0) { $0 + $1.calls.count } <= most, "seed \(seed)")
      }
      try run.settle(&random)
      #expect(run.ops.allSatisfy { !$0.holdsRows && $0.releasedWatermark == .endOfTime })
      #expect(run.ops.allSatisfy { $0.lanes.asideCount == 0 }, "seed \(seed)")
      Self.check(run, given, crashes, "seed \(seed)")
    }
  }

  private static func check(
    _ run: ExecuteRun, _ given: [ExecuteRun.Row], _ crashes: Int, _ note: String
  ) {
    let numbers = run.rows.compactMap { row -> Int64? in
      if case .int(let n) = row.cells[1] { n } else { nil }
    }
    #expect(numbers.sorted() == given.map(\.n).sorted(), "\(note)")
    let calls = Dictionary(grouping: run.server.log, by: \.key).mapValues(\.count)
    for (port, cells) in run.rows {
      guard case .text(let key) = cells[0], case .int(let attempts) = cells[7] else { continue }
      #expect((port == .failed) == ScriptedServer.refuses(key), "\(note)")
      #expect(cells[6] == .int(port == .failed ? 400 : 200), "\(note)")
      #expect(cells[9] == (port == .failed ? .text("no such address") : .null), "\(note)")
      #expect(cells[11] == (port == .failed ? .null : .text("re \(key)")), "\(note)")
      // A crash may keep a call from leaving, but hides none.
      #expect(Int(attempts) >= calls[key] ?? 0, "\(note)")
      if crashes == 0 { #expect(Int(attempts) == calls[key], "\(note)") }
    }
    for row in given {
      guard run.task.dueAt != nil, let due = row.due else { continue }
      #expect(run.server.log.allSatisfy { $0.n != row.n || $0.time >= due }, "\(note)")
    }
    if run.task.orderedBy != nil { checkOrder(run, given, note) }
    for rate in run.task.rates where rate.per == nil {
      TaskLimitsTests.check(run.server.log.map(\.time), rate, extra: crashes, note)
    }
    for rate in run.task.rates where rate.per != nil {
      for calls in Dictionary(grouping: run.server.log, by: \.tenant).values {
        TaskLimitsTests.check(calls.map(\.time), rate, extra: crashes, note)
      }
    }
  }

  /// Calls of a line come in the order of its rows, over crashes too.
  private static func checkOrder(
    _ run: ExecuteRun, _ given: [ExecuteRun.Row], _ note: String
  ) {
    for (line, calls) in Dictionary(grouping: run.server.log, by: \.line) {
      var order: [Int64] = []
      for call in calls where order.last != call.n { order.append(call.n) }
      #expect(order == given.filter { $0.line == line }.map(\.n), "line \(line) of \(note)")
    }
  }

  @Test("What the journal says was done is not called again, and what may have been is as declared")
  func doubt() throws {
    for doubt in [TaskSpec.Doubt.resend, .hold] {
      var random = SeededRandom(seed: 7)
      var task = ExecuteRun.task()
      task.doubt = doubt
      var run = try ExecuteRun(task)
      let rows = (0..<3).map { ExecuteRun.Row(key: "k\($0)", n: Int64($0)) }
      try run.give(rows)
      #expect(run.server.log.count == (doubt == .resend ? 3 : 0))
      run.synchronize()
      try run.deliver()
      #expect(run.server.log.count == 3)
      // The first is done, the second fails and will be called again, the third is unanswered.
      var calls: [String: ScriptedServer.Call] = [:]
      while let call = run.server.take(&random) { calls[call.key] = call }
      calls["k0"]?.answer(ScriptedServer.answer("k0"))
      calls["k1"]?.answer(TaskAnswer(.refused("busy"), status: 503))
      try run.deliver()
      run.synchronize()
      try run.deliver()
      #expect(run.rows.count == 1)
      for workers in [1, 3] { try run.crash(workers: workers, &random) }
      try run.settle(&random)
      let counts = Dictionary(grouping: run.server.log, by: \.key).mapValues(\.count)
      // Behind each crash nobody knows of the third.
      #expect(counts == ["k0": 1, "k1": 2, "k2": doubt == .resend ? 3 : 1])
      #expect(run.rows.count == 3)
      let failed = run.rows.filter { $0.port == .failed }
      #expect(failed.count == (doubt == .resend ? 0 : 1))
      if let row = failed.first {
        #expect(row.cells[0] == .text("k2") && row.cells[6] == .null)
        #expect("\(row.cells[9])".contains("outcome unknown"))
      }
    }
  }

  @Test("Rows of one key are one call, whose outcome all of them have, over a crash too")
  func followers() throws {
    for crashes in [false, true] {
      var random = SeededRandom(seed: 8)
      var run = try ExecuteRun(ExecuteRun.task())
      try run.give((0..<4).map { ExecuteRun.Row(key: $0 == 2 ? nil : "k", n: Int64($0)) })
      #expect(run.rows.count == 1)
      run.synchronize()
      try run.deliver()
      run.server.take(&random)?.answer(ScriptedServer.answer("k"))
      try run.deliver()
      run.synchronize()
      if crashes { try run.crash(workers: 2, &random) } else { try run.deliver() }
      #expect(run.server.log.count == 1 && run.rows.count == 4)
      #expect(run.rows.count { $0.port == .main } == 3)
      // One that comes when the others have left is another task.
      try run.give([ExecuteRun.Row(key: "k", n: 9)])
      try run.settle(&random)
      #expect(run.server.log.count == 2 && run.rows.count == 5)
    }
  }

  @Test("A task ends as failed when its attempts are used up, and says how it failed first")
  func attempts() throws {
    var random = SeededRandom(seed: 9)
    var task = ExecuteRun.task()
    task.retry.attempts = 3
    var run = try ExecuteRun(task, hasJournal: false)
    try run.give([ExecuteRun.Row(key: "k", n: 0)])
    for reason in ["first", "second", "third"] {
      run.server.take(&random)?.answer(TaskAnswer(.refused(reason), status: 500))
      try run.deliver()
      try run.advance(to: run.now + 1_000_000)
    }
    let row = try #require(run.rows.first)
    #expect(row.port == .failed && run.server.log.count == 3)
    #expect(Array(row.cells[6...9]) == [.int(500), .int(3), .text("first"), .text("third")])
  }

  @Test("A call without an answer is given up, and what comes later is nobody's")
  func late() throws {
    var random = SeededRandom(seed: 10)
    var run = try ExecuteRun(ExecuteRun.task(), hasJournal: false)
    try run.give([ExecuteRun.Row(key: "k", n: 0)])
    let first = run.server.take(&random)
    try run.advance(to: run.now + 12_000_000)
    let second = run.server.take(&random)
    first?.answer(TaskAnswer(.refused("late"), status: 400))
    try run.deliver()
    #expect(run.rows.isEmpty && run.server.log.count == 2)
    second?.answer(ScriptedServer.answer("k"))
    try run.deliver()
    let row = try #require(run.rows.first)
    #expect(row.port == .main && "\(row.cells[8])".contains("no answer within 10s"))
  }
}
