/// What is to become of a file's rows.
package struct SubmissionOrder: Sendable {
  /// The job's name.
  package var job: String
  /// Columns that have one value in all rows, before what the file says.
  package var settings: [(column: String, value: String)]
  /// Not before that time: a value for the column of the task's `at`.
  package var due: String?
  /// The file's column that tells its rows apart; nil: all that a row says.
  package var key: String?

  package init(
    job: String, settings: [(column: String, value: String)] = [], due: String? = nil,
    key: String? = nil
  ) {
    self.job = job
    self.settings = settings
    self.due = due
    self.key = key
  }
}

/// A row of a file that can't become a task.
package struct BadRow: Hashable, Sendable {
  package var line: Int64
  package var reason: String
}
