package import Columns
package import Schemas

/// A row that failed and why.
package struct FailedRow {
  /// Row number in its batch.
  package let row: Int
  package let reason: String
  /// The stage at fault, where it is another than the one that found it.
  package let stage: OperatorID?

  package init(row: Int, reason: String, stage: OperatorID? = nil) {
    self.row = row
    self.reason = reason
    self.stage = stage
  }
}

/// Makes the rows of an `errors` output: the original bytes and origin of a failed row where the
/// batch still has them, else the row itself as JSON.
package enum FailedRows {
  /// A batch of `schema`, which is that of errors: stage, error, value, key, topic, partition,
  /// offset, timestamp, headers. O(failed rows).
  package static func batch(
    _ failed: [FailedRow], of batch: Batch, stage: OperatorID, schema: Schema
  ) -> Batch {
    let builders = schema.fields.map { ColumnBuilder($0.type, capacity: max(failed.count, 1)) }
    let json = JSONText()
    for failure in failed {
      builders[0].append(string: (failure.stage ?? stage).name)
      builders[1].append(string: failure.reason)
      if let records = batch.hidden.records, let record = record(failure.row, of: batch) {
        append(record, of: records, to: builders)
      } else {
        json.removeAll()
        json.writeRow(failure.row, of: batch)
        json.append(to: builders[2])
        for builder in builders[3...] { builder.appendNull() }
      }
    }
    let result = Batch(
      schema: schema, columns: builders.map { $0.finish() }, rowCount: failed.count)
    let rows = failed.map { UInt32(truncatingIfNeeded: $0.row) }
    rows.withUnsafeBufferPointer { rows in
      guard let base = rows.baseAddress else { return }
      let take = { (column: Column?) in column?.gathered(rows: base, count: rows.count) }
      result.hidden.eventTimes = take(batch.hidden.eventTimes)
      result.hidden.lanes = take(batch.hidden.lanes)
      result.hidden.places = take(batch.hidden.places)
    }
    return result
  }

  /// Characters of a row that a message shows.
  private static let shownLimit = 200

  /// Where a row comes from: `topic[partition]@offset`, if its batch still knows; else the row.
  package static func origin(of row: Int, in batch: Batch) -> String {
    guard let records = batch.hidden.records, let record = record(row, of: batch) else {
      let json = JSONText()
      json.writeRow(row, of: batch)
      let text = String(decoding: json.output, as: UTF8.self)
      return text.count > shownLimit ? text.prefix(shownLimit) + "…" : text
    }
    let partition = records.partition
    return "\(partition.topic)[\(partition.number)]@\(records.offsets[record])"
  }

  /// Whether the row was made of one record, which could be mended.
  package static func isRecord(_ row: Int, in batch: Batch) -> Bool {
    record(row, of: batch) != nil
  }

  private static func record(_ row: Int, of batch: Batch) -> Int? {
    guard let records = batch.hidden.records else { return nil }
    let record = batch.hidden.recordRows.map { Int($0.ints[row]) } ?? row
    return record >= 0 && record < records.count ? record : nil
  }

  private static func append(
    _ record: Int, of records: RecordBatch, to builders: [ColumnBuilder]
  ) {
    for (builder, span) in [
      (builders[2], records.values[record]), (builders[3], records.keys[record]),
    ] {
      if let bytes = records.bytes(span) {
        builder.append(text: bytes)
      } else {
        builder.appendNull()
      }
    }
    builders[4].append(string: records.partition.topic)
    builders[5].append(int: Int64(records.partition.number))
    builders[6].append(int: records.offsets[record])
    let time = records.timestamps[record]
    if time == .min { builders[7].appendNull() } else { builders[7].append(int: time) }
    if let headers = records.bytes(records.headers[record]), !headers.isEmpty {
      builders[8].append(text: headers)
    } else {
      builders[8].appendNull()
    }
  }
}

extension Selection {
  /// The rows of a batch that count, without some of them. `excluded` ascends. O(rows).
  package static func rows(of batch: Batch, without excluded: [Int]) -> Selection {
    let count = batch.selectedCount
    let result = Selection(capacity: max(count, 1))
    var next = excluded.startIndex
    for i in 0..<count {
      let row = batch.selection.map { Int($0.rows[i]) } ?? i
      if next < excluded.endIndex && excluded[next] == row {
        next += 1
        continue
      }
      result.rows[result.count] = UInt32(truncatingIfNeeded: row)
      result.count += 1
    }
    return result
  }
}
