import Columns
import Plans
import Schemas

/// Writes the values of a column as text without quotes: what CSV cells, keys and headers hold, and
/// what JSON wraps where it must.
struct CellText {
  let type: DataType
  let timestamps: EncodingSpec.Timestamps
  /// `bytes` as base64; else as they are.
  let wrapsBytes: Bool

  init(_ type: DataType, timestamps: EncodingSpec.Timestamps, wrapsBytes: Bool) {
    self.type = type
    self.timestamps = timestamps
    self.wrapsBytes = wrapsBytes
  }

  /// Writes a valid row's value.
  func write(_ column: Column, _ row: Int, to buffer: ByteBuffer) {
    switch type {
    case .bool: buffer.append(column.bools[row] != 0 ? "true" : "false")
    case .int: IntegerText.write(column.ints[row], to: buffer)
    case .float: FloatText.write(column.floats[row], to: buffer)
    case .decimal(_, let scale): DecimalText.write(column.decimals[row], scale: scale, to: buffer)
    case .timestamp: writeTimestamp(column.ints[row], to: buffer)
    case .date: DateText.write(column.ints[row], to: buffer)
    case .duration: DurationText.write(column.ints[row], to: buffer)
    case .bytes where wrapsBytes: Base64.write(column.text(row), to: buffer)
    default: buffer.append(column.text(row))
    }
  }

  private func writeTimestamp(_ micros: Int64, to buffer: ByteBuffer) {
    switch timestamps {
    case .rfc3339: TimestampText.write(micros, to: buffer)
    case .epochMicroseconds: IntegerText.write(micros, to: buffer)
    case .epochMilliseconds: writeScaled(micros, scale: 3, to: buffer)
    case .epochSeconds: writeScaled(micros, scale: 6, to: buffer)
    }
  }

  /// A whole number where it is one, else with as many digits as the value needs.
  private func writeScaled(_ micros: Int64, scale: Int, to buffer: ByteBuffer) {
    let unit: Int64 = scale == 3 ? 1000 : 1_000_000
    if micros % unit == 0 { return IntegerText.write(micros / unit, to: buffer) }
    let start = buffer.count
    DecimalText.write(Int128(micros), scale: scale, to: buffer)
    var end = buffer.count
    while end > start, buffer.base[end - 1] == UInt8(ascii: "0") { end -= 1 }
    buffer.truncate(to: end)
  }
}

/// Writes keys and headers.
struct SurroundingsWriter {
  private enum Source {
    case column(Int)
    case constant([UInt8]?)
  }

  private let keys: [Int]
  private let texts: [CellText]
  private let members: [JSONValueWriter]
  private let headers: [(name: [UInt8], source: Source)]
  /// The column that says which rows are deletions.
  private let tombstone: Int?
  /// Whether all rows are.
  private let isAlwaysTombstone: Bool

  init(_ spec: EncodingSpec, _ schema: Schema) throws(FormatError) {
    var keys: [Int] = []
    for name in spec.keys { keys.append(try Self.index(of: name, schema, "key")) }
    self.keys = keys
    texts = schema.fields.map {
      CellText($0.type, timestamps: spec.timestamps, wrapsBytes: false)
    }
    members = keys.map { JSONValueWriter(schema[$0], spec) }
    var headers: [(name: [UInt8], source: Source)] = []
    for header in spec.headers {
      headers.append((Array(header.name.utf8), try Self.source(of: header, schema)))
    }
    self.headers = headers
    switch spec.tombstone?.node {
    case .column(let name)?:
      tombstone = try Self.index(of: name, schema, "tombstone")
      isAlwaysTombstone = false
    case .literal(let value)?:
      tombstone = nil
      isAlwaysTombstone = value == .bool(true)
    case nil:
      tombstone = nil
      isAlwaysTombstone = false
    default: throw FormatError("tombstone: a column or a constant was expected")
    }
  }

  /// Whether the row is written as a deletion: its key and no value. Null is no.
  func isTombstone(_ batch: Batch, _ row: Int) -> Bool {
    guard let tombstone else { return isAlwaysTombstone }
    let column = batch.columns[tombstone]
    guard column.isValid(row) else { return false }
    let place = column.plain(row)
    return place.column.bools[place.row] != 0
  }

  private static func index(
    of name: String, _ schema: Schema, _ role: String
  ) throws(FormatError) -> Int {
    guard let index = schema.index(of: name) else {
      throw FormatError("\(role): `\(name)` is no column of the rows")
    }
    return index
  }

  private static func source(
    of header: NamedExpression, _ schema: Schema
  ) throws(FormatError) -> Source {
    switch header.expression.node {
    case .column(let name): return .column(try index(of: name, schema, "header `\(header.name)`"))
    case .literal(.string(let text)): return .constant(Array(text.utf8))
    case .literal(.bytes(let bytes)): return .constant(bytes)
    case .literal(.int(let value)): return .constant(Array(value.description.utf8))
    case .literal(.bool(let value)): return .constant(Array(value.description.utf8))
    case .literal(.null): return .constant(nil)
    default:
      throw FormatError("header `\(header.name)`: a column or a constant was expected")
    }
  }

  /// One column: its text, null for null. Several: a JSON array. None: null. Returns a reason where
  /// a value has no form.
  func writeKey(_ batch: Batch, _ row: Int, _ records: EncodedRecords) -> (
    RecordBatch.Span, String?
  ) {
    let start = records.arena.count
    if keys.isEmpty { return (.null, nil) }
    if keys.count == 1 {
      let column = batch.columns[keys[0]]
      guard column.isValid(row) else { return (.null, nil) }
      texts[keys[0]].write(column.plain(row).column, column.plain(row).row, to: records.arena)
      return (records.span(from: start), nil)
    }
    records.arena.append(UInt8(ascii: "["))
    for (place, member) in members.enumerated() {
      if place > 0 { records.arena.append(UInt8(ascii: ",")) }
      if let reason = member.write(batch.columns[keys[place]], row, to: records.arena) {
        return (.null, reason)
      }
    }
    records.arena.append(UInt8(ascii: "]"))
    return (records.span(from: start), nil)
  }

  func writeHeaders(_ batch: Batch, _ row: Int, _ records: EncodedRecords) -> RecordBatch.Span {
    guard !headers.isEmpty else { return .null }
    let start = records.arena.count
    let scratch = ByteBuffer(capacity: 64)
    for header in headers {
      switch header.source {
      case .constant(let bytes):
        guard let bytes else {
          RecordHeaders.append(header.name, nil, to: records.arena)
          continue
        }
        bytes.withUnsafeBufferPointer {
          RecordHeaders.append(header.name, $0, to: records.arena)
        }
      case .column(let index):
        let column = batch.columns[index]
        guard column.isValid(row) else {
          RecordHeaders.append(header.name, nil, to: records.arena)
          continue
        }
        scratch.removeAll()
        let place = column.plain(row)
        texts[index].write(place.column, place.row, to: scratch)
        RecordHeaders.append(header.name, scratch.bytes, to: records.arena)
      }
    }
    return records.span(from: start)
  }
}

extension Column {
  /// Where a row's value lies in a plain column.
  func plain(_ row: Int) -> (column: Column, row: Int) {
    dictionary.map { ($0, Int(codes[row])) } ?? (self, row)
  }
}

extension Batch {
  /// Calls `body` for each row that counts, in order.
  @inline(__always)
  func forEachSelected(_ body: (Int) -> Void) {
    guard let selection else {
      for row in 0..<rowCount { body(row) }
      return
    }
    for k in 0..<selection.count { body(Int(selection.rows[k])) }
  }
}
