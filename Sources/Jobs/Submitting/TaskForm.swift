import Columns
import Formats
import Plans
import Schemas

/// How tasks are written: as the definition's source reads them.
final class TaskForm {
  /// The source's columns, under the names that its records have for them.
  let schema: Schema
  /// Bytes that a record may take at most.
  private let largest: Int
  private let encoder: any RecordEncoder

  /// A record's key and overhead beside its value.
  private static let overhead = 512

  /// What brokers and clients take where nobody says otherwise.
  static let usualLargest = 1_000_000

  init(_ definition: JobDefinition, largestRecord: Int) throws(JobError) {
    let fields = definition.fields
    schema = Schema(fields.map { Field($0.recordName, $0.field.fieldType) })
    largest = largestRecord - Self.overhead
    guard let id = fields.first(where: { $0.field.name == definition.columns.id }) else {
      throw JobError("\(definition.source.place) has no column `\(definition.columns.id)`")
    }
    let spec = EncodingSpec(
      keys: [id.recordName], timestamps: try Self.timestamps(fields, definition.source.place),
      omitsNulls: true)
    do {
      encoder = try makeEncoder(spec, schema: schema)
    } catch {
      throw JobError("\(definition.source.place): \(error)")
    }
  }

  /// Times are written in one form; a source may read several.
  private static func timestamps(
    _ fields: [DecodedColumn], _ place: String
  ) throws(JobError) -> EncodingSpec.Timestamps {
    var form: EncodingSpec.Timestamps?
    for column in fields {
      if column.parts.contains(where: { $0.origin != .field($0.field.name) }) {
        throw JobError(
          "\(place): `\(column.field.name)` has fields of other names in its records; jobs write"
            + " them by their own")
      }
      guard column.field.type == .timestamp else { continue }
      let own: EncodingSpec.Timestamps? =
        switch column.timeFormat {
        case .standard: .rfc3339
        case .epochSeconds: .epochSeconds
        case .epochMilliseconds: .epochMilliseconds
        case .epochMicroseconds: .epochMicroseconds
        case .pattern: nil
        }
      guard let own, form == nil || form == own else {
        throw JobError(
          "\(place): `\(column.field.name)` is read in a form that jobs don't write: leave `as …`"
            + " out, or write the same of all columns")
      }
      form = own
    }
    return form ?? .rfc3339
  }

  /// The records of the rows that count and can be sent, and why the others can't.
  func records(of batch: Batch) -> (records: EncodedRecords, failures: [RecordFailure]) {
    let records = encoder.encode(batch)
    let failures = records.failures + records.records.compactMap { refusal($0) }
    guard !failures.isEmpty else { return (records, []) }
    let refused = Set(failures.map(\.row))
    let others = batch.numbers.filter { !refused.contains($0) }
    let rest = Batch(
      schema: batch.schema, columns: batch.columns, rowCount: batch.rowCount,
      selection: Selection(rows: others))
    return (encoder.encode(rest), failures)
  }

  private func refusal(_ record: EncodedRecords.Record) -> RecordFailure? {
    guard record.size > largest else { return nil }
    return RecordFailure(
      row: record.row,
      reason: "as a record it has \(record.size) bytes, and brokers take \(largest) at most")
  }
}

extension DecodedColumn {
  /// What its field is called in records.
  var recordName: String {
    if case .field(let name) = origin { name } else { field.name }
  }
}
