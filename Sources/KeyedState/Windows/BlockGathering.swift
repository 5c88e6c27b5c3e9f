import Columns
import Schemas

extension Column {
  /// A column of zeros, empty texts or, where it may, nulls.
  static func blank(_ field: Field, _ count: Int) -> Column {
    let builder = ColumnBuilder(field.type, capacity: count)
    for _ in 0..<count {
      if field.isNullable {
        builder.appendNull()
      } else if field.type.isText {
        builder.append(string: "")
      } else {
        switch field.type {
        case .bool: builder.append(bool: false)
        case .float: builder.append(float: 0)
        case .decimal: builder.append(decimal: 0)
        default: builder.append(int: 0)
        }
      }
    }
    return builder.finish()
  }
}

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
