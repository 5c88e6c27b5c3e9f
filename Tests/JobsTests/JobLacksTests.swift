import Compiler
import Diagnostics
import Expressions
import Testing

@testable import Jobs

/// What is said of a definition that leaves out what jobs need.
struct JobLacksTests {
  private static func definition(stages: String = "", sinks: String = "") throws -> JobDefinition {
    let text = #"""
      pipeline mails
      type Request { task_id: string, job: string, wave: int, at: timestamp }
      type Job { job: string, state: string }
      settings { kafka: { brokers: "b:1" } }
      source requests: Request from kafka {
        topic: "requests", event_time: at, on_error: skip
      }
      table jobs: Job key job from kafka { topic: "jobs", on_error: skip }
      task note using kafka { topic: "notes", value: { id: id }, idempotency_key: id }
      stream wanted = requests \#(stages) | map { id = task_id, job, at }
      stream noted = wanted
        | execute note as r steered by jobs on job
      stream counts = noted
        | aggregate by job, outcome = "done" { tasks = count() }
      sink noted to kafka { topic: "noted", key: id }
      \#(sinks)
      """#
    let compilation = DefinitionCompiler.compile(
      file: SourceFile(path: "p.raudal", bytes: Array(text.utf8)), constants: .kernels)
    let mistakes = compilation.diagnostics.filter { $0.severity == .error }
    #expect(mistakes.isEmpty, "\(mistakes.map { "\($0.title): \($0.primary.text)" })")
    return try JobDefinition(try #require(compilation.logical))
  }

  @Test(arguments: [
    ("", false), ("| dedupe by task_id within 7d", true),
    ("| dedupe by task_id, wave within 7d", false), ("| dedupe by wave within 7d", false),
    ("| dedupe by task_id within 7d | where wave > 1", true),
  ])
  func `a task that is written again goes on once behind a dedupe by its id`(
    stages: String, isDeduped: Bool
  ) throws {
    let definition = try Self.definition(stages: stages)
    #expect(definition.isDeduped == isDeduped)
    #expect(definition.lacks.contains { $0.contains("sent again") } == !isDeduped)
    if isDeduped {
      try definition.refuseAgain("spring")
    } else {
      #expect(throws: JobError.self) { try definition.refuseAgain("spring") }
    }
  }

  @Test func `sinks of what failed and of progress are missed where they are not there`() throws {
    let bare = try Self.definition().lacks
    #expect(bare.contains { $0.contains("`.failed`") })
    #expect(bare.contains { $0.contains("`job show`") })
    let whole = try Self.definition(
      stages: "| dedupe by task_id within 7d",
      sinks: #"""
        stream lost = noted.failed | map { task_id = id, job }
        sink lost to kafka { topic: "lost" }
        sink counts to kafka { topic: "counts", key: [job, outcome], updates: upsert }
        """#)
    #expect(whole.lacks == [])
  }
}
