import Columns
import Glibc
import Plans
import Schemas

/// Records of a batch that delete rows.
struct FoundDeletions {
  /// Ascending.
  var rows: [Int]
  /// The columns of their keys; row *i* is that of `rows[i]`.
  var keys: Decoded
  /// What one says whose key cannot be read.
  var problem: String
}

/// Finds objects that delete the row of their key, where records have no keys: `{"id": 1,
/// "$deleted": true}`.
struct DeletionMarks {
  private static let name = Array("\"\(DeletionSpec.mark)\"".utf8)

  /// Of the key's columns and the mark.
  private let decoder: JSONDecoder
  private let width: Int

  init(_ columns: [DecodedColumn], coerce: Bool) throws(FormatError) {
    let mark = DecodedColumn(
      field: Field(DeletionSpec.mark, .bool, nullable: true), origin: .field(DeletionSpec.mark))
    decoder = try JSONDecoder(
      spec: DecodingSpec(format: .json, columns: columns + [mark], coerce: coerce))
    width = columns.count
  }

  /// nil where there are none. One search through the bytes of the batch, and where the mark's name
  /// is found somewhere one through each record.
  func find(_ records: RecordBatch) -> FoundDeletions? {
    guard holdsName(UnsafeBufferPointer(start: records.arena, count: records.byteCount)) else {
      return nil
    }
    let candidates = (0..<records.count).filter { row in
      records.faults[row] == nil && records.bytes(records.values[row]).map(holdsName) ?? false
    }
    guard !candidates.isEmpty else { return nil }
    let read = decoder.decode(part(records, candidates))
    let mark = read.batch.columns[width]
    let failed = Set(read.failures.map(\.row))
    // One whose key cannot be read may be a deletion or not, and fails in either case.
    let chosen = candidates.indices.filter { place in
      failed.contains(place) || mark.isValid(place) && mark.bool(place)
    }
    guard !chosen.isEmpty else { return nil }
    return FoundDeletions(
      rows: chosen.map { candidates[$0] }, keys: read.chosen(chosen, failed),
      problem: "it deletes a row, and its key cannot be read")
  }

  /// Looks at each dollar sign, of which there are few, behind a quote.
  private func holdsName(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
    guard let base = bytes.baseAddress else { return false }
    let (name, end) = (Self.name, bytes.count)
    var at = 1
    while at < end, let found = memchr(base + at, Int32(UInt8(ascii: "$")), end - at) {
      let place = UnsafePointer(found.assumingMemoryBound(to: UInt8.self)) - base
      let start = place - 1
      if start + name.count <= end, memcmp(base + start, name, name.count) == 0 { return true }
      at = place + 1
    }
    return false
  }

  private func part(_ records: RecordBatch, _ rows: [Int]) -> RecordBatch {
    let part = RecordBatch(
      partition: records.partition, capacity: rows.count, byteCapacity: 1 << 12)
    for row in rows {
      part.append(
        value: records.bytes(records.values[row]).map { UnsafeRawBufferPointer($0) }, key: nil,
        timestamp: records.timestamps[row], offset: records.offsets[row])
    }
    return part
  }
}

extension Decoded {
  /// These rows, numbered anew.
  fileprivate func chosen(_ rows: [Int], _ failed: Set<Int>) -> Decoded {
    let all = Batch(schema: batch.schema, columns: batch.columns, rowCount: batch.rowCount)
    let part = all.gathered(rows: rows.map { UInt32(truncatingIfNeeded: $0) })
    let sound = rows.indices.filter { !failed.contains(rows[$0]) }
    part.selection = sound.count == rows.count ? nil : Selection(rows: sound)
    let numbers = Dictionary(uniqueKeysWithValues: rows.enumerated().map { ($1, $0) })
    return Decoded(
      batch: part,
      failures: failures.compactMap { failure in
        numbers[failure.row].map { RecordFailure(row: $0, reason: failure.reason) }
      })
  }
}
