package import Plans
package import Schemas

/// What a definition says of the jobs of one task: where its tasks come from and by which columns
/// they are known, which table steers them, and where what became of them is written.
package struct JobDefinition: Sendable {
  /// Columns of the source's rows.
  package struct Columns: Hashable, Sendable {
    /// Which task a row is.
    package var id: String
    /// Which job it belongs to.
    package var job: String
    /// Before when it is not sent, where the task has `at`.
    package var due: String?

    package init(id: String, job: String, due: String? = nil) {
      self.id = id
      self.job = job
      self.due = due
    }
  }

  /// The table that steers: a topic with the newest row of each job.
  package struct Steering: Hashable, Sendable {
    package var table: SourceSpec
    package var name: String { table.name }
    /// Its key.
    package var key: String
    /// Whether tasks wait for the row of their job.
    package var isRequired: Bool

    package init(table: SourceSpec, key: String, isRequired: Bool = false) {
      self.table = table
      self.key = key
      self.isRequired = isRequired
    }
  }

  /// A topic that a sink writes, with its rows' columns.
  package struct Output: Hashable, Sendable {
    package var sink: SinkSpec
    package var schema: Schema

    package init(sink: SinkSpec, schema: Schema) {
      self.sink = sink
      self.schema = schema
    }
  }

  package var pipeline: String
  package var task: String
  package var source: SourceSpec
  package var columns: Columns
  package var steering: Steering
  /// Whether a task that comes again is let through once: `dedupe` by its id stands before it.
  package var isDeduped: Bool
  /// Where the tasks go that were done.
  package var done: Output?
  /// Where those go that were not.
  package var failed: Output?
  /// Where it is counted what became of them.
  package var progress: Output?

  package init(
    pipeline: String, task: String, source: SourceSpec, columns: Columns, steering: Steering,
    isDeduped: Bool = true, done: Output? = nil, failed: Output? = nil, progress: Output? = nil
  ) {
    self.pipeline = pipeline
    self.task = task
    self.source = source
    self.columns = columns
    self.steering = steering
    self.isDeduped = isDeduped
    self.done = done
    self.failed = failed
    self.progress = progress
  }
}

extension JobDefinition {
  /// The source's columns that are fields of its records, by their names in the definition.
  var fields: [DecodedColumn] {
    source.decoding.columns.filter {
      if case .field = $0.origin { true } else { false }
    }
  }

  /// The column of the event time, where the records bring it.
  var timeColumn: String? {
    guard case .column(let name)? = source.eventTime?.origin,
      fields.contains(where: { $0.field.name == name })
    else { return nil }
    return name
  }
}
