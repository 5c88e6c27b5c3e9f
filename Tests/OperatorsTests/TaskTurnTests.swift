import Columns
import KeyedState
import Plans
import Schemas
import TestKit
import Testing

@testable import Operators

/// What a stage that executes tasks does in one turn of its worker, whom its tasks keep out, and
/// what is written before a call leaves.
@Suite("Turns of tasks")
struct TaskTurnTests {
  private static func rows(
    _ numbers: Range<Int>, line: Int64 = 0, due: Int64? = nil
  ) -> [ExecuteRun.Row] {
    numbers.map {
      ExecuteRun.Row(key: "k\($0)", n: Int64($0), line: line, due: due)
    }
  }

  @Test("No call leaves whose intent can't be written, and the stage ends")
  func fullDisk() throws {
    var run = try ExecuteRun(ExecuteRun.task())
    run.journals[0].isFull = true
    #expect(throws: OperatorError.self) { try run.give(Self.rows(0..<3)) }
    #expect(run.server.log.isEmpty)
  }

  @Test("A weight below one ends its task without a call")
  func weight() throws {
    var task = ExecuteRun.task()
    (task.fairBy, task.weight) = ("tenant", "n")
    var run = try ExecuteRun(task)
    try run.give((-1..<3).map { ExecuteRun.Row(key: "k\($0)", n: $0, tenant: $0) })
    #expect(run.server.log.map(\.n).sorted() == [1, 2])
    #expect(run.rows.map(\.port) == [.failed, .failed])
    #expect(
      run.rows.map { $0.cells[9] } == [
        .text("`weight` is -1, and a value has at least 1 share"),
        .text("`weight` is 0, and a value has at least 1 share"),
      ])
  }

  @Test("A call that left before the process died is counted, though no disk had it")
  func written() throws {
    var random = SeededRandom(seed: 1)
    for workers in 1...3 {
      var run = try ExecuteRun(ExecuteRun.task(), isSteered: true)
      try run.give(Self.rows(0..<1))
      #expect(run.server.takeAll().count == 1)
      try run.order(.init(tenant: 0, state: "cancelled"))
      try run.crash(workers: workers, &random)
      try run.settle(&random)
      #expect(run.server.log.count == 1 && run.rows.count == 1)
      #expect(run.rows[0].cells[7] == .int(1))
      #expect("\(run.rows[0].cells[9])".contains("cancelled; outcome unknown"))
    }
  }

  @Test("While the disk keeps nothing no further call begins")
  func slowDisk() throws {
    var random = SeededRandom(seed: 2)
    var task = ExecuteRun.task()
    task.concurrency = [.init(calls: 100_000)]
    var run = try ExecuteRun(task)
    let count = 8 * Batch.rowLimit
    for first in stride(from: 0, to: count, by: Batch.rowLimit) {
      try run.give(Self.rows(first..<first + Batch.rowLimit))
      for call in run.server.takeAll() { call.answer(ScriptedServer.answer("ok")) }
      try run.deliver()
      try run.advance(to: run.now + 100)
    }
    #expect(run.rows.isEmpty)
    #expect(run.server.log.count <= 4 * Batch.rowLimit + 2 * ExecuteOperator.turnCapacity)
    try run.settle(&random) { $0.answer(ScriptedServer.answer("ok")) }
    #expect(run.server.log.count == count && run.rows.count == count)
  }

  @Test("Tasks that are due at once come in turns, between which input and barriers have theirs")
  func due() throws {
    var task = ExecuteRun.task()
    task.dueAt = "due"
    task.concurrency = [.init(calls: 1)]
    var run = try ExecuteRun(task, hasJournal: false)
    let due = run.now + 1_000_000
    let count = 5 * ExecuteOperator.turnCapacity
    for first in stride(from: 0, to: count, by: Batch.rowLimit) {
      try run.give(Self.rows(first..<first + Batch.rowLimit, due: due))
    }
    #expect(run.ops[0].lanes.asideCount == count)
    try run.advance(to: due)
    #expect(run.ops[0].lanes.asideCount == ExecuteOperator.turnCapacity)
    try run.advance(to: due + 1_000)
    #expect(run.ops[0].lanes.asideCount == 0 && run.server.log.count == 1)
  }

  @Test("A line that is cancelled ends in turns, also while the stage stops")
  func line() throws {
    for stops in [false, true] {
      var task = ExecuteRun.task()
      task.orderedBy = "line"
      var run = try ExecuteRun(task, hasJournal: false, isSteered: true)
      try run.order(.init(tenant: 0, state: "paused"))
      let count = 3 * ExecuteOperator.turnCapacity
      for first in stride(from: 0, to: count, by: Batch.rowLimit) {
        try run.give(Self.rows(first..<first + Batch.rowLimit))
      }
      try run.order(.init(tenant: 0, state: "cancelled"))
      #expect((1...ExecuteOperator.turnCapacity + 1).contains(run.rows.count))
      if stops {
        run.ops[0].prepareToStop()
        #expect(run.ops[0].holdsBack)
      }
      for _ in 0..<10 { try run.advance(to: run.now + 100) }
      #expect(run.rows.count == count && run.ops[0].store.count == 0 && !run.ops[0].holdsBack)
      #expect(run.server.log.isEmpty)
    }
  }

  @Test("What stands behind a head that waits, or goes with another of its key, shuts nobody off")
  func behind() throws {
    var random = SeededRandom(seed: 3)
    var task = ExecuteRun.task()
    task.orderedBy = "line"
    task.dueAt = "due"
    var run = try ExecuteRun(task, hasJournal: false)
    try run.give(Self.rows(0..<1, line: 1, due: run.now + 60_000_000))
    try run.give(Self.rows(1..<500, line: 1))
    try run.give((0..<500).map { ExecuteRun.Row(key: "same", n: Int64(500 + $0), line: 2) })
    // One is called.
    #expect(run.ops[0].store.count == 1_000 && run.ops[0].lanes.asideCount == 999)
    #expect(run.server.log.count == 1)
    try run.settle(&random) { $0.answer(ScriptedServer.answer("ok")) }
    #expect(run.ops[0].lanes.asideCount == 0 && run.rows.count == 1_000)
    #expect(run.server.log.count == 501)
  }

  @Test("A task of unknown outcome makes no checkpoint a whole one, and is remembered in each")
  func unknown() throws {
    var random = SeededRandom(seed: 4)
    var task = ExecuteRun.task()
    task.doubt = .hold
    var run = try ExecuteRun(task)
    try run.checkpoint()
    for key in 0..<3 {
      try run.give(Self.rows(key..<key + 1))
      run.synchronize()
      try run.deliver()
      #expect(run.server.takeAll().count == 1)
      try run.crash(workers: 1, &random)
      run.synchronize()
      try run.deliver()
      #expect(run.rows.count == key + 1)
      // The first snapshot of a process is whole; then only what came since is told.
      try run.checkpoint(full: false)
      #expect(run.ops[0].snapshot(Epoch(1), full: false)?.isDelta == true)
    }
    try run.give(Self.rows(0..<3))
    run.synchronize()
    try run.deliver()
    #expect(run.server.log.count == 3 && run.rows.count == 6)
  }

  @Test("A server that wants to be left alone is, over a restart too")
  func quiet() throws {
    for (isShared, checks) in [(true, false), (true, true), (false, false), (false, true)] {
      var random = SeededRandom(seed: 6)
      var task = ExecuteRun.task()
      task.timeout = 600_000_000
      if !isShared { task.concurrency = [.init(calls: 50, per: "tenant")] }
      var run = try ExecuteRun(task)
      try run.give([ExecuteRun.Row(key: "a", n: 0, tenant: 1)])
      run.server.take(&random)?.answer(
        TaskAnswer(.refused("slowly"), status: 429, retryAfter: 60_000_000))
      try run.deliver()
      run.synchronize()
      try run.deliver()
      if checks { try run.checkpoint() }
      try run.crash(workers: checks ? 2 : 1, &random)
      try run.give((1..<3).map { ExecuteRun.Row(key: "b\($0)", n: $0, tenant: $0) })
      try run.advance(to: run.now + 50_000_000)
      #expect(Set(run.server.log.map(\.n)) == (isShared ? [0] : [0, 2]))
      try run.advance(to: run.now + 12_000_000)
      #expect(Set(run.server.log.map(\.n)) == [0, 1, 2])
    }
  }

  @Test("A restart brings no call that a table's slow rate had not let go")
  func steeredRate() throws {
    var random = SeededRandom(seed: 5)
    var run = try ExecuteRun(ExecuteRun.task(), isSteered: true)
    try run.order(.init(tenant: 0, state: "running", rate: 0.001))
    try run.give(Self.rows(0..<5))
    #expect(run.server.takeAll().count == 1)
    for workers in [2, 1, 3] {
      try run.advance(to: run.now + 100_000_000)
      try run.crash(workers: workers, &random)
    }
    #expect(run.server.log.count == 1)
    try run.advance(to: run.now + 1_001_000_000)
    #expect(run.server.log.count > 1)
  }
}
