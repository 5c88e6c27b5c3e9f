import Columns
import Plans
import Schemas

/// Reads records of which some delete the row of their key: such a record becomes a row of kind
/// `delete` that has the columns of the key, and the record's timestamp as its event time.
///
/// In a topic these are records without a value (see `KeyObjects` for their keys), elsewhere
/// objects of the key with a mark.
final class DeletionDecoder: RecordDecoder {
  let schema: Schema
  private let rows: any RecordDecoder
  private let keys: KeyObjects
  private let marks: DeletionMarks?
  private let places: [Int]
  private let time: Int?

  init(_ rows: any RecordDecoder, _ spec: DecodingSpec, _ deletions: DeletionSpec)
    throws(FormatError)
  {
    self.rows = rows
    schema = rows.schema
    var columns: [DecodedColumn] = []
    var places: [Int] = []
    for name in deletions.keys {
      guard let place = spec.columns.firstIndex(where: { $0.field.name == name }) else {
        throw FormatError("the key column `\(name)` is not read")
      }
      columns.append(spec.columns[place])
      places.append(place)
    }
    self.places = places
    time = deletions.time.flatMap { name in spec.columns.firstIndex { $0.field.name == name } }
    keys = try KeyObjects(columns, coerce: spec.coerce)
    let isMarked = deletions.isMarked && spec.format == .json
    marks = try isMarked ? DeletionMarks(columns, coerce: spec.coerce) : nil
  }

  func decode(_ records: RecordBatch) -> Decoded {
    let decoded = rows.decode(records)
    guard let found = marks?.find(records) ?? tombstones(decoded, records) else {
      return decoded
    }
    let (deleted, named) = (found.rows, found.keys)
    let gone = Set(deleted)
    var failures = decoded.failures.filter { !gone.contains($0.row) }
    failures += named.failures.map { failure in
      RecordFailure(row: deleted[failure.row], reason: "\(found.problem): \(failure.reason)")
    }
    return Decoded(
      batch: merged(decoded.batch, named.batch, deleted, records),
      failures: failures.sorted { $0.row < $1.row })
  }

  /// Records without a value.
  private func tombstones(_ decoded: Decoded, _ records: RecordBatch) -> FoundDeletions? {
    let rows = decoded.failures.filter { $0.reason == FailureLog.tombstone }.map(\.row)
    if marks != nil || rows.isEmpty { return nil }
    return FoundDeletions(
      rows: rows, keys: keys.decode(records, rows),
      problem: "it has no value, and its key names no row to delete")
  }

  /// The rows with those that delete in their places.
  private func merged(
    _ batch: Batch, _ named: Batch, _ deleted: [Int], _ records: RecordBatch
  ) -> Batch {
    let count = batch.rowCount
    var order = Array(0..<UInt32(truncatingIfNeeded: count))
    for (number, row) in deleted.enumerated() {
      order[row] = UInt32(truncatingIfNeeded: count + number)
    }
    let parts = [
      Batch(schema: schema, columns: batch.columns, rowCount: count),
      Batch(
        schema: schema, columns: deletions(named, deleted, records), rowCount: deleted.count),
    ]
    let all = Batch.concatenated(parts).gathered(rows: order)
    let sound = Set((named.selection?.rowNumbers ?? Array(0..<deleted.count)).map { deleted[$0] })
    let others = Set(batch.selection?.rowNumbers ?? Array(0..<count)).subtracting(deleted)
    let kept = sound.union(others)
    let kinds = Column(fixed: .int, rowCount: count)
    for row in 0..<count {
      kinds.ints[row] = (sound.contains(row) ? RowKind.delete : .insert).rawValue
    }
    let result = Batch(
      schema: schema, columns: all.columns, rowCount: count,
      selection: kept.count == count ? nil : Selection(rows: kept.sorted()), hidden: batch.hidden)
    result.hidden.rowKinds = kinds
    return result
  }

  private func deletions(_ named: Batch, _ deleted: [Int], _ records: RecordBatch) -> [Column] {
    schema.fields.enumerated().map { place, field in
      if let key = places.firstIndex(of: place) { return named.columns[key] }
      guard place == time else { return .blank(field, deleted.count) }
      let times = Column(fixed: .timestamp, rowCount: deleted.count)
      for (number, row) in deleted.enumerated() { times.ints[number] = records.timestamps[row] }
      return times
    }
  }
}
