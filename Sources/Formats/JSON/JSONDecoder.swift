package import Columns
package import Plans
package import Schemas

/// Decodes records that are JSON objects (see `JSONScanner` for how).
///
/// Unknown fields are ignored; of equal names the last wins; a missing or null field is null in a
/// `T?` and fails the record in a `T`. Every record's structure and UTF-8 are checked, types and
/// presence of the wanted fields only.
package final class JSONDecoder: RecordDecoder {
  package let schema: Schema
  private let scanner: JSONScanner
  private let fillers: RecordFillers

  package init(spec: DecodingSpec) throws(FormatError) {
    schema = Schema(spec.columns.map(\.field))
    fillers = try RecordFillers(spec.columns, coerce: spec.coerce, isUntyped: false)
    scanner = JSONScanner(names: JSONNames(fillers.fieldNames))
  }

  package func decode(_ records: RecordBatch) -> Decoded {
    let log = FailureLog(rowCount: records.count)
    log.failFaulty(of: records)
    log.failTombstones(of: records)
    fillers.begin(rowCount: records.count)
    var first = 0
    while first < records.count {
      let chunk = scanner.chunk(of: records, from: first)
      scanner.scan(records, from: first, chunk)
      for fault in scanner.faults { log.fail(first + fault.row, fault.fault.reason) }
      fillers.fill(scanner.slots, records, first: first, count: chunk.rows, log)
      first += chunk.rows
    }
    return fillers.finish(records, schema: schema, log)
  }
}

/// The fillers of all columns of a decoder.
final class RecordFillers {
  private struct FieldColumn {
    var filler: ColumnFiller
    /// Its field's place in `fieldNames`.
    var slotColumn: Int
  }

  /// The fields that are wanted, each once.
  let fieldNames: [String]
  private let fields: [FieldColumn]
  private let metas: [MetaFiller]
  /// For each column: its place in `fields` or, behind them, in `metas`.
  private let order: [Int]

  init(_ columns: [DecodedColumn], coerce: Bool, isUntyped: Bool) throws(FormatError) {
    var names: [String] = []
    var fields: [FieldColumn] = []
    var metas: [MetaFiller] = []
    var places: [(isField: Bool, index: Int)] = []
    for column in columns {
      if case .field(let name) = column.origin {
        let slotColumn = names.firstIndex(of: name) ?? names.count
        if slotColumn == names.count { names.append(name) }
        let reading = try CellReading(column, coerce: coerce, isUntyped: isUntyped)
        places.append((true, fields.count))
        fields.append(FieldColumn(filler: ColumnFiller(reading), slotColumn: slotColumn))
      } else {
        places.append((false, metas.count))
        metas.append(try MetaFiller(column))
      }
    }
    fieldNames = names
    self.fields = fields
    self.metas = metas
    let fieldCount = fields.count
    order = places.map { $0.isField ? $0.index : fieldCount + $0.index }
  }

  func begin(rowCount: Int) { for field in fields { field.filler.begin(rowCount: rowCount) } }

  func fill(
    _ slots: CellSlots, _ records: RecordBatch, first: Int, count: Int, _ log: FailureLog
  ) {
    for field in fields {
      let offset = field.slotColumn * CellSlots.rowLimit
      let chunk = ColumnFiller.Chunk(
        arena: UnsafePointer(records.arena), starts: UnsafePointer(slots.starts) + offset,
        sizes: UnsafePointer(slots.sizes) + offset, first: first, count: count)
      field.filler.fill(chunk, log)
    }
  }

  func finish(_ records: RecordBatch, schema: Schema, _ log: FailureLog) -> Decoded {
    let made = fields.map { $0.filler.finish() } + metas.map { $0.fill(records, log) }
    var hidden = HiddenColumns()
    hidden.records = records
    let batch = Batch(
      schema: schema, columns: order.map { made[$0] }, rowCount: records.count,
      selection: log.selection(), hidden: hidden)
    return Decoded(batch: batch, failures: log.ordered)
  }
}
