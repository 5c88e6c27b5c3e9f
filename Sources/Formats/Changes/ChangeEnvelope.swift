import Columns
import Plans
import Schemas

/// What a record says of a change: the rows as JSON, and what was done.
struct ChangeEnvelope {
  enum Reading {
    case change(ChangeEnvelope)
    /// A record without a value, as it stands behind deletions for the topic's compaction.
    case nothing
    case failure(String)
  }

  var operation: String
  var before: [UInt8]?
  var after: [UInt8]?
}

/// Reads Debezium's envelope, with the schema that Kafka Connect's converter puts beside it or
/// without.
struct EnvelopeReader {
  private let decoder: JSONDecoder

  init() throws(FormatError) {
    let operation = DecodedColumn(
      field: Field("op", .string, nullable: true), origin: .field("op"))
    let columns = [DecodedColumn.document("before"), .document("after"), operation]
    decoder = try JSONDecoder(
      spec: DecodingSpec(format: .json, columns: columns + [.document("payload")]))
  }

  /// What each record says.
  func read(_ records: RecordBatch) -> [ChangeEnvelope.Reading] {
    let outer = readings(records)
    var result = outer.map(\.reading)
    let wrapped = outer.indices.filter { outer[$0].payload != nil }
    guard !wrapped.isEmpty else { return result }
    let payloads = RecordBatch(
      partition: records.partition, capacity: wrapped.count, byteCapacity: 1 << 16)
    for row in wrapped {
      outer[row].payload?.withUnsafeBytes { bytes in
        payloads.append(value: bytes, key: nil, timestamp: .min, offset: records.offsets[row])
      }
    }
    for (row, inner) in zip(wrapped, readings(payloads)) { result[row] = inner.reading }
    return result
  }

  private func readings(
    _ records: RecordBatch
  ) -> [(reading: ChangeEnvelope.Reading, payload: [UInt8]?)] {
    let decoded = decoder.decode(records)
    let columns = decoded.batch.columns
    let failures = Dictionary(
      decoded.failures.map { ($0.row, $0.reason) }, uniquingKeysWith: { first, _ in first })
    func text(_ column: Int, _ row: Int) -> [UInt8]? {
      columns[column].isValid(row) ? Array(columns[column].text(row)) : nil
    }
    return (0..<records.count).map { row in
      if let reason = failures[row] {
        return (reason == FailureLog.tombstone ? .nothing : .failure(reason), nil)
      }
      guard let operation = text(2, row) else {
        let problem = "it is no change: it has neither `op` nor `payload`"
        return (.failure(problem), text(3, row))
      }
      return (
        .change(
          ChangeEnvelope(
            operation: String(decoding: operation, as: UTF8.self), before: text(0, row),
            after: text(1, row))), nil
      )
    }
  }
}
