import Columns
import Connectors
import Formats
import KafkaConnector
import Plans
import Platform
package import Schemas

/// Makes tasks that failed once more, each under an id of its own that hangs on nothing but the id
/// that failed: so to redrive twice does nothing twice. Memory: some 24 bytes for each task that
/// was redriven before.
package final class Redrive {
  package struct Findings: Hashable, Sendable {
    /// Tasks that are made again.
    package var written: Int64 = 0
    /// Tasks that were redriven before, and did not end as failed since.
    package var superseded: Int64 = 0
    /// Those that lack what a task must have.
    package var unfit: Int64 = 0
  }

  private let definition: JobDefinition
  private let failed: JobDefinition.Output
  private let access: TopicAccess
  private let reading: RowReading
  private let condition: RowCondition?
  private let form: TaskForm

  /// - Parameter condition: which of the tasks that failed; nil: all of them.
  package init(
    _ definition: JobDefinition, _ access: TopicAccess, where condition: String?
  ) throws {
    guard let failed = definition.failed else {
      throw JobError(
        "pipeline \(definition.pipeline) writes no topic of the tasks that failed with the columns"
          + " `\(definition.columns.id)` and `\(definition.columns.job)`: there is nothing to"
          + " redrive from")
    }
    self.definition = definition
    self.failed = failed
    self.access = access
    let reading = try RowReading(failed.schema, failed.sink.encoding)
    self.reading = reading
    self.condition = try condition.map { text throws(JobError) in
      try RowCondition(text, over: reading.schema)
    }
    form = try TaskForm(definition, largestRecord: access.largestRecord(of: definition.source))
    try refuseWhatLacks()
  }

  /// All that a task needs must stand where it failed.
  private func refuseWhatLacks() throws(JobError) {
    for column in definition.fields where column.field.name != definition.timeColumn {
      if let there = failed.schema.field(named: column.field.name) {
        if there.type == column.field.type { continue }
      } else if column.field.isNullable {
        continue
      }
      throw JobError(
        "sink `\(failed.sink.name)` has no column `\(column.field)`, so its tasks can't be made"
          + " again: let it keep all columns of \(definition.source.place)")
    }
  }

  /// Writes the tasks that are chosen; brokers have them on return.
  package func run(_ job: String, now: Timestamp) throws -> Findings {
    let again = try redriven(job)
    let place = try access.place(of: definition.source)
    try access.expect(place)
    let writer = try access.writer(to: place)
    var findings = Findings()
    try TopicTail(try access.place(of: failed), access)?.readToEnd { records in
      let batch = reading.rows(records)
      choose(batch, job)
      condition?.apply(batch)
      let tasks = tasks(batch, again, now, &findings)
      try writer.write(tasks, to: place.name)
    }
    try writer.finish()
    return findings
  }

  private func choose(_ batch: Batch, _ job: String) {
    let rows = batch.numbers.filter { batch.text(definition.columns.job, $0) == job }
    batch.selection = Selection(rows: rows)
  }

  /// The ids of the job's tasks that have ended and had been redriven: those before them have had
  /// their turn.
  private func redriven(_ job: String) throws -> Set<WideHash> {
    var ids: Set<WideHash> = []
    for output in [definition.done, failed] {
      guard let output else { continue }
      let reading = try RowReading(output.schema, output.sink.encoding)
      try TopicTail(try access.place(of: output), access)?.readToEnd { records in
        let batch = reading.rows(records)
        for row in batch.numbers where batch.text(definition.columns.job, row) == job {
          guard let id = batch.text(definition.columns.id, row), TaskID.isRedriven(id) else {
            continue
          }
          ids.insert(WideHash(id))
        }
      }
    }
    return ids
  }

  private func tasks(
    _ batch: Batch, _ again: Set<WideHash>, _ now: Timestamp, _ findings: inout Findings
  ) -> EncodedRecords {
    var ids: [Int: String] = [:]
    for row in batch.numbers {
      guard let id = batch.text(definition.columns.id, row) else { continue }
      let next = TaskID.next(id)
      if again.contains(WideHash(next)) {
        findings.superseded += 1
      } else if isFit(batch, row) {
        ids[row] = next
      } else {
        findings.unfit += 1
      }
    }
    let columns = definition.fields.map { column(of: $0, batch, ids, now) }
    let rows = Batch(
      schema: form.schema, columns: columns, rowCount: batch.rowCount,
      selection: Selection(rows: ids.keys.sorted()))
    let (records, failures) = form.records(of: rows)
    findings.unfit += Int64(failures.count)
    findings.written += Int64(records.count)
    return records
  }

  /// Whether a row has what may not be null.
  private func isFit(_ batch: Batch, _ row: Int) -> Bool {
    definition.fields.allSatisfy { field in
      field.field.isNullable || field.field.name == definition.timeColumn
        || batch.column(field.field.name)?.isValid(row) ?? false
    }
  }

  private func column(
    of field: DecodedColumn, _ batch: Batch, _ ids: [Int: String], _ now: Timestamp
  ) -> Column {
    let name = field.field.name
    if name == definition.columns.id {
      let builder = ColumnBuilder(.string, capacity: max(batch.rowCount, 1))
      for row in 0..<batch.rowCount { builder.append(string: ids[row] ?? "") }
      return builder.finish()
    }
    if name == definition.timeColumn {
      let builder = ColumnBuilder(.timestamp, capacity: max(batch.rowCount, 1))
      for _ in 0..<batch.rowCount { builder.append(int: now.microseconds) }
      return builder.finish()
    }
    return batch.column(name)
      ?? Column.blank(Field(name, field.field.type, nullable: true), batch.rowCount)
  }
}
