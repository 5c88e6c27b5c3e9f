package import Columns
import Schemas

/// The rows of a Parquet file from front to back, as records of CSV with the columns that are
/// wanted: what reads other files' cells reads these. A record's offset is the number of its row,
/// from 1. Memory is a page and a dictionary of each of these columns. Calls block.
package final class ParquetFile {
  package static let rowLimit = 4096
  private static let batchBytes = 4 << 20
  private static let longestRecord = 64 << 20

  /// All columns of the file.
  package let heading: RecordHeading
  /// Those of them that are wanted and hold timestamps, which are written by RFC 3339.
  package let times: Set<String>
  private let input: ParquetInput
  private let columns: [FileColumn]
  private let binary: Set<String>
  private let required: Set<String>
  private let groups: [RowGroup]
  /// What the cells of a record are called.
  private let cells: RecordHeading
  private let id: PartitionID
  private let buffer = ByteBuffer()
  private var cursors: [ColumnCursor] = []
  /// The row group that comes next.
  private var group = 0
  private var leftInGroup: Int64 = 0
  /// Rows that were read.
  private var row: Int64 = 0
  /// Nulls of the last batch where there may be none, which CSV can't tell from an empty text.
  package private(set) var lacks: [Lack] = []

  /// A null in a column that may have none.
  package struct Lack {
    /// In the batch, from 0.
    package var record: Int
    package var column: String
  }

  /// - Parameters:
  ///   - wanted: columns; the file may have none of a name.
  ///   - binary: those of them whose bytes are wanted as base64 where the file doesn't say that
  ///     they are text.
  ///   - required: those that may have no null.
  package init(
    _ input: ParquetInput, name: String, wanted: [String], binary: Set<String> = [],
    required: Set<String> = []
  ) throws(ParquetError) {
    let footer = try FileFooter.read(input)
    let all = try FileColumns(footer)
    var columns: [FileColumn] = []
    for name in wanted {
      switch all[name] {
      case nil: continue
      case .success(let column)?: columns.append(column)
      case .failure(let fault)?: throw ParquetError("column `\(name)`: \(fault.text)")
      }
    }
    self.input = input
    self.columns = columns
    self.binary = binary
    self.required = required
    groups = footer.groups
    heading = RecordHeading(all.names)
    times = Set(columns.filter(\.isTime).map(\.name))
    // A record of no cell would be none.
    cells = RecordHeading(columns.isEmpty ? [""] : columns.map(\.name))
    id = PartitionID(source: "file", topic: name, number: 0)
  }

  /// The next records; nil at the end of the file.
  package func next() throws(ParquetError) -> RecordBatch? {
    let batch = RecordBatch(partition: id, capacity: Self.rowLimit, byteCapacity: 64 << 10)
    batch.heading = cells
    lacks = []
    while batch.count < Self.rowLimit, batch.byteCount < Self.batchBytes {
      guard try beginGroup() else { break }
      try writeRow(batch.count)
      row += 1
      leftInGroup -= 1
      batch.append(
        value: UnsafeRawBufferPointer(buffer.bytes), key: nil, timestamp: .min, offset: row)
    }
    return batch.count > 0 ? batch : nil
  }

  /// Whether there is a row to read.
  private func beginGroup() throws(ParquetError) -> Bool {
    while leftInGroup == 0 {
      guard group < groups.count else { return false }
      let next = groups[group]
      group += 1
      guard next.rows >= 0 else { throw ParquetError("row group \(group) has \(next.rows) rows") }
      // Of no rows there need be no pages.
      guard next.rows > 0 else { continue }
      leftInGroup = next.rows
      cursors = []
      for column in columns { cursors.append(try cursor(column, next)) }
    }
    return true
  }

  private func cursor(
    _ column: FileColumn, _ next: RowGroup
  ) throws(ParquetError) -> ColumnCursor {
    do throws(ParquetFault) {
      guard column.chunk < next.chunks.count else { throw ParquetFault("it is not there") }
      return try ColumnCursor(input, column, next.chunks[column.chunk], rows: next.rows)
    } catch {
      throw ParquetError("column `\(column.name)`, row group \(group): \(error.text)")
    }
  }

  private func writeRow(_ record: Int) throws(ParquetError) {
    buffer.removeAll()
    for (place, cursor) in cursors.enumerated() {
      if place > 0 { buffer.append(UInt8(ascii: ",")) }
      let column = columns[place]
      do throws(ParquetFault) {
        guard let value = try cursor.next() else {
          if required.contains(column.name) {
            lacks.append(Lack(record: record, column: column.name))
          }
          continue
        }
        if case .bytes(let text) = value { try bound(text.count) }
        try CellText.write(
          value, column.form, asBase64: binary.contains(column.name), to: buffer)
      } catch {
        throw ParquetError(
          "column `\(column.name)`, row group \(group), row \(row + 1): \(error.text)")
      }
    }
    guard buffer.count <= Self.longestRecord else {
      throw ParquetError(
        "row \(row + 1) has \(buffer.count) bytes; at most \(Self.longestRecord) are read")
    }
  }

  /// Before there is memory for it: a page of few bytes may hold a large value, in each column.
  private func bound(_ count: Int) throws(ParquetFault) {
    guard buffer.count + count <= Self.longestRecord else {
      throw ParquetFault("the row has more than \(Self.longestRecord) bytes, which are not read")
    }
  }
}
