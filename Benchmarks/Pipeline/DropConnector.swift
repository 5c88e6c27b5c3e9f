import Columns
import Connectors
import Plans
import Platform
import Schemas
import Synchronization

/// A sink that counts rows and drops them, so that a run costs nothing behind its last stage.
struct DropConnector: ConnectorFactory {
  let name = "drop"
  let counts: RowCount

  func makeSource(
    _ spec: SourceSpec, options: ResolvedOptions, environment: ConnectorEnvironment
  ) throws(ConnectorError) -> any Source {
    throw ConnectorError(.configuration, "nothing comes from `drop`")
  }

  func makeSink(
    _ spec: SinkSpec, schema: Schema, options: ResolvedOptions,
    transaction: (any TransactionalOutput)?, environment: ConnectorEnvironment
  ) throws(ConnectorError) -> any Sink {
    DropSink(name: spec.name, counts)
  }
}

final class RowCount: Sendable {
  private let count = Atomic<Int>(0)

  var rows: Int { count.load(ordering: .relaxed) }

  func add(_ rows: Int) { count.add(rows, ordering: .relaxed) }
}

private final class DropSink: Sink {
  private let name: String
  private let counts: RowCount

  init(name: String, _ counts: RowCount) {
    self.name = name
    self.counts = counts
  }

  func makeWriter(worker: Int, wake: any Wake) throws(ConnectorError) -> any SinkWriter {
    DropWriter(name, worker, counts)
  }
}

private final class DropWriter: SinkWriter {
  private let name: String
  private let worker: Int
  private let counts: RowCount

  init(_ name: String, _ worker: Int, _ counts: RowCount) {
    self.name = name
    self.worker = worker
    self.counts = counts
  }

  var hasRoom: Bool { true }

  func write(_ batch: Batch) throws(ConnectorError) -> [RowFailure] {
    counts.add(batch.selection?.rowNumbers.count ?? batch.rowCount)
    return []
  }

  func prepare(_ epoch: Epoch) throws(ConnectorError) {}

  func prepared(_ epoch: Epoch) throws(ConnectorError) -> PendingOutput? {
    PendingOutput(sink: name, worker: worker, epoch: epoch)
  }
}
