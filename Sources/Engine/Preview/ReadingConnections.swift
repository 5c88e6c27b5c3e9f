package import Columns
package import Connectors
package import Plans
import Platform
package import Schemas

/// Connections of a run that only looks: its sources read as always and publish no positions, so
/// that lag tools do not take it for the pipeline; all rows go to memory.
package struct ReadingConnections: PlanConnections {
  private let connections: any PlanConnections
  private let memory: MemoryConnector

  /// The plan's sinks are `memory` sinks (`Compilation.plan(observing:)`) and write to `tables`.
  package init(_ connections: any PlanConnections, into tables: MemoryTables) {
    self.connections = connections
    memory = MemoryConnector(tables)
  }

  package func source(
    _ spec: SourceSpec, _ environment: ConnectorEnvironment
  ) throws(ConnectorError) -> any Source {
    UnpublishedSource(try connections.source(spec, environment))
  }

  package func lookup(
    _ spec: TableSpec, _ environment: ConnectorEnvironment
  ) throws(ConnectorError) -> any LookupClient {
    try connections.lookup(spec, environment)
  }

  package func models(
    _ spec: ModelSpec, _ environment: ConnectorEnvironment
  ) throws(ConnectorError) -> [any InferenceModel] {
    try connections.models(spec, environment)
  }

  package func cluster(
    of plan: PhysicalPlan, _ environment: ConnectorEnvironment
  ) throws(ConnectorError) -> (any TransactionalCluster)? { nil }

  package func sink(
    _ spec: SinkSpec, schema: Schema, transaction: (any TransactionalOutput)?,
    _ environment: ConnectorEnvironment
  ) throws(ConnectorError) -> any Sink {
    guard spec.connector.connector == memory.name else {
      throw ConnectorError(.configuration, "sink `\(spec.name)`: nothing is written here")
    }
    return try memory.makeSink(
      spec, schema: schema, options: ResolvedOptions(), transaction: nil, environment: environment)
  }
}

/// A source that tells nobody how far it was read.
private final class UnpublishedSource: Source {
  private let source: any Source

  init(_ source: any Source) { self.source = source }

  var discoveryInterval: Int64? { source.discoveryInterval }
  var canGoOn: Bool { source.canGoOn }

  func partitions(fixEnds: Bool) throws(ConnectorError) -> [SourcePartition] {
    try source.partitions(fixEnds: fixEnds)
  }

  func isSpent(_ partition: PartitionID, at position: Position) -> Bool {
    source.isSpent(partition, at: position)
  }

  func makeReader(worker: Int, wake: any Wake) throws(ConnectorError) -> any SourceReader {
    try source.makeReader(worker: worker, wake: wake)
  }

  func publish(_ positions: [PartitionID: Position]) {}

  func close() { source.close() }
}
