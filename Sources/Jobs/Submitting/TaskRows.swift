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
  /// Of a key that no task has.
  private let keyDecoder: (any RecordDecoder)?
  /// Writes what a row's hash is of.
  private let identity: any RecordEncoder
  private let identitySchema: Schema

  init(
    _ definition: JobDefinition, _ order: SubmissionOrder, _ columns: TaskColumns,
    _ file: SubmittedFile, largestRecord: Int, times: Set<String> = []
  ) throws(JobError) {
    job = order.job
    self.columns = columns
    form = try TaskForm(definition, largestRecord: largestRecord)
    identitySchema = Schema(columns.read.map(\.field) + columns.settled.map(\.field))
    let read = columns.read.map { column in
      var column = column
      if times.contains(column.recordName) { column.timeFormat = .standard }
      return column
    }
    do {
      decoder = try makeDecoder(
        DecodingSpec(
          format: file.format, columns: read, coerce: definition.source.decoding.coerce,
          options: file.options))
      keyDecoder = try columns.ownKey.map { column throws(FormatError) in
        // A number is a key as it stands.
        try makeDecoder(
          DecodingSpec(
            format: file.format, columns: [column], coerce: true, options: file.options))
      }
      identity = try makeEncoder(EncodingSpec(), schema: identitySchema)
    } catch {
      throw JobError(error.description)
    }
  }

  /// What a batch of the file's records comes to, without those of them that lack something.
  func tasks(_ records: RecordBatch, lacks: [RecordFailure] = []) -> Tasks {
    let decoded = decoder.decode(records)
    var failures = decoded.failures
    let batch = leaveOut(lacks, of: decoded.batch, &failures)
    let keys = keys(batch, records, &failures)
    let written = encode(batch, keys)
    failures += written.failures
    return Tasks(
      records: written.records,
      ids: written.records.records.compactMap { keys[$0.row]?.hash },
      bad: failures.map { BadRow(line: records.offset(of: $0.row), reason: $0.reason) }
        .sorted { $0.line < $1.line })
  }

  private func leaveOut(
    _ lacks: [RecordFailure], of batch: Batch, _ failures: inout [RecordFailure]
  ) -> Batch {
    guard !lacks.isEmpty else { return batch }
    let known = Set(failures.map(\.row))
    failures += lacks.filter { !known.contains($0.row) }
    let refused = Set(lacks.map(\.row))
    return Batch(
      schema: batch.schema, columns: batch.columns, rowCount: batch.rowCount,
      selection: Selection(rows: batch.numbers.filter { !refused.contains($0) }))
  }

  private struct Key {
    var id: String
    var hash: WideHash
  }

  /// Of each row that can become a task, by its number.
  private func keys(
    _ batch: Batch, _ records: RecordBatch, _ failures: inout [RecordFailure]
  ) -> [Int: Key] {
    if let place = columns.key {
      return keys(batch.columns[place], batch.numbers, except: [], &failures)
    }
    guard let keyDecoder else { return hashes(batch, &failures) }
    let own = keyDecoder.decode(records)
    let known = Set(failures.map(\.row))
    let wrong = own.failures.filter { !known.contains($0.row) }
    failures += wrong
    return keys(own.batch.columns[0], batch.numbers, except: Set(wrong.map(\.row)), &failures)
  }

  private func keys(
    _ column: Column, _ rows: [Int], except others: Set<Int>, _ failures: inout [RecordFailure]
  ) -> [Int: Key] {
    var keys: [Int: Key] = [:]
    for row in rows where !others.contains(row) {
      let text =
        !column.isValid(row) ? "" : column.type == .int ? "\(column.int(row))" : column.string(row)
      if text.isEmpty {
        failures.append(RecordFailure(row: row, reason: "its key is empty"))
      } else if TaskID.isTaken(text) {
        failures.append(
          RecordFailure(
            row: row,
            reason: "its key `\(text)` ends as those of redriven tasks do: write it otherwise, or"
              + " take another column for --key"))
      } else {
        keys[row] = key(text)
      }
    }
    return keys
  }

  private func key(_ text: String) -> Key {
    let id = TaskID.make(job: job, key: text)
    return Key(id: id, hash: WideHash(id))
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
      keys[record.row] = key(records.hash(index).description)
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
    return form.records(
      of: Batch(
        schema: form.schema, columns: filled, rowCount: batch.rowCount,
        selection: Selection(rows: keys.keys.sorted())))
  }

  /// A column of one row so many times.
  private static func repeated(_ column: Column, _ count: Int) -> Column {
    let builder = ColumnBuilder(column.type, capacity: max(count, 1))
    for _ in 0..<count { builder.append(from: column, row: 0) }
    return builder.finish()
  }
}
