import Compiler
import Diagnostics
import Expressions
import Plans
import TestKit
import Testing

@testable import Jobs

/// What is read from a definition, for commands that write to its topics.
struct JobTopicsTests {
  private static let definition = #"""
    pipeline mails
    type Request { task_id: string, job: string, at: timestamp }
    type Job { job: string, state: string }
    type Price { item: string, price: int, at: timestamp }
    settings { kafka: { brokers: "b:1" } }
    source requests: Request from kafka {
      topic: "requests", event_time: at
      on_error: dead_letter to kafka { topic: "broken" }
    }
    source others: Request from kafka { topic: "others", event_time: at }
    table jobs: Job key job from kafka { topic: "jobs", on_error: skip }
    table prices: Price versioned key item from kafka {
      topic: "prices", event_time: at, on_error: skip
    }
    task order using kafka { topic: "orders", value: { id: task_id }, idempotency_key: task_id }
    task note using kafka {
      topic: "notes-\(job)", value: { id: task_id }, idempotency_key: task_id
    }
    stream ordered = requests
      | enrich prices on job as known as of event_time
      | execute order as r steered by jobs on job
      | map { task_id, job, known.price, r.status }
    stream noted = others
      | execute note as r steered by jobs on job
      | map { task_id, job, r.status }
    stream counts = requests | aggregate by job { tasks = count() }
    sink ordered to kafka { topic: "ordered", key: task_id }
    sink noted to kafka { topic: "noted", key: task_id }
    sink counts to kafka { topic: "counts", key: job, updates: upsert }
    """#

  private static func plan() throws -> LogicalPlan {
    let compilation = DefinitionCompiler.compile(
      file: SourceFile(path: "p.raudal", bytes: Array(definition.utf8)), constants: .kernels)
    let mistakes = compilation.diagnostics.filter { $0.severity == .error }
    #expect(mistakes.isEmpty, "\(mistakes.map { "\($0.title): \($0.primary.text)" })")
    return try #require(compilation.logical)
  }

  @Test func `topics are those of all blocks, and versions of a table are kept`() throws {
    let topics = JobTopics.all(of: try Self.plan())
    func names(_ holds: (JobTopics.Topic) -> Bool) -> [String] {
      topics.filter(holds).compactMap { topic in
        if case .string(let name)? = topic.connector["topic"] { name } else { nil }
      }.sorted()
    }
    #expect(
      names { _ in true } == [
        "broken", "counts", "jobs", "noted", "ordered", "orders", "others", "prices", "requests",
      ])
    #expect(names { $0.isWhole } == ["counts", "jobs", "prices"])
    #expect(names { $0.isCompacted } == ["counts", "jobs"])
  }

  @Test func `of several tasks that are steered the one is meant that is named`() throws {
    let plan = try Self.plan()
    #expect(JobDefinition.tasks(of: plan) == ["note", "order"])
    #expect(try JobDefinition(plan, task: "note").source.name == "others")
    #expect(try JobDefinition(plan, task: "order").source.name == "requests")
    let error = #expect(throws: JobError.self) { _ = try JobDefinition(plan) }
    #expect(error?.message.contains("say which is meant with `--to`") ?? false)
  }
}
