import Columns
import Connectors
import Formats
package import KeyedState
package import Plans
import Platform
import Schemas

/// Reads a table whole, before the streams start.
package struct TableReading: Sendable {
  private let connections: any PlanConnections
  private let environment: ConnectorEnvironment

  package init(_ connections: any PlanConnections, _ environment: ConnectorEnvironment) {
    self.connections = connections
    self.environment = environment
  }

  /// Blocks until all of it is read. A row that cannot be decoded fails the start: a table with holes
  /// would give wrong results in silence.
  package func read(_ table: TableSpec) throws -> ReplicatedTable {
    let spec = SourceSpec(
      name: table.name, connector: table.connector, decoding: table.decoding, eventTime: nil)
    let source = try connections.source(spec, environment)
    defer { source.close() }
    let bell = Parker()
    let reader = try source.makeReader(worker: 0, wake: bell)
    defer { reader.close() }
    var open = 0
    for partition in try source.partitions(fixEnds: true) {
      try reader.add(partition.id, at: partition.beginning, end: partition.end)
      open += 1
    }
    let decoder = try makeDecoder(table.decoding)
    var batches: [Batch] = []
    while open > 0 {
      switch try reader.poll(limit: Batch.rowLimit) {
      case .nothing: bell.wait(nanoseconds: 50_000_000)
      case .records(let records, _):
        let decoded = decoder.decode(records)
        if let failure = decoded.failures.first { throw unreadable(table, records, failure) }
        batches.append(decoded.batch)
      case .rows(let batch, _, _): batches.append(batch)
      case .caughtUp: continue
      case .ended: open -= 1
      }
    }
    let schema = Schema(table.decoding.columns.map(\.field))
    do {
      return try ReplicatedTable(schema: schema, keys: table.keys, batches: batches)
    } catch {
      throw RunFailure(.final, "table `\(table.name)`: \(error)")
    }
  }

  private func unreadable(
    _ table: TableSpec, _ records: RecordBatch, _ failure: RowFailure
  ) -> RunFailure {
    RunFailure(
      .final,
      "table `\(table.name)`: record \(records.offsets[failure.row]) of"
        + " \(records.partition.topic) cannot be read: \(failure.reason)")
  }
}
