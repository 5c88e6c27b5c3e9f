import Columns
import KeyedState
import Plans
import Schemas
import TestKit
import Testing

@testable import Operators

/// Tasks that keep hours, by the clocks of zones that their keys name.
@Suite("Hours of tasks")
struct TaskHoursTests {
  private static let minute: Int64 = 60_000_000

  /// From nine to ten; the first moment is one second behind midnight in UTC.
  private func waiting(_ zones: [String], isSteered: Bool = false) throws -> ExecuteRun {
    var task = ExecuteRun.task()
    task.timeout = 3 * 86_400_000_000
    task.hours = TaskSpec.Hours(from: 9 * 60, until: 10 * 60, zone: "key")
    var run = try ExecuteRun(task, hasJournal: false, isSteered: isSteered)
    try run.give(
      zones.enumerated().map { ExecuteRun.Row(key: $0.element, n: Int64($0.offset)) })
    return run
  }

  private func times(_ run: ExecuteRun) -> [String: [Int64]] {
    Dictionary(grouping: run.server.log, by: \.key).mapValues { $0.map { $0.time / Self.minute } }
  }

  @Test("A task is called when the hours of its zone begin, and at once while they last")
  func openings() throws {
    var run = try waiting(["+09:00", "+08:30", "+07:00", "+10:00"])
    #expect(times(run) == ["+09:00": [0]])
    try run.advance(to: 3 * 60 * Self.minute)
    #expect(times(run) == ["+09:00": [0], "+08:30": [30], "+07:00": [120]])
    // It was ten there: the next day.
    try run.advance(to: 24 * 60 * Self.minute)
    #expect(times(run)["+10:00"] == [23 * 60])
  }

  @Test("A call is made again within the hours alone, over a crash too")
  func retries() throws {
    var random = SeededRandom(seed: 5)
    var run = try waiting(["+09:00", "+08:30"])
    try run.advance(to: 40 * Self.minute)
    while let call = run.server.take(&random) {
      call.answer(
        TaskAnswer(.refused("later"), status: 429, retryAfter: 45 * Self.minute))
    }
    try run.deliver()
    try run.checkpoint()
    try run.crash(workers: 2, &random)
    try run.advance(to: 100 * Self.minute)
    // Both are due at 85 minutes: nine there is 30 to 90, and 0 to 60.
    #expect(times(run) == ["+09:00": [0], "+08:30": [30, 85]])
    try run.advance(to: 24 * 60 * Self.minute)
    #expect(times(run)["+09:00"] == [0, 24 * 60])
  }

  @Test("A zone that there is not ends its task without a call")
  func unknown() throws {
    let run = try waiting(["Europe/Nowhere", "+09:00"])
    #expect(run.server.log.count == 1 && run.rows.count == 1)
    #expect(run.rows[0].port == .failed && run.rows[0].cells[7] == .int(0))
    #expect(run.rows[0].cells[9] == .text("there is no time zone `Europe/Nowhere`"))
  }

  @Test("What is paused stays so when its hours begin, and does not go on outside of them")
  func steering() throws {
    var run = try waiting([], isSteered: true)
    try run.order(.init(tenant: 0, state: "paused"))
    try run.give([ExecuteRun.Row(key: "+08:30", n: 0)])
    try run.advance(to: 40 * Self.minute)
    #expect(run.server.log.isEmpty)
    try run.advance(to: 100 * Self.minute)
    try run.order(.init(tenant: 0, state: nil))
    #expect(run.server.log.isEmpty)
    try run.advance(to: 25 * 60 * Self.minute)
    #expect(times(run) == ["+08:30": [24 * 60 + 30]])
  }
}
