import Columns
import Connectors
import Instruments
import KeyedState
import Operators
import Plans
import Schemas

/// A sink's writer as a step of the graph: waits for room, sends rows that can't be written down
/// the error route, and prepares at barriers.
final class SinkOperator: StallingOperator {
  private let id: OperatorID
  private let writer: any SinkWriter
  private let route: PhysicalErrorRoute
  private var context: StageContext?
  /// Taken over, and waiting for room.
  private var waiting: Batch?
  /// Written since the last flush.
  private var isDirty = false
  /// Barriers whose rows are not yet known to be safe, oldest first.
  private(set) var preparing: [Epoch] = []
  private(set) var connectorFailure: JobFailure?

  init(id: OperatorID, writer: any SinkWriter, route: PhysicalErrorRoute, context: StageContext) {
    self.id = id
    self.writer = writer
    self.route = route
    self.context = context
  }

  var isStalled: Bool { waiting != nil && !writer.hasRoom }

  func process(
    _ batch: Batch, input: Int, output: any Output
  ) throws(OperatorError) -> Progress {
    waiting = batch
    context?.metrics.rowsIn.add(batch.selectedCount)
    return try resume(output)
  }

  func resume(_ output: any Output) throws(OperatorError) -> Progress {
    guard let batch = waiting else { return .done }
    guard writer.hasRoom else { return .more }
    waiting = nil
    let failures = try attempt { () throws(ConnectorError) in try writer.write(batch) }
    isDirty = true
    context?.metrics.rowsOut.add(batch.selectedCount - failures.count)
    if !failures.isEmpty { try reroute(failures, of: batch, output) }
    return .done
  }

  func barrier(_ epoch: Epoch, output: any Output) throws(OperatorError) -> Progress {
    try attempt { () throws(ConnectorError) in try writer.prepare(epoch) }
    preparing.append(epoch)
    isDirty = false
    return .done
  }

  /// What the oldest barrier's commit needs, once its rows are safe.
  func nextPrepared() throws(ConnectorError) -> PendingOutput? {
    guard let epoch = preparing.first, let pending = try writer.prepared(epoch) else { return nil }
    preparing.removeFirst()
    return pending
  }

  /// Sends what waits in the writer; whether there was anything.
  func flush() -> Bool {
    guard isDirty else { return false }
    isDirty = false
    writer.flush()
    return true
  }

  func close() { writer.close() }

  private func reroute(
    _ failures: [RowFailure], of batch: Batch, _ output: any Output
  ) throws(OperatorError) {
    context?.metrics.failed.add(failures.count)
    switch route {
    case .skip: return
    case .output:
      let failed = failures.map { FailedRow(row: $0.row, reason: $0.reason) }
      let rows = FailedRows.batch(
        failed, of: batch, stage: id, schema: PhysicalOperator.errorSchema)
      output.emit(rows, port: .errors)
    case .fail:
      guard let first = failures.first else { return }
      throw OperatorError.row(
        id, "a row can't be written: \(first.reason)",
        row: first.row, of: batch, place: "this sink")
    }
  }

  private func attempt<Value>(
    _ body: () throws(ConnectorError) -> Value
  ) throws(OperatorError) -> Value {
    do throws(ConnectorError) {
      return try body()
    } catch {
      connectorFailure = .connector(error)
      throw OperatorError(stage: id, reason: error.message, isRetriable: error.kind == .retriable)
    }
  }
}
