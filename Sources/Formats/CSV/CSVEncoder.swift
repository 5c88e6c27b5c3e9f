import Columns
import Plans
import Schemas

/// Writes rows as lines of CSV by RFC 4180, without the newline at their end. A null is an empty
/// cell, an empty text a quoted one.
final class CSVEncoder: RecordEncoder {
  let heading: [UInt8]?
  private let cells: [(index: Int, text: CellText)]
  private let separator: UInt8
  private let scratch = ByteBuffer()
  private let surroundings: SurroundingsWriter

  init(
    _ spec: EncodingSpec, _ schema: Schema, _ surroundings: SurroundingsWriter
  ) throws(FormatError) {
    let separator = try CSVCell.separator(spec.options)
    var cells: [(index: Int, text: CellText)] = []
    let names = ByteBuffer()
    for (index, field) in schema.fields.enumerated() where !field.isHidden {
      if !cells.isEmpty { names.append(separator) }
      cells.append((index, CellText(field.type, spec, wrapsBytes: true)))
      Array(field.name.utf8).withUnsafeBufferPointer {
        Self.write($0, separator, to: names)
      }
    }
    self.cells = cells
    self.separator = separator
    heading = CSVCell.hasHeader(spec.options) ? Array(names.bytes) : nil
    self.surroundings = surroundings
  }

  func encode(_ batch: Batch, into records: EncodedRecords) {
    batch.forEachSelected { row in
      let start = records.arena.count
      let (key, keyProblem) = surroundings.writeKey(batch, row, records)
      if let keyProblem { return records.fail(row, keyProblem, cutTo: start) }
      let headers = surroundings.writeHeaders(batch, row, records)
      if surroundings.isTombstone(batch, row) {
        return records.append(tombstone: row, key: key, headers: headers, cutTo: start)
      }
      let begun = records.arena.count
      if let reason = writeCells(batch, row, records.arena) {
        return records.fail(row, reason, cutTo: start)
      }
      records.append(
        EncodedRecords.Record(
          row: row, value: records.span(from: begun), key: key, headers: headers))
    }
  }

  /// The reason where a value has no form.
  private func writeCells(_ batch: Batch, _ row: Int, _ arena: ByteBuffer) -> String? {
    for (place, cell) in cells.enumerated() {
      if place > 0 { arena.append(separator) }
      let column = batch.columns[cell.index]
      guard column.isValid(row) else { continue }
      let source = column.plain(row)
      scratch.removeAll()
      if let reason = cell.text.write(source.column, source.row, to: scratch) {
        return "`\(batch.schema[cell.index].name)`: \(reason)"
      }
      Self.write(scratch.bytes, separator, to: arena)
    }
    return nil
  }

  /// Writes a cell, in quotes where it needs them.
  private static func write(
    _ cell: UnsafeBufferPointer<UInt8>, _ separator: UInt8, to buffer: ByteBuffer
  ) {
    let quote = UInt8(ascii: "\"")
    let needsQuotes =
      cell.isEmpty || cell.first == 0x20 || cell.last == 0x20
      || cell.contains { $0 == quote || $0 == separator || $0 == 0x0A || $0 == 0x0D }
    guard needsQuotes else { return buffer.append(cell) }
    var out = buffer.reserve(2 * cell.count + 2)
    let begun = out
    out[0] = quote
    out += 1
    for byte in cell {
      out[0] = byte
      out += 1
      if byte == quote {
        out[0] = quote
        out += 1
      }
    }
    out[0] = quote
    buffer.commit(out + 1 - begun)
  }
}

/// Writes rows of one column as its text.
final class TextEncoder: RecordEncoder {
  let heading: [UInt8]? = nil
  private let index: Int
  private let text: CellText
  /// Of a record that is passed on as it came null stays null; of a row it is the empty text.
  private let keepsNull: Bool
  private let surroundings: SurroundingsWriter

  init(
    _ spec: EncodingSpec, _ schema: Schema, _ surroundings: SurroundingsWriter
  ) throws(FormatError) {
    var visible = schema.fields.indices.filter { !schema[$0].isHidden }
    var keepsNull = false
    if case .string(let name)? = spec.options.last(where: { $0.name == "column" })?.value {
      keepsNull = true
      visible = schema.index(of: name).map { [$0] } ?? []
    }
    guard let index = visible.first, visible.count == 1 else {
      throw FormatError("format text needs rows of exactly one column; `map` makes such rows")
    }
    self.index = index
    self.keepsNull = keepsNull
    text = CellText(schema[index].type, spec, wrapsBytes: false)
    self.surroundings = surroundings
  }

  func encode(_ batch: Batch, into records: EncodedRecords) {
    let column = batch.columns[index]
    batch.forEachSelected { row in
      let start = records.arena.count
      let (key, keyProblem) = surroundings.writeKey(batch, row, records)
      if let keyProblem { return records.fail(row, keyProblem, cutTo: start) }
      let headers = surroundings.writeHeaders(batch, row, records)
      if surroundings.isTombstone(batch, row) {
        return records.append(tombstone: row, key: key, headers: headers, cutTo: start)
      }
      let begun = records.arena.count
      let isNull = !column.isValid(row)
      if !isNull {
        let source = column.plain(row)
        if let reason = text.write(source.column, source.row, to: records.arena) {
          return records.fail(row, reason, cutTo: start)
        }
      }
      records.append(
        EncodedRecords.Record(
          row: row, value: isNull && keepsNull ? .null : records.span(from: begun), key: key,
          headers: headers))
    }
  }
}
