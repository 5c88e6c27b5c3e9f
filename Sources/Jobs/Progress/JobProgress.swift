import Columns
import Plans
import Schemas

/// The counts of a definition's jobs, read from its topic of progress and kept up to date.
package final class JobProgress {
  private struct Row {
    var job: String
    var ending: JobCounts.Ending
  }

  private let reading: RowReading
  /// nil while there is no such topic.
  private let tail: TopicTail?
  private var newest = NewestRows<Row>()

  /// Reads all that there is.
  package init(_ definition: JobDefinition, _ access: TopicAccess) throws {
    guard let progress = definition.progress else {
      throw JobError(
        "pipeline \(definition.pipeline) has no sink of progress: a topic with `updates: upsert`"
          + " whose columns are \(JobDefinition.progressColumns.joined(separator: ", ")), as in"
          + " Pipelines/email_campaign.raudal")
    }
    reading = try RowReading(progress.schema, progress.sink.encoding)
    tail = try TopicTail(try access.place(of: progress), access)
    try tail?.readToEnd { take($0) }
  }

  /// Takes in what has come since.
  package func refresh() throws { try tail?.readNew { take($0) } }

  package func counts(of job: String) -> JobCounts {
    JobCounts(newest.rows.values.filter { $0.job == job }.map(\.ending))
  }

  private func take(_ records: RecordBatch) {
    newest.take(records, reading) { batch, row in
      guard let job = batch.text("job", row), let outcome = batch.text("outcome", row),
        let tasks = batch.int("tasks", row)
      else { return nil }
      let status = batch.int("status", row).flatMap { $0 == 0 ? nil : $0 }
      let error = batch.text("error", row).flatMap { $0.isEmpty ? nil : $0 }
      return Row(
        job: job,
        ending: JobCounts.Ending(outcome: outcome, status: status, error: error, tasks: tasks))
    }
  }
}
