import Columns
import Connectors
import Formats
import Plans
import Schemas

/// Reads what a server's keys are called as keys of a table: the other way round of how the table's
/// keys are made texts.
final class RedisKeys {
  private let table: RedisTable
  private let columns: [Field]
  private let decoder: any RecordDecoder
  private let partition: PartitionID

  init(_ spec: TableSpec, _ table: RedisTable) throws(ConnectorError) {
    self.table = table
    let fields = spec.decoding.columns.map(\.field)
    columns = spec.keys.compactMap { name in fields.first { $0.name == name } }
    partition = PartitionID(source: spec.name, topic: spec.name, number: 0)
    do throws(FormatError) {
      decoder = try makeDecoder(
        DecodingSpec(
          format: .json,
          columns: columns.map { DecodedColumn(field: $0, origin: .field($0.name)) }, coerce: true))
    } catch {
      throw ConnectorError(.configuration, "\(spec.place): \(error)")
    }
  }

  /// Those that some key of the table has as its text: nobody could look up another one.
  func keys(in names: [[UInt8]]) -> Batch {
    let objects = names.compactMap { name in object(name).map { (name: name, json: $0) } }
    let records = RecordBatch(
      partition: partition, capacity: max(objects.count, 1),
      byteCapacity: max(objects.reduce(0) { $0 + $1.json.count }, 1))
    for (place, object) in objects.enumerated() {
      object.json.withUnsafeBytes {
        records.append(value: $0, key: nil, timestamp: .min, offset: Int64(place))
      }
    }
    let decoded = decoder.decode(records).batch
    let places = decoded.selection?.rowNumbers ?? Array(0..<decoded.rowCount)
    let found = decoded.gathered()
    let texts = table.names(found)
    // A text that is no key's own, such as `007` for 7, is nobody's.
    let rows = places.indices.filter { texts[$0] == objects[places[$0]].name }
    return found.gathered(rows: rows.map { UInt32($0) })
  }

  /// The key's columns as texts of a JSON object; nil where they are not as many.
  private func object(_ name: [UInt8]) -> [UInt8]? {
    guard name.starts(with: table.prefix) else { return nil }
    var rest = name[table.prefix.count...]
    let buffer = ByteBuffer(capacity: 64)
    buffer.append("{")
    for (place, column) in columns.enumerated() {
      var part = rest
      if place < columns.count - 1 {
        // A column before the last holds nothing of what stands between them.
        guard let end = rest.firstRange(of: table.separator) else { return nil }
        part = rest[..<end.lowerBound]
        rest = rest[end.upperBound...]
      }
      if place > 0 { buffer.append(",") }
      JSONText.write(Array(column.name.utf8), to: buffer)
      buffer.append(":")
      JSONText.write(Array(part), to: buffer)
    }
    buffer.append("}")
    return Array(UnsafeBufferPointer(start: UnsafePointer(buffer.base), count: buffer.count))
  }
}
