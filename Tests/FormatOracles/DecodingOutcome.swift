package import Columns
import Formats
package import Plans
package import Schemas
package import TestKit

/// What became of one record: its row, or why there is none.
package enum DecodingOutcome: Equatable {
  case row([Cell])
  case failure(String)

  /// Whether the record has the format's form, whatever its values are: messages about a value
  /// begin with its column's name.
  package var isWellFormed: Bool {
    switch self {
    case .row: true
    case .failure(let reason): reason.hasPrefix("`")
    }
  }
}

extension DecodingOutcome: CustomStringConvertible {
  package var description: String {
    switch self {
    case .row(let cells): "\(cells)"
    case .failure(let reason): "failure: \(reason)"
    }
  }
}

/// What a new decoder makes of these records, in order.
package func outcomes(of records: [[UInt8]], _ spec: DecodingSpec) -> [DecodingOutcome] {
  guard let decoder = try? makeDecoder(spec) else {
    return records.map { _ in .failure("no decoder") }
  }
  let decoded = decoder.decode(recordBatch(records))
  var result = (0..<records.count).map { row in
    DecodingOutcome.row(decoded.batch.columns.map { $0.cell(row) })
  }
  for failure in decoded.failures { result[failure.row] = .failure(failure.reason) }
  let left = decoded.failures.isEmpty ? Array(0..<records.count) : decoded.batch.countedRows
  let expected = result.indices.filter { if case .row = result[$0] { true } else { false } }
  precondition(left == expected, "the selection \(left) is not what did not fail, \(expected)")
  return result
}

package func recordBatch(_ records: [[UInt8]]) -> RecordBatch {
  let batch = RecordBatch(
    partition: PartitionID(source: "s", topic: "t", number: 0), capacity: max(records.count, 1),
    byteCapacity: 16)
  for (offset, record) in records.enumerated() {
    record.withUnsafeBytes {
      batch.append(value: $0, key: nil, timestamp: .min, offset: Int64(offset))
    }
  }
  return batch
}

/// The records that rows are written as, and how many of them have no form.
package func encoded(
  _ rows: [[Cell]], _ schema: Schema, _ spec: EncodingSpec
) -> (records: [[UInt8]], failures: Int) {
  guard let encoder = try? makeEncoder(spec, schema: schema) else { return ([], rows.count) }
  let records = encoder.encode(Batch(schema, rows))
  return (
    records.records.map { records.bytes($0.value).map { Array($0) } ?? [] },
    records.failures.count
  )
}
