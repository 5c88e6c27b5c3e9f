import Columns
import Plans
import Schemas

extension ColumnFiller {
  /// Lists, maps and structs out of JSON; a cell of CSV holds the JSON as text.
  func fillNested(_ chunk: Chunk, _ log: FailureLog) {
    guard let offsets, let nested = reading.nested else { return }
    let ends = offsets.base.assumingMemoryBound(to: UInt32.self) + (chunk.first + 1)
    for row in 0..<chunk.count {
      let kind = chunk.sizes[row] & 7
      let begun = buffer.count
      if kind == CellSlots.Kind.missing || kind == CellSlots.Kind.null {
        leaveOut(kind, chunk.first + row, log)
      } else if begun > TextLimit.columnBytes {
        let name = reading.column.field.name
        log.fail(
          chunk.first + row,
          "`\(name)`: the records before it take \(begun >> 20) MiB as \(reading.type)")
      } else if let reason = readNested(chunk, row, kind, nested) {
        buffer.truncate(to: begun)
        log.fail(chunk.first + row, reason)
      }
      ends[row] = UInt32(truncatingIfNeeded: buffer.count)
    }
  }

  private func readNested(
    _ chunk: Chunk, _ row: Int, _ kind: UInt32, _ nested: NestedReading
  ) -> String? {
    let name = reading.column.field.name
    if reading.isUntyped {
      let (_, bytes) = plain(kind, chunk.bytes(row))
      return nested.read(document: bytes, to: buffer)?.message(below: name)
    }
    let cell = NestedReading.Cell(kind: kind, bytes: chunk.bytes(row))
    return nested.read(cell, to: buffer)?.message(below: name)
  }
}
