import Columns
import Connectors
import KeyedState
import Plans

extension ReplicatedTable {
  /// A table's rows, read whole; may wait.
  static func load(
    _ spec: TableSpec, from source: any Source
  ) throws(ConnectorError) -> ReplicatedTable {
    let rows = try TableLoader.load(spec, from: source)
    do throws(TableError) {
      return try ReplicatedTable(schema: rows.schema, keys: spec.keys, batches: [rows])
    } catch {
      throw ConnectorError(.configuration, "table `\(spec.name)`: \(error)")
    }
  }
}
