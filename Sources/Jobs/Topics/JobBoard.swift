import Columns
import Diagnostics
import KafkaConnector
import Platform
import Schemas

/// The jobs of a definition: reads what the table that steers says of them, and writes what it is
/// to say from now on.
package final class JobBoard {
  private let definition: JobDefinition
  private let access: TopicAccess
  private let place: TopicAccess.Place
  private let reading: RowReading
  /// nil while there is no such topic.
  private var tail: TopicTail?
  private var newest = NewestRows<JobRecord>()

  package init(_ definition: JobDefinition, _ access: TopicAccess) throws {
    self.definition = definition
    self.access = access
    place = try access.place(of: definition.steering.table)
    reading = try RowReading(JobRecord.schema(key: definition.steering.key))
  }

  private var key: String { definition.steering.key }

  /// All that there are by now, by name.
  package func jobs() throws -> [JobRecord] {
    if let tail {
      try tail.readNew { take($0) }
    } else {
      tail = try TopicTail(place, access)
      try tail?.readToEnd { take($0) }
    }
    return newest.rows.values.filter { isOwn($0) }.sorted { $0.name < $1.name }
  }

  /// A table may steer several tasks, each with jobs of its own.
  private func isOwn(_ job: JobRecord) -> Bool { job.task == nil || job.task == definition.task }

  private func others(_ name: String) -> String? {
    newest.rows.values.first { $0.name == name && !isOwn($0) }?.task
  }

  /// The job of a name that is to be submitted, where it is there; no other task may have it.
  package func known(_ name: String) throws -> JobRecord? {
    let jobs = try jobs()
    if let task = others(name) {
      throw JobError("job `\(name)` is one of task `\(task)`: take another name")
    }
    return jobs.first { $0.name == name }
  }

  private func take(_ records: RecordBatch) {
    newest.take(records, reading) { JobRecord($0, $1, key: self.key) }
  }

  /// The job of that name, which must be there.
  package func job(_ name: String) throws -> JobRecord {
    let jobs = try jobs()
    if let job = jobs.first(where: { $0.name == name }) { return job }
    if let task = others(name) {
      throw JobError("job `\(name)` is one of task `\(task)`: say `--to \(task)`")
    }
    let names = jobs.map(\.name)
    let meant = nearestWord(to: name, among: names).map { "; did you mean `\($0)`?" } ?? ""
    let all =
      names.isEmpty
      ? "none was submitted yet" : "those there are: \(names.suffix(20).joined(separator: ", "))"
    throw JobError("there is no job `\(name)`\(meant.isEmpty ? "; \(all)" : meant)")
  }

  /// Writes the job's row; brokers have it on return.
  package func write(_ job: JobRecord) throws {
    try access.expect(place)
    var job = job
    job.task = definition.task
    job.changedAt = access.clock.now()
    let writer = try access.writer(to: place)
    try writer.write(job.encoded(key: key), to: place.name)
    try writer.finish()
  }
}
