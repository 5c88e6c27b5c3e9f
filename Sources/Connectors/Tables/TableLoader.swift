package import Columns
import Formats
import Platform
package import Plans
import Schemas

/// Reads a table whole into columns, before the streams start. Calls block: for a lane.
package enum TableLoader {
  /// All rows of the table's source, in its order. A record that can't be read ends it with an
  /// error that names the record: a table with holes would answer wrongly.
  package static func load(
    _ spec: TableSpec, from source: any Source, textLimit: Int = TextLimit.bytes
  ) throws(ConnectorError) -> Batch {
    let place = "table `\(spec.name)`"
    let decoder: any RecordDecoder
    do throws(FormatError) {
      decoder = try makeDecoder(spec.decoding)
    } catch {
      throw ConnectorError(.configuration, "\(place): \(error)")
    }
    let wake = Parker()
    let reader = try source.makeReader(worker: 0, wake: wake)
    defer {
      reader.close()
      source.close()
    }
    let partitions = try source.partitions(fixEnds: true)
    for partition in partitions {
      try reader.add(
        partition.id, at: partition.start, end: partition.end ?? Position(offset: .max))
    }
    let builders = decoder.schema.fields.map { ColumnBuilder($0.type) }
    var rowCount = 0
    var open = partitions.count
    while open > 0 {
      switch try reader.poll(limit: Batch.rowLimit) {
      case .nothing: wake.wait(nanoseconds: nil)
      case .caughtUp, .advanced: break
      case .ended: open -= 1
      case .rows(let batch, _, _):
        rowCount += append(batch, to: builders)
        try refuseTooLarge(builders, decoder.schema, place, textLimit)
      case .records(let records, _):
        let decoded = decoder.decode(records)
        if let failure = decoded.failures.first {
          throw ConnectorError(
            .fatal,
            "\(place): record \(records.offsets[failure.row] + 1) of \(records.partition.topic):"
              + " \(failure.reason)")
        }
        rowCount += append(decoded.batch, to: builders)
        try refuseTooLarge(builders, decoder.schema, place, textLimit)
      }
    }
    return Batch(
      schema: decoder.schema, columns: builders.map { $0.finish() }, rowCount: rowCount)
  }

  /// Offsets in a column of text have 32 bits.
  private static func refuseTooLarge(
    _ builders: [ColumnBuilder], _ schema: Schema, _ place: String, _ limit: Int
  ) throws(ConnectorError) {
    guard let index = builders.firstIndex(where: { $0.byteCount > limit }) else { return }
    throw ConnectorError(
      .fatal,
      "\(place): its column `\(schema.fields[index].name)` holds more than \(limit) bytes of text,"
        + " and no more fit: leave the column out of the table's type if it is not needed")
  }

  private static func append(_ batch: Batch, to builders: [ColumnBuilder]) -> Int {
    let rows = batch.selection?.rowNumbers ?? Array(0..<batch.rowCount)
    for (builder, column) in zip(builders, batch.columns) {
      for row in rows { builder.append(from: column, row: row) }
    }
    return rows.count
  }
}
