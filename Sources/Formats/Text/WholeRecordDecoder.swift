import CPlatform
package import Columns
package import Plans
package import Schemas

/// Decodes records that are one value whole: `format: text` into a `string` column, `format: raw`
/// into a `bytes` column.
package final class WholeRecordDecoder: RecordDecoder {
  package let schema: Schema
  private let isText: Bool
  /// nil where the value is not wanted.
  private let field: Field?
  private let metas: [MetaFiller?]

  package init(spec: DecodingSpec) throws(FormatError) {
    schema = Schema(spec.columns.map(\.field))
    isText = spec.format == .text
    var field: Field?
    var metas: [MetaFiller?] = []
    let wanted: DataType = isText ? .string : .bytes
    for column in spec.columns {
      guard case .field = column.origin else {
        metas.append(try MetaFiller(column))
        continue
      }
      guard field == nil, column.field.type == wanted else {
        throw FormatError("format \(spec.format.rawValue) needs exactly one column, a \(wanted)")
      }
      field = column.field
      metas.append(nil)
    }
    self.field = field
    self.metas = metas
  }

  package func decode(_ records: RecordBatch) -> Decoded {
    let log = FailureLog(rowCount: records.count)
    log.failFaulty(of: records)
    let value = field.map { values(records, $0, log) }
    let columns = metas.compactMap { $0?.fill(records, log) ?? value }
    var hidden = HiddenColumns()
    hidden.records = records
    let batch = Batch(
      schema: schema, columns: columns, rowCount: records.count, selection: log.selection(),
      hidden: hidden)
    return Decoded(batch: batch, failures: log.ordered)
  }

  private func values(_ records: RecordBatch, _ field: Field, _ log: FailureLog) -> Column {
    let builder = ColumnBuilder(
      field.type, capacity: records.count, byteCapacity: max(records.byteCount, 1))
    let nothing = UnsafeBufferPointer<UInt8>(start: nil, count: 0)
    for row in 0..<records.count {
      guard let bytes = records.bytes(records.values[row]) else {
        if field.isNullable {
          builder.appendNull()
        } else {
          log.fail(row, FailureLog.tombstone)
          builder.append(text: nothing)
        }
        continue
      }
      if isText, let base = bytes.baseAddress, raudal_valid_utf8(base, bytes.count) == 0 {
        log.fail(row, "the record is no UTF-8")
        builder.append(text: nothing)
      } else {
        builder.append(text: bytes)
      }
    }
    return builder.finish()
  }
}
