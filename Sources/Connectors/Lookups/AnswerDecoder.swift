package import Columns
import Formats
package import Plans
import Schemas

/// Makes JSON objects that a server gave for keys an answer. One thread at a time uses it.
package final class AnswerDecoder: @unchecked Sendable {
  private let table: TableSpec
  private let schema: Schema
  private let decoder: any RecordDecoder
  private let partition: PartitionID
  /// What stands before a reason: "a row of table `users`: ".
  private let prefix: String

  /// Key columns are not looked for in the objects: they are the keys that were asked for.
  /// `isOfTable`: whether reasons say whose answer it is.
  package init(
    _ table: TableSpec, coerces: Bool = false, isOfTable: Bool = true
  ) throws(ConnectorError) {
    self.table = table
    let part = table.model == nil ? "a row of" : "an answer of"
    prefix = isOfTable ? "\(part) \(table.place): " : ""
    schema = Schema(table.decoding.columns.map(\.field))
    var spec = table.decoding
    spec.columns.removeAll { table.keys.contains($0.field.name) }
    spec.coerce = spec.coerce || coerces
    partition = PartitionID(source: table.name, topic: table.name, number: 0)
    do throws(FormatError) {
      decoder = try makeDecoder(spec)
    } catch {
      throw ConnectorError(.configuration, "\(table.place): \(error)")
    }
  }

  /// `objects`: of each key its object, in the order of the keys; nil where there is none.
  package func answer(_ keys: Batch, _ objects: [UnsafeRawBufferPointer?]) -> LookupAnswer {
    let records = RecordBatch(
      partition: partition, capacity: max(objects.count, 1),
      byteCapacity: max(objects.reduce(0) { $0 + ($1?.count ?? 0) }, 1))
    var keyOf: [Int] = []
    for (key, object) in objects.enumerated() {
      guard let object else { continue }
      records.append(value: object, key: nil, timestamp: .min, offset: Int64(key))
      keyOf.append(key)
    }
    let decoded = decoder.decode(records)
    var unreadable: [Int: String] = [:]
    for failure in decoded.failures {
      unreadable[keyOf[failure.row]] = prefix + failure.reason
    }
    let rows = decoded.batch.selection?.rowNumbers ?? Array(0..<decoded.batch.rowCount)
    let plain = decoded.batch.gathered()
    let own = keys.gathered(rows: rows.map { UInt32(keyOf[$0]) })
    let columns = schema.fields.map { field -> Column in
      if let place = table.keys.firstIndex(of: field.name) { return own.columns[place] }
      return plain.columns[plain.schema.index(of: field.name) ?? 0]
    }
    return LookupAnswer(
      rows: Batch(schema: schema, columns: columns, rowCount: rows.count),
      keys: rows.map { keyOf[$0] }, unreadable: unreadable)
  }

  /// The same of objects that are copies.
  package func answer(_ keys: Batch, _ objects: [[UInt8]?]) -> LookupAnswer {
    let bytes = objects.flatMap { $0 ?? [] }
    return bytes.withUnsafeBytes { all in
      var start = 0
      let parts = objects.map { object -> UnsafeRawBufferPointer? in
        guard let object else { return nil }
        defer { start += object.count }
        return UnsafeRawBufferPointer(rebasing: all[start..<start + object.count])
      }
      return answer(keys, parts)
    }
  }
}
