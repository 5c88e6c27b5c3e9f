import KeyedState
import Schemas
import Testing

@testable import Dataflow

/// What is told of tasks of whose keys a table has no row.
struct RowlessNoticesTests {
  private static func stage(_ worker: Int, _ count: Int, _ key: String?) -> JobStatus.Stage {
    let counts = OperatorCounts(
      rowsIn: 0, rowsOut: 0, filtered: 0, unmatched: 0, late: 0, lateAfterIdle: 0, failed: 0,
      absorbed: 0, made: 0)
    var stage = JobStatus.Stage(
      id: OperatorID("sent.execute"), worker: worker, metrics: counts, watermark: .beginning)
    stage.waiting = Waiting(rows: count)
    stage.waiting?.rowless = Waiting.Rowless(table: "jobs", count: count, key: key)
    return stage
  }

  /// What is told in which second of so many tasks on two workers.
  private static func told(_ counts: [(Int, Int)]) -> [Int: String] {
    var notices = RowlessNotices()
    var told: [Int: String] = [:]
    for (second, count) in counts.enumerated() {
      let job = JobStatus(
        stages: [stage(0, count.0, nil), stage(1, count.1, count.1 > 0 ? "spring" : nil)],
        sources: [], workers: [])
      let lines = notices.lines(of: job, at: Timestamp(microseconds: Int64(second) * 1_000_000))
      #expect(lines.count < 2)
      told[second] = lines.first
    }
    return told
  }

  @Test func `tasks that wait long for their row are told once, with a key`() {
    let told = Self.told(Array(repeating: (2, 3), count: 100))
    #expect(
      told == [
        10: "`sent.execute`: 5 tasks wait for a row of table `jobs`, which has none of them, as of"
          + " `spring`; until it comes none is called"
      ])
  }

  @Test func `a row that comes soon is not missed, and one that goes is anew`() {
    let gap = Array(repeating: (0, 1), count: 8) + [(0, 0)]
    let told = Self.told(gap + gap + Array(repeating: (1, 0), count: 12) + [(0, 0)] + gap)
    #expect(told.keys.sorted() == [28])
  }
}
