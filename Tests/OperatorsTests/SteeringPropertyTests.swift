import Columns
import KeyedState
import Plans
import Schemas
import TestKit
import Testing

@testable import Operators

/// `execute … steered by` a table that pauses, resumes, slows down and cancels, with a server that
/// fails, and crashes.
@Suite("Steering tasks")
struct SteeringPropertyTests {
  /// What was said of each tenant, and what may still be called though it is not to be.
  private struct Model {
    /// Of tenants of whom nothing is said.
    let unsaid: String
    var states: [Int64: String] = [:]
    var leaving: [Int64: Set<Int64>] = [:]
    /// Calls that have been looked at.
    var seen = 0
    /// Those that were cancelled at some time, and those of them that went on later.
    var cancelled: Set<Int64> = []
    var resumed: Set<Int64> = []
    /// Rows that came when their tenant was cancelled.
    var late: Set<Int64> = []

    init(isRequired: Bool) { unsaid = isRequired ? "awaited" : "running" }

    func state(_ tenant: Int64) -> String { states[tenant] ?? unsaid }

    mutating func order(_ order: ExecuteRun.Order, _ run: ExecuteRun) {
      let state = order.state ?? unsaid
      // A row that is deleted says nothing of a rate.
      let isHeld = state != "running" || order.state != nil && (order.rate ?? 1) <= 0
      leaving[order.tenant] = isHeld ? run.beginning(of: order.tenant) : nil
      states[order.tenant] = isHeld && state == "running" ? "paused" : state
      if state == "cancelled" {
        cancelled.insert(order.tenant)
      } else if cancelled.contains(order.tenant) {
        resumed.insert(order.tenant)
      }
    }

    /// No call begins that the table does not let begin.
    mutating func check(_ run: ExecuteRun, _ rows: [ExecuteRun.Row], _ note: String) {
      for call in run.server.log[seen...] {
        let tenant = rows[Int(call.n)].tenant
        guard state(tenant) != "running" else { continue }
        #expect(leaving[tenant]?.contains(call.n) ?? false, "\(call.n) of \(note)")
      }
      seen = run.server.log.count
    }
  }

  private static func order(_ random: inout SeededRandom) -> ExecuteRun.Order {
    let states = ["running", "paused", "paused", "cancelled", "off", nil]
    let rates: [Double?] = [nil, nil, nil, 4, 50, 0]
    return ExecuteRun.Order(
      tenant: Int64.random(in: 0..<4, using: &random),
      state: states[Int(random.next() % 6)], rate: rates[Int(random.next() % 6)])
  }

  @Test("Each row ends once, and no call begins that the table does not let begin")
  func outcomes() throws {
    for seed in 1...400 {
      let isRequired = seed % 2 == 1
      var random = SeededRandom(seed: UInt64(seed))
      let task = ExecutePropertyTests.task(&random)
      var run = try ExecuteRun(
        task, workers: Int.random(in: 1...3, using: &random), isSteered: true,
        isRequired: isRequired, seed: UInt64(seed))
      var (model, given, crashes) = (Model(isRequired: isRequired), [ExecuteRun.Row](), 0)
      for _ in 0..<Int.random(in: 10...80, using: &random) {
        switch random.next() % 15 {
        case 0...2:
          let rows = ExecutePropertyTests.rows(from: given.count, now: run.now, &random)
          given += rows
          model.late.formUnion(rows.filter { model.state($0.tenant) == "cancelled" }.map(\.n))
          try run.give(rows)
        case 3...4: try run.advance(to: run.now + Int64.random(in: 0...400_000, using: &random))
        case 5...6:
          run.synchronize()
          try run.deliver()
        case 7...9: try ExecutePropertyTests.fault(&run, &random)
        case 10: try run.checkpoint(full: random.next() % 3 == 0)
        case 11:
          crashes += 1
          run.now += 10_000
          model.leaving = model.leaving.mapValues { _ in [] }
          try run.crash(workers: Int.random(in: 1...3, using: &random), &random)
        default:
          let order = Self.order(&random)
          model.order(order, run)
          try run.order(order)
        }
        model.check(run, given, "seed \(seed)")
      }
      for tenant in Int64(0)..<4 where model.state(tenant) != "cancelled" {
        let order = ExecuteRun.Order(tenant: tenant, state: isRequired ? "running" : nil)
        model.order(order, run)
        try run.order(order)
      }
      try run.settle(&random)
      model.check(run, given, "seed \(seed)")
      Self.check(run, model, given, crashes, "seed \(seed)")
    }
  }

  private static func check(
    _ run: ExecuteRun, _ model: Model, _ given: [ExecuteRun.Row], _ crashes: Int, _ note: String
  ) {
    #expect(run.ops.allSatisfy { !$0.holdsRows && $0.isExhausted }, "\(note)")
    #expect(run.ops.allSatisfy { $0.lanes.asideCount == 0 }, "\(note)")
    #expect(run.ops.allSatisfy { $0.waiting.rowless?.count ?? 0 == 0 }, "\(note)")
    let numbers = run.rows.compactMap { row -> Int64? in
      if case .int(let n) = row.cells[1] { n } else { nil }
    }
    #expect(numbers.sorted() == given.map(\.n).sorted(), "\(note)")
    let calls = Dictionary(grouping: run.server.log, by: \.n).mapValues(\.count)
    for (port, cells) in run.rows {
      guard case .text(let key) = cells[0], case .int(let n) = cells[1],
        case .int(let attempts) = cells[7]
      else { continue }
      let tenant = given[Int(n)].tenant
      if crashes == 0 { #expect(Int(attempts) == calls[n] ?? 0, "\(note)") }
      if cells[9] == .text("cancelled") || "\(cells[9])".contains("cancelled; outcome unknown") {
        #expect(port == .failed && cells[6] == .null, "\(note)")
        #expect(model.cancelled.contains(tenant), "\(n) of \(note)")
        // What it says of calls is true over crashes too.
        if attempts == 0 { #expect(calls[n] == nil, "\(n) of \(note)") }
      } else if port == .failed, !ScriptedServer.refuses(key) {
        // What was under way ended as it ended.
        #expect(model.cancelled.contains(tenant) && attempts > 0, "\(n) of \(note)")
      } else {
        #expect((port == .failed) == ScriptedServer.refuses(key), "\(note)")
      }
      if model.late.contains(n), !model.resumed.contains(tenant) {
        #expect(calls[n] == nil, "\(n) of \(note)")
      }
    }
  }

  private func paused(
    _ rows: Int, _ change: (inout TaskSpec) -> Void = { _ in }
  ) throws -> ExecuteRun {
    var task = ExecuteRun.task()
    task.concurrency = [.init(calls: 1_000)]
    change(&task)
    var run = try ExecuteRun(task, hasJournal: false, isSteered: true)
    try run.order(.init(tenant: 1, state: "paused"))
    try run.give(
      (0..<rows).map { ExecuteRun.Row(key: "k\($0)", n: Int64($0), tenant: Int64($0 % 2)) })
    return run
  }

  @Test("What is paused waits, and goes on at once when the table says so")
  func resumption() throws {
    var run = try paused(100)
    #expect(run.server.log.count == 50)
    try run.order(.init(tenant: 1, state: "running"))
    #expect(run.server.log.count == 100)
  }

  @Test("Where a row is required tasks wait for one, also behind a restart and a deletion")
  func requirement() throws {
    var random = SeededRandom(seed: 2)
    var task = ExecuteRun.task()
    task.concurrency = [.init(calls: 1_000)]
    var run = try ExecuteRun(task, isSteered: true, isRequired: true)
    func give(_ rows: Range<Int64>) throws {
      try run.give(rows.map { ExecuteRun.Row(key: "k\($0)", n: $0, tenant: $0 % 2) })
      run.synchronize()
      try run.deliver()
    }
    func rowless() -> Int { run.ops.reduce(0) { $0 + ($1.waiting.rowless?.count ?? 0) } }
    try run.order(.init(tenant: 0, state: "running"))
    try give(0..<20)
    #expect(run.server.log.count == 10 && run.server.log.allSatisfy { $0.n % 2 == 0 })
    #expect(run.ops[0].waiting.rowless == .init(table: "tenants", count: 10, key: "1"))
    try run.checkpoint(full: true)
    try run.crash(workers: 2, &random)
    try give(20..<22)
    #expect(run.server.log.allSatisfy { $0.n % 2 == 0 } && run.server.log.contains { $0.n == 20 })
    #expect(rowless() == 11)
    // A row that pauses is one too, also behind the next restart.
    try run.order(.init(tenant: 1, state: "paused"))
    #expect(rowless() == 0)
    try run.checkpoint(full: false)
    try run.crash(workers: 3, &random)
    #expect(rowless() == 0 && run.server.log.allSatisfy { $0.n % 2 == 0 })
    try run.order(.init(tenant: 1, state: "running"))
    run.synchronize()
    try run.deliver()
    #expect(run.server.log.contains { $0.n == 1 } && run.server.log.contains { $0.n == 21 })
    try run.order(.init(tenant: 0, state: nil))
    try give(22..<24)
    #expect(!run.server.log.contains { $0.n == 22 } && run.server.log.contains { $0.n == 23 })
    #expect(run.ops.contains { $0.waiting.rowless?.key == "0" })
  }

  @Test("Scheduled, retried and queued tasks end at once when they are cancelled")
  func cancellation() throws {
    var random = SeededRandom(seed: 3)
    var run = try paused(8) { $0.dueAt = "due" }
    try run.give([ExecuteRun.Row(key: "later", n: 8, tenant: 0, due: run.now + 86_400_000_000)])
    for _ in 0..<2 {
      run.server.take(&random)?.answer(TaskAnswer(.refused("busy"), status: 503))
    }
    try run.deliver()
    for tenant in [Int64(0), 1] { try run.order(.init(tenant: tenant, state: "cancelled")) }
    try run.advance(to: run.now + 100)
    // Two are under way.
    #expect(run.rows.count == 7)
    for row in run.rows {
      #expect(row.port == .failed && row.cells[9] == .text("cancelled"))
      let isRetried = row.cells[7] == .int(1)
      #expect(row.cells[8] == .text(isRetried ? "busy" : "cancelled"))
    }
    #expect(run.rows.count { $0.cells[7] == .int(1) } == 2)
    while let call = run.server.take(&random) {
      call.answer(TaskAnswer(.refused("busy"), status: 503))
    }
    try run.deliver()
    #expect(run.rows.count == 9 && run.ops[0].store.count == 0)
  }

  @Test("A rate that a table of a stream says counts behind a restart too")
  func restoredRate() throws {
    var random = SeededRandom(seed: 1)
    var task = ExecuteRun.task()
    task.concurrency = [.init(calls: 1_000)]
    var run = try ExecuteRun(task, hasJournal: false, isSteered: true, comesAsStream: true)
    try run.order(.init(tenant: 0, state: "running", rate: 10))
    try run.checkpoint(full: true)
    try run.crash(workers: 1, &random)
    try run.give((0..<40).map { ExecuteRun.Row(key: "k\($0)", n: Int64($0)) })
    try run.advance(to: run.now + 1_000_000)
    #expect((10...12).contains(run.server.log.count), "\(run.server.log.count)")
  }

  @Test("A rate comes, changes and goes while tasks wait for it")
  func rates() throws {
    var run = try paused(0)
    try run.order(.init(tenant: 0, state: "running", rate: 0.001))
    try run.give((0..<40).map { ExecuteRun.Row(key: "k\($0)", n: Int64($0)) })
    #expect(run.server.log.count == 1)
    try run.advance(to: run.now + 5_000_000)
    #expect(run.server.log.count == 1)
    try run.order(.init(tenant: 0, state: "running", rate: 10))
    try run.advance(to: run.now + 1_000_000)
    #expect((10...11).contains(run.server.log.count))
    TaskLimitsTests.check(
      run.server.log.map(\.time), TaskSpec.Rate(rate: 10, burst: 1), extra: 0, "ten a second")
    try run.order(.init(tenant: 0, state: "running"))
    #expect(run.server.log.count == 40)
  }

  @Test("Where all is paused for ever the stage rests, on all workers, and goes on in another run")
  func rest() throws {
    var random = SeededRandom(seed: 4)
    var run = try paused(10)
    run.ops[0].tableHasEnded()
    try run.settle(&random)
    #expect(run.rows.count == 5 && run.ops[0].restingCount == 5)
    try run.order(.init(tenant: 1, state: "running"))
    #expect(run.ops[0].restingCount == nil)
    try run.settle(&random)
    #expect(run.rows.count == 10 && run.ops[0].releasedWatermark == .endOfTime)

    run = try paused(2)
    try run.checkpoint(full: true)
    try run.crash(workers: 2, &random)
    for op in run.ops { op.tableHasEnded() }
    try run.settle(&random)
    // The one that has no task waits for the other, whose task may be its own in the next run.
    #expect(run.ops.map(\.restingCount).contains(0) && run.ops.map(\.restingCount).contains(1))
    #expect(run.ops.allSatisfy { $0.holdsRows && !$0.isExhausted })
    #expect(run.ops.allSatisfy { $0.releasedWatermark < .endOfTime })
    try run.checkpoint(full: true)
    try run.crash(workers: 1, &random)
    try run.order(.init(tenant: 1, state: "running"))
    try run.settle(&random)
    #expect(run.rows.count == 2 && run.server.log.count { $0.n == 1 } == 1)
    #expect(run.ops[0].releasedWatermark == .endOfTime && run.ops[0].isExhausted)
  }

  @Test("Tasks of a key that is paused cost no turn anything, nor shut anybody off")
  func many() throws {
    var run = try paused(0)
    for part in 0..<16 {
      try run.give(
        (0..<4096).map { ExecuteRun.Row(key: "k\(part) \($0)", n: Int64($0), tenant: 1) })
    }
    #expect(run.server.log.isEmpty && run.ops[0].lanes.asideCount == 1 << 16)
    #expect(run.ops[0].store.readyByteCount(without: run.ops[0].lanes.asideCount) == 0)
    #expect(run.ops[0].queue.next() == nil)
    try run.order(.init(tenant: 1, state: "cancelled"))
    for _ in 0..<20 { try run.advance(to: run.now + 100) }
    #expect(run.rows.count == 1 << 16 && run.ops[0].store.count == 0)
  }
}
