import Columns
import Schemas
import TestKit

extension WindowModel {
  /// The rows as a source gives them, with their order tags; `coded`: text by dictionaries.
  static func batch(_ rows: [ModelRow], coded: Bool) -> Batch {
    let columns = schema.fields.map { field in
      let cells = rows.map { cell($0, field.name) }
      return coded && field.type == .string
        ? .dictionary(field.type, cells) : Column(field.type, cells)
    }
    let batch = Batch(schema: schema, columns: columns, rowCount: rows.count)
    let ints = { (type: DataType, value: (ModelRow) -> Int64) in
      Column(type, rows.map { Cell.int(value($0)) })
    }
    batch.hidden.eventTimes = ints(.timestamp) { $0.time }
    batch.hidden.lanes = ints(.int) { Int64($0.partition) }
    batch.hidden.places = ints(.int) { $0.place }
    if rows.contains(where: { $0.time < $0.watermark }) {
      batch.hidden.lateWatermarks = ints(.timestamp) {
        $0.time < $0.watermark ? $0.watermark : .min
      }
    }
    return batch
  }
}
