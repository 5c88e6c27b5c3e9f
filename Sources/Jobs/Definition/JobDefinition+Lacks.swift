extension JobDefinition {
  /// What jobs lack where the definition leaves something out, and what to add.
  package var lacks: [String] {
    var lacks: [String] = []
    if !isDeduped {
      lacks.append(
        "a task that is written again is sent again: put `| dedupe by \(columns.id) within 7d` in"
          + " front of `execute`, and a file can be submitted again")
    }
    if failed == nil {
      lacks.append(
        "no topic has the tasks that failed, so none can be redriven: write the stage's `.failed`"
          + " to Kafka as JSON, with `\(columns.id)` and `\(columns.job)`")
    }
    if progress == nil {
      let names = Self.progressColumns.map { "`\($0)`" }.joined(separator: ", ")
      lacks.append(
        "nothing counts what became of tasks, so `job show` can't: write \(names) to a topic with"
          + " `updates: upsert`")
    }
    return lacks
  }

  /// Refuses to write tasks of a job again that nothing would keep from being sent again.
  package func refuseAgain(_ job: String) throws(JobError) {
    guard !isDeduped else { return }
    throw JobError(
      "job \(job) was submitted before, and all its tasks would be sent again, for nothing in the"
        + " definition tells them from new ones; put `| dedupe by \(columns.id) within 7d` in front"
        + " of `execute`, or give the job another name to send all again")
  }
}
