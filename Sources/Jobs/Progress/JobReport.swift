import Columns
import Plans
import Schemas

/// What became of a job's tasks: how many ended in which way, and each of them by itself.
package struct JobReport {
  private let definition: JobDefinition
  private let access: TopicAccess

  package init(_ definition: JobDefinition, _ access: TopicAccess) {
    self.definition = definition
    self.access = access
  }

  private static let totalsSchema = Schema([
    Field("outcome", .string), Field("status", .int, nullable: true),
    Field("error", .string, nullable: true), Field("tasks", .int),
  ])

  /// `redriven` are those that ended otherwise than done and were made again; so the tasks that
  /// ended, without these, and those that wait are all there are.
  package static func totals(_ standing: JobStanding) -> [JobCounts.Ending] {
    var rows = standing.counts.endings
    if standing.counts.redriven > 0 {
      rows.append(
        JobCounts.Ending(outcome: JobCounts.redriven, tasks: standing.counts.redriven))
    }
    rows.append(JobCounts.Ending(outcome: "waiting", tasks: standing.waiting))
    return rows
  }

  /// The same as lines of CSV or JSON.
  package static func text(
    _ standing: JobStanding, _ format: ReportForm.Format
  ) throws -> String {
    let rows = totals(standing)
    let outcomes = ColumnBuilder(.string)
    let statuses = ColumnBuilder(.int)
    let errors = ColumnBuilder(.string)
    let tasks = ColumnBuilder(.int)
    for row in rows {
      outcomes.append(string: row.outcome)
      if let status = row.status { statuses.append(int: status) } else { statuses.appendNull() }
      if let error = row.error { errors.append(string: error) } else { errors.appendNull() }
      tasks.append(int: row.tasks)
    }
    let columns = [outcomes, statuses, errors, tasks].map { $0.finish() }
    return try ReportForm(format, Self.totalsSchema).text(
      Batch(schema: Self.totalsSchema, columns: columns, rowCount: rows.count))
  }

  private static let lineSchema = Schema([
    Field("task", .string), Field("outcome", .string), Field("status", .int, nullable: true),
    Field("attempts", .int, nullable: true), Field("error", .string, nullable: true),
  ])

  /// A line for each task of the job that has ended, in the order of their topics.
  package func tasks(
    of job: String, _ format: ReportForm.Format, _ write: (String) throws -> Void
  ) throws {
    let form = try ReportForm(format, Self.lineSchema)
    for (output, isDone) in [(definition.done, true), (definition.failed, false)] {
      guard let output else {
        throw JobError(
          "pipeline \(definition.pipeline) has no topic of tasks that were"
            + " \(isDone ? "done" : "not done") with the columns `\(definition.columns.id)` and"
            + " `\(definition.columns.job)`")
      }
      let reading = try RowReading(output.schema, output.sink.encoding)
      try TopicTail(try access.place(of: output), access)?.readToEnd { records in
        let lines = lines(reading.rows(records), job, isDone)
        if lines.rowCount > 0 { try write(form.text(lines)) }
      }
    }
  }

  private func lines(_ batch: Batch, _ job: String, _ isDone: Bool) -> Batch {
    let builders = Self.lineSchema.fields.map { ColumnBuilder($0.type) }
    for row in batch.numbers where batch.text(definition.columns.job, row) == job {
      guard let task = batch.text(definition.columns.id, row) else { continue }
      let error = batch.text("error", row)
      let isCancelled = error == JobCounts.cancelled
      builders[0].append(string: task)
      builders[1].append(
        string: isDone ? JobCounts.done : isCancelled ? JobCounts.cancelled : "failed")
      for (builder, name) in zip(builders[2...3], ["status", "attempts"]) {
        if let value = batch.int(name, row) {
          builder.append(int: value)
        } else {
          builder.appendNull()
        }
      }
      if let error { builders[4].append(string: error) } else { builders[4].appendNull() }
    }
    let count = builders[0].rowCount
    return Batch(schema: Self.lineSchema, columns: builders.map { $0.finish() }, rowCount: count)
  }
}
