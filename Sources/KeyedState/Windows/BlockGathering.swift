import Columns
import Schemas

/// Puts the rows of several panes together into blocks of at most a batch, in rows and in bytes.
final class BlockGathering {
  private let schema: Schema
  private var pending: [(columns: [Column], count: Int)] = []
  private var rowCount = 0
  private var byteCount = 0

  init(_ schema: Schema) { self.schema = schema }

  func add(_ columns: [Column], _ count: Int, _ emit: (Batch) throws -> Void) throws {
    guard count > 0 else { return }
    let bytes = columns.reduce(0) { $0 + $1.textBytes }
    if rowCount + count > Batch.rowLimit || byteCount + bytes > TextLimit.batchBytes {
      try finish(emit)
    }
    pending.append((columns, count))
    rowCount += count
    byteCount += bytes
  }

  func finish(_ emit: (Batch) throws -> Void) throws {
    guard let first = pending.first else { return }
    var columns = first.columns
    if pending.count > 1 {
      columns = schema.fields.indices.map { index in
        let builder = ColumnBuilder(schema[index].type, capacity: rowCount)
        for part in pending {
          for row in 0..<part.count { builder.append(from: part.columns[index], row: row) }
        }
        return builder.finish()
      }
    }
    try emit(Batch(schema: schema, columns: columns, rowCount: rowCount))
    pending = []
    rowCount = 0
    byteCount = 0
  }
}
