package import Columns
package import Schemas

/// Rows that an operator holds, as a state: their columns, and what travels with them unseen.
///
/// All rows of a worker are one share, of its first key group: so they keep their order and, at the
/// same number of workers, their place. Original bytes of records are left out.
package enum HeldRows {
  private static let hidden = [
    Field("$time", .timestamp, nullable: true), Field("$lane", .int, nullable: true),
    Field("$place", .int, nullable: true), Field("$late", .timestamp, nullable: true),
    Field("$kind", .int, nullable: true),
  ]

  package static func declaration(
    of schema: Schema, named name: String = "held"
  ) -> StateDeclaration {
    StateDeclaration(
      name: name, kind: .keyed, schema: Schema(schema.fields + hidden), keyColumns: 0)
  }

  /// A batch without selection, which others may have by now.
  package static func block(_ batch: Batch, of worker: Range<Int>) -> StateBlock {
    let state = declaration(of: batch.schema)
    let columns = zip(state.schema.fields, columns(of: batch)).map { field, column in
      column ?? nulls(field.type, batch.rowCount)
    }
    return StateBlock(
      state: state.name, scope: .keyGroup(KeyGroup(UInt16(worker.lowerBound))),
      rows: Batch(
        schema: state.schema, columns: columns, rowCount: batch.rowCount))
  }

  /// The columns of the state; those that no row has are nil.
  static func columns(of batch: Batch) -> [Column?] {
    let unseen = [
      batch.hidden.eventTimes, batch.hidden.lanes, batch.hidden.places,
      batch.hidden.lateWatermarks, batch.hidden.rowKinds,
    ]
    return batch.columns + unseen
  }

  /// The rows of a block, of `schema`.
  package static func rows(of block: StateBlock, _ schema: Schema) -> Batch {
    let rows = block.rows.gathered()
    let unseen = rows.columns[schema.count...].map { column -> Column? in
      (0..<rows.rowCount).contains { column.isValid($0) } ? column : nil
    }
    let batch = Batch(
      schema: schema, columns: Array(rows.columns[..<schema.count]), rowCount: rows.rowCount)
    batch.hidden.eventTimes = unseen[0]
    batch.hidden.lanes = unseen[1]
    batch.hidden.places = unseen[2]
    batch.hidden.lateWatermarks = unseen[3]
    batch.hidden.rowKinds = unseen[4]
    return batch
  }

  private static func nulls(_ type: DataType, _ count: Int) -> Column {
    let builder = ColumnBuilder(type, capacity: max(count, 1))
    for _ in 0..<count { builder.appendNull() }
    return builder.finish()
  }
}
