import Columns
import Plans
import Schemas

/// Reads changes as Debezium writes them.
///
/// With a key a record is the newest row of its key, or deletes it: row *i* is record *i*. Without
/// one it must have the row before, and becomes one or two rows (`recordRows` says of which
/// record). Records without a value are passed over.
final class ChangeDecoder: RecordDecoder {
  let schema: Schema
  private let envelopes: EnvelopeReader
  private let rows: JSONDecoder
  private let deletions: DeletionSpec?
  private let keys: KeyObjects?
  private let keyPlaces: [Int]
  private let time: Int?

  init(_ spec: DecodingSpec) throws(FormatError) {
    envelopes = try EnvelopeReader()
    rows = try JSONDecoder(
      spec: DecodingSpec(format: .json, columns: spec.columns, coerce: spec.coerce))
    schema = rows.schema
    deletions = spec.deletions
    var places: [Int] = []
    for name in spec.deletions?.keys ?? [] {
      guard let place = spec.columns.firstIndex(where: { $0.field.name == name }) else {
        throw FormatError("the key column `\(name)` is not read")
      }
      places.append(place)
    }
    keyPlaces = places
    keys =
      try spec.deletions == nil
      ? nil : KeyObjects(places.map { spec.columns[$0] }, coerce: spec.coerce)
    time = spec.deletions?.time.flatMap { name in
      spec.columns.firstIndex { $0.field.name == name }
    }
  }

  func decode(_ records: RecordBatch) -> Decoded {
    var plan = ChangePlan()
    for (record, reading) in envelopes.read(records).enumerated() {
      switch reading {
      case .nothing: plan.pass(record)
      case .failure(let reason): plan.fail(record, reason)
      case .change(let change):
        if deletions == nil { plan.add(change, record) } else { plan.addNewest(change, record) }
      }
    }
    return made(plan, records)
  }

  private func made(_ plan: ChangePlan, _ records: RecordBatch) -> Decoded {
    let whole = rows.decode(plan.wholeRows(records))
    let named = namedKeys(plan, records)
    var reasons: [Int: String] = [:]
    for failure in whole.failures {
      let row = plan.whole[failure.row]
      reasons[row.entry] = reasons[row.entry] ?? "`\(row.name)`: \(failure.reason)"
    }
    for failure in named?.failures ?? [] {
      let entry = plan.named[failure.row].entry
      reasons[entry] = "its key names no row to delete: \(failure.reason)"
    }
    for (entry, reason) in plan.reasons { reasons[entry] = reason }
    var parts: [Batch] = []
    if !plan.whole.isEmpty {
      parts.append(Batch(schema: schema, columns: whole.batch.columns, rowCount: plan.whole.count))
    }
    if let named { parts.append(deleted(named.batch, plan, records)) }
    parts.append(Batch(schema: schema, columns: schema.fields.map { .blank($0, 1) }, rowCount: 1))
    return assembled(Batch.concatenated(parts), plan, reasons, records)
  }

  /// The keys of rows that are deleted: from the row before, or else from the record's own key.
  private func namedKeys(_ plan: ChangePlan, _ records: RecordBatch) -> Decoded? {
    guard let keys, !plan.named.isEmpty else { return nil }
    let rows = plan.named.map { plan.entries[$0.entry].record }
    let ownKeys = keys.decode(records, rows)
    guard plan.named.contains(where: { $0.before != nil }) else { return ownKeys }
    // Those without a row before become what is no object, and are taken from the records' keys.
    let read = keys.decode(plan.named.map { $0.before ?? [] }, of: rows, records)
    guard plan.named.contains(where: { $0.before == nil }) else { return read }
    let count = UInt32(truncatingIfNeeded: rows.count)
    let both = Batch.concatenated(
      [read, ownKeys].map {
        Batch(schema: $0.batch.schema, columns: $0.batch.columns, rowCount: rows.count)
      })
    let order = plan.named.enumerated().map { place, row in
      UInt32(truncatingIfNeeded: place) + (row.before == nil ? count : 0)
    }
    let failures = [
      read.failures.filter { plan.named[$0.row].before != nil },
      ownKeys.failures.filter { plan.named[$0.row].before == nil },
    ].flatMap(\.self)
    return Decoded(batch: both.gathered(rows: order), failures: failures)
  }

  private func deleted(_ named: Batch, _ plan: ChangePlan, _ records: RecordBatch) -> Batch {
    let count = plan.named.count
    let columns = schema.fields.enumerated().map { place, field -> Column in
      if let key = keyPlaces.firstIndex(of: place) { return named.columns[key] }
      guard place == time else { return .blank(field, count) }
      let times = Column(fixed: .timestamp, rowCount: count)
      for (number, row) in plan.named.enumerated() {
        times.ints[number] = records.timestamps[plan.entries[row.entry].record]
      }
      return times
    }
    return Batch(schema: schema, columns: columns, rowCount: count)
  }

  /// `all` holds whole rows, then those that are deleted by key, then one that is nothing.
  private func assembled(
    _ all: Batch, _ plan: ChangePlan, _ reasons: [Int: String], _ records: RecordBatch
  ) -> Decoded {
    // A record of which one row fails gives none.
    let broken = Set(reasons.keys.map { plan.entries[$0].record })
    let nothing = UInt32(truncatingIfNeeded: all.rowCount - 1)
    var order: [UInt32] = []
    var sound: [Int] = []
    let (kinds, numbers) = (
      Column(fixed: .int, rowCount: plan.entries.count),
      Column(fixed: .int, rowCount: plan.entries.count)
    )
    for (place, entry) in plan.entries.enumerated() {
      kinds.ints[place] = entry.kind.rawValue
      numbers.ints[place] = Int64(entry.record)
      switch entry.place {
      case .whole(let row): order.append(UInt32(truncatingIfNeeded: row))
      case .named(let row): order.append(UInt32(truncatingIfNeeded: plan.whole.count + row))
      case .nothing: order.append(nothing)
      }
      if case .nothing = entry.place { continue }
      if !broken.contains(entry.record) { sound.append(place) }
    }
    let batch = all.gathered(rows: order)
    batch.selection = sound.count == order.count ? nil : Selection(rows: sound)
    batch.hidden.rowKinds = kinds
    batch.hidden.records = records
    batch.hidden.recordRows = numbers
    var told: Set<Int> = []
    let failures = reasons.sorted { $0.key < $1.key }.compactMap { entry, reason in
      told.insert(plan.entries[entry].record).inserted
        ? RecordFailure(row: entry, reason: reason) : nil
    }
    return Decoded(batch: batch, failures: failures)
  }
}
