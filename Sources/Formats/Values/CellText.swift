import Columns
import Plans
import Schemas

/// Writes the values of a column as text without quotes: what CSV cells, keys and headers hold, and
/// what JSON wraps where it must.
struct CellText: Sendable {
  let type: DataType
  let timestamps: TimestampStyle
  /// `bytes` as base64; else as they are.
  let wrapsBytes: Bool
  /// Of a nested type: its values are written as JSON.
  private let nested: NestedText?

  init(_ type: DataType, _ spec: EncodingSpec, wrapsBytes: Bool) {
    self.type = type
    timestamps = JSONStyle(spec).timestamps
    self.wrapsBytes = wrapsBytes
    nested = type.isNested ? NestedText(type, JSONStyle(spec)) : nil
  }

  /// Writes a valid row's value; the reason where it has no form.
  func write(_ column: Column, _ row: Int, to buffer: ByteBuffer) -> String? {
    if let nested { return nested.write(column.text(row), to: buffer) }
    writeScalar(column, row, to: buffer)
    return nil
  }

  private func writeScalar(_ column: Column, _ row: Int, to buffer: ByteBuffer) {
    switch type {
    case .bool: buffer.append(column.bools[row] != 0 ? "true" : "false")
    case .int: IntegerText.write(column.ints[row], to: buffer)
    case .float: FloatText.write(column.floats[row], to: buffer)
    case .decimal(_, let scale): DecimalText.write(column.decimals[row], scale: scale, to: buffer)
    case .timestamp: timestamps.write(column.ints[row], to: buffer)
    case .date: DateText.write(column.ints[row], to: buffer)
    case .duration: DurationText.write(column.ints[row], to: buffer)
    case .bytes where wrapsBytes: Base64.write(column.text(row), to: buffer)
    default: buffer.append(column.text(row))
    }
  }
}

extension JSONStyle {
  /// As the sink's options say.
  init(_ spec: EncodingSpec) {
    self.init()
    decimalsAsText = spec.decimalsAsText
    omitsNulls = spec.omitsNulls
    timestamps =
      switch spec.timestamps {
      case .rfc3339: .rfc3339
      case .epochSeconds: .epochSeconds
      case .epochMilliseconds: .epochMilliseconds
      case .epochMicroseconds: .epochMicroseconds
      }
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
  /// The column of a record's own headers.
  private let ownHeaders: Int?
  /// The column that says which rows are deletions.
  private let tombstone: Int?
  /// Whether all rows are.
  private let isAlwaysTombstone: Bool

  init(_ spec: EncodingSpec, _ schema: Schema) throws(FormatError) {
    var keys: [Int] = []
    for name in spec.keys { keys.append(try Self.index(of: name, schema, "key")) }
    self.keys = keys
    texts = schema.fields.map {
      CellText($0.type, spec, wrapsBytes: false)
    }
    members = keys.map { JSONValueWriter(schema[$0], spec) }
    var headers: [(name: [UInt8], source: Source)] = []
    for header in spec.headers {
      headers.append((Array(header.name.utf8), try Self.source(of: header, schema)))
    }
    self.headers = headers
    ownHeaders = try spec.ownHeaders.map { name throws(FormatError) in
      try Self.index(of: name, schema, "headers")
    }
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

  /// Of headers that say why a record is a dead letter.
  private static let ownPrefix = Array("raudal.".utf8)

  /// Whether the row is written as a deletion: its key and no value. Null is no.
  func isTombstone(_ batch: Batch, _ row: Int) -> Bool {
    if batch.takesBack(row) { return true }
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
      let place = column.plain(row)
      let reason = texts[keys[0]].write(place.column, place.row, to: records.arena)
      return (records.span(from: start), reason)
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
    if let ownHeaders, batch.columns[ownHeaders].isValid(row) {
      let place = batch.columns[ownHeaders].plain(row)
      // What an earlier failure said of the record is told anew.
      RecordHeaders.copy(
        place.column.text(place.row), without: Self.ownPrefix, to: records.arena)
    }
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
        // A header that can't be written is null: it is no part of the row.
        let reason = texts[index].write(place.column, place.row, to: scratch)
        guard reason == nil else {
          RecordHeaders.append(header.name, nil, to: records.arena)
          continue
        }
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
