package import Columns
package import Schemas
import Synchronization

/// The rows that `memory` sources give and `memory` sinks take, by name: where tests and embedding
/// programs meet a pipeline. Any thread may use it. Batches put in must not change any more.
package final class MemoryTables: Sendable {
  struct Partition {
    var batches: [Batch] = []
    var rowCount: Int64 = 0
    /// Promises about event time, each behind so many rows; ascending.
    var promises: [(row: Int64, time: Timestamp)] = []
    /// Nothing will be added.
    var isClosed = true
  }

  struct Output {
    /// Rows of epochs that were committed, or of all that was written.
    var rows: [Batch] = []
    var committed: Set<String> = []
    /// Written and prepared, not yet committed: by payload.
    var prepared: [String: [Batch]] = [:]
  }

  struct State {
    var sources: [String: [Partition]] = [:]
    var outputs: [String: Output] = [:]
    var wakes: [@Sendable () -> Void] = []
  }

  /// When a sink's rows can be read.
  package enum Visibility: Sendable { case atCommit, atOnce }

  package let visibility: Visibility
  let state = Mutex(State())

  package init(visibility: Visibility = .atCommit) { self.visibility = visibility }

  /// Gives the source of that name its partitions. `isClosed`: they end behind these rows; else
  /// `append` adds to them and `finish` ends them.
  package func setSource(_ name: String, partitions: [[Batch]], isClosed: Bool = true) {
    let made = partitions.map { batches in
      Partition(
        batches: batches.filter { $0.selectedCount > 0 }.map { $0.gathered() },
        rowCount: batches.reduce(0) { $0 + Int64($1.selectedCount) }, isClosed: isClosed)
    }
    ring { $0.sources[name] = made }
  }

  /// Adds rows to an open partition.
  package func append(_ batch: Batch, to name: String, partition: Int) {
    let batch = batch.gathered()
    guard batch.rowCount > 0 else { return }
    ring { state in
      guard var partitions = state.sources[name], partitions.indices.contains(partition) else {
        return
      }
      partitions[partition].batches.append(batch)
      partitions[partition].rowCount += Int64(batch.rowCount)
      state.sources[name] = partitions
    }
  }

  /// Promises behind the rows so far that none before this time comes.
  package func advance(_ name: String, partition: Int, to time: Timestamp) {
    ring { state in
      guard var partitions = state.sources[name], partitions.indices.contains(partition) else {
        return
      }
      partitions[partition].promises.append((partitions[partition].rowCount, time))
      state.sources[name] = partitions
    }
  }

  /// Ends all partitions of a source.
  package func finish(_ name: String) {
    ring { state in
      guard let partitions = state.sources[name] else { return }
      state.sources[name] = partitions.map { partition in
        var partition = partition
        partition.isClosed = true
        return partition
      }
    }
  }

  /// What can be read of a sink, in the order of commits.
  package func rows(of sink: String) -> [Batch] {
    state.withLock { $0.outputs[sink]?.rows ?? [] }
  }

  /// The same, and they are forgotten here.
  package func takeRows(of sink: String) -> [Batch] {
    state.withLock { state in
      defer { state.outputs[sink]?.rows = [] }
      return state.outputs[sink]?.rows ?? []
    }
  }

  /// Changes the state and rings all readers.
  private func ring(_ change: (inout State) -> Void) {
    let wakes = state.withLock { state in
      change(&state)
      return state.wakes
    }
    for wake in wakes { wake() }
  }
}
