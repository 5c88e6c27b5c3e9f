import Columns
import Formats
import Plans
import Schemas

/// Makes tasks of a file's rows.
final class TaskRows {
  /// The tasks of some of them.
  struct Tasks {
    var records: EncodedRecords
    /// Of each record what tells it from the job's others.
    var ids: [WideHash]
    /// In the order of their lines.
    var bad: [BadRow]
  }

  private let job: String
  private let form: TaskForm
  private let columns: TaskColumns
  private let decoder: any RecordDecoder
  /// Writes what a row's hash is of.
  private let identity: any RecordEncoder
  private let identitySchema: Schema

  init(
    _ definition: JobDefinition, _ order: SubmissionOrder, _ columns: TaskColumns,
    _ file: SubmittedFile
  ) throws(JobError) {
    job = order.job
    self.columns = columns
    form = try TaskForm(definition)
    identitySchema = Schema(columns.read.map(\.field) + columns.settled.map(\.field))
    do {
      decoder = try makeDecoder(
        DecodingSpec(
          format: file.format, columns: columns.read, coerce: definition.source.decoding.coerce,
          options: file.options))
      identity = try makeEncoder(EncodingSpec(), schema: identitySchema)
    } catch {
      throw JobError(error.description)
    }
  }

  /// What a batch of the file's records comes to.
  func tasks(_ records: RecordBatch) -> Tasks {
    let decoded = decoder.decode(records)
    var failures = decoded.failures
    var keys = keys(decoded.batch, &failures)
    var written = encode(decoded.batch, keys)
    if !written.failures.isEmpty {
      failures += written.failures
      for failure in written.failures { keys[failure.row] = nil }
      written = encode(decoded.batch, keys)
    }
    return Tasks(
      records: written.records,
      ids: written.records.records.compactMap { keys[$0.row]?.hash },
      bad: failures.map { BadRow(line: records.offset(of: $0.row), reason: $0.reason) }
        .sorted { $0.line < $1.line })
  }

  private struct Key {
    var id: String
    var hash: WideHash
  }

  /// Of each row that can become a task, by its number.
  private func keys(_ batch: Batch, _ failures: inout [RecordFailure]) -> [Int: Key] {
    var keys: [Int: Key] = [:]
    guard let place = columns.key else { return hashes(batch, &failures) }
    let column = batch.columns[place]
    for row in batch.numbers {
      let text =
        !column.isValid(row) ? "" : column.type == .int ? "\(column.int(row))" : column.string(row)
      if text.isEmpty {
        failures.append(RecordFailure(row: row, reason: "its key is empty"))
      } else if TaskID.isTaken(text) {
        failures.append(
          RecordFailure(row: row, reason: "its key `\(text)` ends as those of redriven tasks do"))
      } else {
        let id = TaskID.make(job: job, key: text)
        keys[row] = Key(id: id, hash: WideHash(id))
      }
    }
    return keys
  }

  private func hashes(_ batch: Batch, _ failures: inout [RecordFailure]) -> [Int: Key] {
    let settled = columns.settled.map { Self.repeated($0.column, batch.rowCount) }
    let rows = Batch(
      schema: identitySchema, columns: batch.columns + settled, rowCount: batch.rowCount,
      selection: batch.selection)
    let records = identity.encode(rows)
    failures += records.failures
    var keys: [Int: Key] = [:]
    for (index, record) in records.records.enumerated() {
      let hash = records.hash(index)
      keys[record.row] = Key(id: TaskID.make(job: job, key: hash.description), hash: hash)
    }
    return keys
  }

  /// The records of those rows, and which of them have none.
  private func encode(
    _ batch: Batch, _ keys: [Int: Key]
  ) -> (records: EncodedRecords, failures: [RecordFailure]) {
    let ids = ColumnBuilder(.string, capacity: max(batch.rowCount, 1))
    for row in 0..<batch.rowCount { ids.append(string: keys[row]?.id ?? "") }
    let idColumn = ids.finish()
    let filled = columns.origins.map { origin in
      switch origin {
      case .file(let index): batch.columns[index]
      case .constant(let column): Self.repeated(column, batch.rowCount)
      case .id: idColumn
      }
    }
    let (records, failures) = form.encode(
      Batch(
        schema: form.schema, columns: filled, rowCount: batch.rowCount,
        selection: Selection(rows: keys.keys.sorted())))
    let large = records.records.compactMap { record in
      form.refusal(record).map { RecordFailure(row: record.row, reason: $0) }
    }
    return (records, failures + large)
  }

  /// A column of one row so many times.
  private static func repeated(_ column: Column, _ count: Int) -> Column {
    let builder = ColumnBuilder(column.type, capacity: max(count, 1))
    for _ in 0..<count { builder.append(from: column, row: 0) }
    return builder.finish()
  }
}
