import Columns
import Plans
import Schemas

/// Reads a topic whose records without a value delete the row of their key: such a record becomes a
/// row of kind `delete` that has the columns of the key, and the record's timestamp as its event
/// time.
///
/// The key is what a sink of this engine writes for the same columns, the text of one or a JSON
/// array of several, or a JSON object that has them by name.
final class DeletionDecoder: RecordDecoder {
  let schema: Schema
  private let rows: any RecordDecoder
  private let keys: JSONDecoder
  private let columns: [DecodedColumn]
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
    self.columns = columns
    self.places = places
    time = deletions.time.flatMap { name in spec.columns.firstIndex { $0.field.name == name } }
    keys = try JSONDecoder(spec: DecodingSpec(format: .json, columns: columns, coerce: spec.coerce))
  }

  func decode(_ records: RecordBatch) -> Decoded {
    let decoded = rows.decode(records)
    let deleted = decoded.failures.filter { $0.reason == FailureLog.tombstone }.map(\.row)
    if deleted.isEmpty { return decoded }
    let named = keys.decode(named(records, deleted))
    var failures = decoded.failures.filter { $0.reason != FailureLog.tombstone }
    failures += named.failures.map { failure in
      RecordFailure(
        row: deleted[failure.row],
        reason: "it has no value, and its key names no row to delete: \(failure.reason)")
    }
    return Decoded(
      batch: merged(decoded.batch, named.batch, deleted, records),
      failures: failures.sorted { $0.row < $1.row })
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
    let kept = sound.union(batch.selection?.rowNumbers ?? Array(0..<count))
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

  // MARK: - Keys as records

  /// The keys of records as JSON objects.
  private func named(_ records: RecordBatch, _ rows: [Int]) -> RecordBatch {
    let made = RecordBatch(
      partition: records.partition, capacity: rows.count, byteCapacity: 1 << 12)
    for row in rows {
      let key = records.bytes(records.keys[row])
      object(key.map { Array($0) }).withUnsafeBytes { object in
        made.append(
          value: object, key: key.map { UnsafeRawBufferPointer($0) },
          timestamp: records.timestamps[row], offset: records.offsets[row])
      }
    }
    return made
  }

  /// What cannot be the key becomes nothing, which is no object and told as that.
  private func object(_ key: [UInt8]?) -> [UInt8] {
    guard let key else { return [] }
    if columns.allSatisfy({ $0.origin == .key }) { return Array("{}".utf8) }
    if key.first == UInt8(ascii: "{") { return key }
    let values = columns.count == 1 ? [value(key)] : Self.elements(key)
    guard values.count == columns.count else { return [] }
    let members = zip(columns, values).map { column, value in
      Self.quoted(Array(column.fieldName.utf8)) + Array(":".utf8) + value
    }
    return Array("{".utf8) + members.joined(separator: Array(",".utf8)) + Array("}".utf8)
  }

  /// The text of one key as JSON.
  private func value(_ text: [UInt8]) -> [UInt8] {
    switch columns[0].field.type {
    case .int, .float, .decimal, .bool:
      text.allSatisfy { Self.isOfNumber($0) } ? text : Self.quoted(text)
    default: Self.quoted(text)
    }
  }

  /// Digits, signs, a point and letters: what numbers, `true` and `false` are made of.
  private static func isOfNumber(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
      UInt8(ascii: "E"), UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."):
      true
    default: false
    }
  }

  private static func quoted(_ text: [UInt8]) -> [UInt8] {
    var result: [UInt8] = [UInt8(ascii: "\"")]
    for byte in text {
      switch byte {
      case UInt8(ascii: "\""), UInt8(ascii: "\\"): result += [UInt8(ascii: "\\"), byte]
      case 0..<0x20:
        let digits = Array("0123456789abcdef".utf8)
        result += Array("\\u00".utf8) + [digits[Int(byte >> 4)], digits[Int(byte & 15)]]
      default: result.append(byte)
      }
    }
    return result + [UInt8(ascii: "\"")]
  }

  /// The elements of a JSON array, as they are written; none of what is no array.
  private static func elements(_ text: [UInt8]) -> [[UInt8]] {
    guard text.first == UInt8(ascii: "["), text.last == UInt8(ascii: "]"), text.count > 2 else {
      return []
    }
    var elements: [[UInt8]] = [[]]
    var (depth, isText, isEscaped) = (0, false, false)
    for byte in text[1..<text.count - 1] {
      if isText {
        isText = byte != UInt8(ascii: "\"") || isEscaped
        isEscaped = byte == UInt8(ascii: "\\") && !isEscaped
      } else {
        switch byte {
        case UInt8(ascii: "\""): isText = true
        case UInt8(ascii: "["), UInt8(ascii: "{"): depth += 1
        case UInt8(ascii: "]"), UInt8(ascii: "}"): depth -= 1
        case UInt8(ascii: ",") where depth == 0:
          elements.append([])
          continue
        default: break
        }
      }
      elements[elements.count - 1].append(byte)
    }
    return elements
  }
}

extension DecodedColumn {
  /// What the record calls it.
  fileprivate var fieldName: String {
    if case .field(let name) = origin { name } else { field.name }
  }
}
