import Columns
import Plans
import Schemas
import TestKit
import Testing

@testable import Jobs

struct JobCountsTests {
  private func standing(_ rows: Int64?, _ counts: [(String, Int64)]) -> JobStanding {
    var job = JobRecord(name: "spring")
    job.rows = rows
    return JobStanding(job, JobCounts(counts.map { .init(outcome: $0.0, tasks: $0.1) }))
  }

  @Test func `what has not ended waits`() {
    let begun = standing(100, [("taken", 60), ("done", 20), ("failed", 5), ("cancelled", 1)])
    #expect(begun.tasks == 100 && begun.done == 20 && begun.failed == 6 && begun.waiting == 74)
    #expect(!begun.hasEnded)
    #expect(standing(100, []).waiting == 100)
    #expect(standing(100, [("taken", 100), ("done", 97), ("failed", 3)]).hasEnded)
    #expect(!standing(nil, []).hasEnded)
  }

  @Test func `a task that is redriven is no failure until it fails again`() {
    let before: [(String, Int64)] = [("taken", 100), ("done", 95), ("failed", 5)]
    #expect(standing(100, before).failed == 5)
    let begun = standing(100, before + [("redriven", 3)])
    #expect(begun.failed == 2 && begun.waiting == 3)
    let over = standing(100, [("taken", 100), ("done", 97), ("failed", 6), ("redriven", 3)])
    #expect(over.done == 97 && over.failed == 3 && over.waiting == 0)
  }

  @Test func `several files of a job are as many tasks as the pipeline has found`() {
    #expect(standing(60, [("taken", 100), ("done", 100)]).tasks == 100)
  }

  @Test func `totals add up to all tasks`() throws {
    let over = standing(
      100, [("taken", 90), ("redriven", 3), ("done", 80), ("failed", 6), ("cancelled", 2)])
    let totals = JobReport.totals(over)
    var sum: Int64 = 0
    for row in totals { sum += row.outcome == "redriven" ? -row.tasks : row.tasks }
    #expect(sum == 100)
    #expect(
      try JobReport.text(over, .csv)
        == "outcome,status,error,tasks\ncancelled,,,2\ndone,,,80\nfailed,,,6\nredriven,,,3\n"
        + "waiting,,,15\n")
    #expect(
      try JobReport.text(over, .json).hasPrefix(
        #"{"outcome":"cancelled","status":null,"error":null,"tasks":2}"#))
  }

  @Test func `a pace is that of the last half minute`() {
    var pace = JobPace()
    pace.add(standing(1_000, []), at: 0)
    #expect(pace.rate == nil)
    for second in 1...100 {
      let done = Int64(second * (second > 60 ? 5 : 1))
      pace.add(standing(1_000, [("done", done)]), at: Double(second))
    }
    #expect(pace.rate == 5)
    #expect(pace.remaining(standing(1_000, [("done", 500)])) == 100)
  }
}

struct TaskIDTests {
  @Test func `a task that is made again has the next round in its id`() {
    #expect(TaskID.make(job: "spring", key: "c1") == "spring/c1")
    #expect(TaskID.next("spring/c1") == "spring/c1#2")
    #expect(TaskID.next("spring/c1#2") == "spring/c1#3")
    #expect(TaskID.next("spring/c1#9") == "spring/c1#10")
    #expect(TaskID.next("spring/c1#1") == "spring/c1#1#2")
    #expect(TaskID.next("spring/c1#02") == "spring/c1#02#2")
    #expect(TaskID.isRedriven("spring/c1#2") && !TaskID.isRedriven("spring/c1#1"))
  }

  /// What a pipeline tells redriven tasks by: `#[1-9][0-9]*$`, as in `email_campaign`.
  @Test func `a key that ends in a mark and digits is taken, whatever they are`() {
    for key in ["c#1", "c#2", "#3", "c#02", "c#99999999999999999999"] {
      #expect(TaskID.isTaken(key), "\(key)")
    }
    for key in ["c", "#", "c#", "c#2a", "c#-1", "c2", "#2/c", "c#٢"] {
      #expect(!TaskID.isTaken(key), "\(key)")
    }
  }

  @Test(arguments: ["spring", "a.b-c_9"])
  func `names of letters and digits are names of jobs`(_ name: String) {
    #expect(JobName.isValid(name))
  }

  @Test(arguments: ["", "a/b", "a b", "año", "a#2"])
  func `others are none, for ids must tell jobs apart`(_ name: String) {
    #expect(!JobName.isValid(name))
  }
}

struct RowConditionTests {
  private let schema = Schema([
    Field("status", .int, nullable: true), Field("error", .string, nullable: true),
  ])

  private func chosen(_ condition: String) throws -> [Int] {
    let rows = Batch(schema, [[429, nil], [500, "no"], [nil, "timeout of 5 s"]])
    try RowCondition(condition, over: schema).apply(rows)
    return rows.countedRows
  }

  @Test func `a condition of the language chooses rows`() throws {
    #expect(try chosen("status == 429") == [0])
    #expect(try chosen("status is null or status >= 500") == [1, 2])
    #expect(try chosen("error like \"%timeout%\"") == [2])
    #expect(try chosen("lower(error) == \"no\" // why") == [1])
  }

  @Test(arguments: [
    "state == 429", "status", "status ==", "true) | limit 5 | where (true", "status == \"a\"", "",
  ])
  func `what is none is refused`(_ condition: String) {
    let error = #expect(throws: JobError.self) { _ = try chosen(condition) }
    #expect(error?.isUsage ?? false)
    #expect(error?.message.hasPrefix("--where") ?? false)
  }
}
