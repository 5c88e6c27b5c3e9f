package import Columns
package import Platform
package import Schemas

/// A declared sink, connected: a writer for each worker and the second half of its commit. Calls
/// may block and come from a background lane.
package protocol Sink: AnyObject, Sendable {
  func makeWriter(worker: Int, wake: any Wake) throws(ConnectorError) -> any SinkWriter
  /// What is written from now on belongs to this state. Called before the state before is given up;
  /// throws where the output that is there already belongs to another one.
  func claim(_ claim: OutputClaim) throws(ConnectorError)
  /// Makes what was prepared visible. Idempotent: called again after a crash with the pending work
  /// of the restored checkpoint.
  func commit(_ pending: [PendingOutput]) throws(ConnectorError)
  /// It is on record that what was committed is visible: `commit` is not asked for it again.
  func settle() throws(ConnectorError)
  /// Removes what an epoch that did not count has left behind (all but `kept`); never what a newer
  /// life of the pipeline has begun, for the one that calls may have stood still for long.
  func discardUncommitted(keeping kept: [PendingOutput]) throws(ConnectorError)
  func close()
}

extension Sink {
  package func claim(_ claim: OutputClaim) throws(ConnectorError) {}
  package func commit(_ pending: [PendingOutput]) throws(ConnectorError) {}
  package func settle() throws(ConnectorError) {}
  package func discardUncommitted(keeping kept: [PendingOutput]) throws(ConnectorError) {}
  package func close() {}
}

/// One worker's end of a sink. Used by the worker's thread alone; no call waits.
package protocol SinkWriter: AnyObject {
  /// Whether another batch is welcome. Without room the worker holds its input back; the writer
  /// rings its wake when there is room again.
  var hasRoom: Bool { get }
  /// Takes all selected rows but those that can't be written (encoding failed, too large), which it
  /// returns: row number and reason.
  func write(_ batch: Batch) throws(ConnectorError) -> [RowFailure]
  /// Barrier `epoch` has come: rows written from now on belong to the next epoch.
  func prepare(_ epoch: Epoch) throws(ConnectorError)
  /// Once all rows up to that barrier are safe (acknowledged, flushed): what `commit` needs; nil
  /// before that. The writer rings its wake when it changes.
  func prepared(_ epoch: Epoch) throws(ConnectorError) -> PendingOutput?
  /// Sends what waits (called when input runs dry).
  func flush()
  func close()
}

extension SinkWriter {
  package func flush() {}
  package func close() {}
}

/// The state that output belongs to.
package struct OutputClaim: Hashable, Sendable {
  package var lineage: String
  /// Whether there is a checkpoint from which the run goes on.
  package var hasState: Bool
  /// It is the user's wish that output is written again.
  package var startsOver: Bool

  package init(lineage: String, hasState: Bool, startsOver: Bool) {
    self.lineage = lineage
    self.hasState = hasState
    self.startsOver = startsOver
  }
}

/// A row that a writer or a decoder could not take.
package struct RowFailure: Sendable, Hashable {
  package var row: Int
  package var reason: String

  package init(row: Int, reason: String) {
    self.row = row
    self.reason = reason
  }
}

/// What a writer has prepared and `commit` makes visible; kept in the manifest.
package struct PendingOutput: Hashable, Sendable, Codable {
  package var sink: String
  package var worker: Int
  package var epoch: Epoch
  /// In the sink's own form; empty where there is nothing to commit.
  package var payload: String

  package init(sink: String, worker: Int, epoch: Epoch, payload: String = "") {
    self.sink = sink
    self.worker = worker
    self.epoch = epoch
    self.payload = payload
  }
}
