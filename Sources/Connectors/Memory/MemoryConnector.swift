import Columns
import Platform
package import Plans
package import Schemas
import Synchronization

/// The connector `memory`: sources and sinks that are rows of the embedding program or a test.
package struct MemoryConnector: ConnectorFactory {
  package let name = "memory"
  private let tables: MemoryTables
  private let isRoundRobin: Bool

  /// `interleaves`: readers take the next batch from each partition in turn; else from the first
  /// that has any.
  package init(_ tables: MemoryTables, interleaves: Bool = true) {
    self.tables = tables
    isRoundRobin = interleaves
  }

  package func makeSource(
    _ spec: SourceSpec, options: ResolvedOptions, environment: ConnectorEnvironment
  ) throws(ConnectorError) -> any Source {
    MemorySource(spec.name, tables, isRoundRobin: isRoundRobin)
  }

  package func makeSink(
    _ spec: SinkSpec, schema: Schema, options: ResolvedOptions,
    transaction: (any TransactionalOutput)?, environment: ConnectorEnvironment
  ) throws(ConnectorError) -> any Sink {
    MemorySink(spec.name, tables)
  }
}

final class MemorySource: Source {
  private let name: String
  private let tables: MemoryTables
  private let isRoundRobin: Bool

  init(_ name: String, _ tables: MemoryTables, isRoundRobin: Bool) {
    self.name = name
    self.tables = tables
    self.isRoundRobin = isRoundRobin
  }

  func partitions(fixEnds: Bool) throws(ConnectorError) -> [SourcePartition] {
    guard let partitions = tables.state.withLock({ $0.sources[name] }) else {
      throw ConnectorError(.configuration, "source `\(name)`: no rows of that name are in memory")
    }
    return partitions.enumerated().map { number, partition in
      let end = Position(offset: partition.rowCount)
      return SourcePartition(
        id: PartitionID(source: name, topic: name, number: Int32(number)),
        start: Position(offset: 0), beginning: Position(offset: 0),
        end: fixEnds || partition.isClosed ? end : nil)
    }
  }

  func makeReader(worker: Int, wake: any Wake) throws(ConnectorError) -> any SourceReader {
    tables.state.withLock { $0.wakes.append { wake.wake() } }
    return MemoryReader(name, tables, isRoundRobin: isRoundRobin)
  }
}

/// One worker's memory partitions.
final class MemoryReader: SourceReader {
  private struct Reading {
    var id: PartitionID
    /// Rows taken.
    var row: Int64
    var end: Int64?
    var isHeld = false
    var hasEnded = false
    var saidCaughtUp = false
    /// Promises handed on; after a restore all of them again, which changes nothing.
    var promises = 0
  }

  private let name: String
  private let tables: MemoryTables
  private let isRoundRobin: Bool
  private var readings: [Reading] = []
  private var turn = 0

  init(_ name: String, _ tables: MemoryTables, isRoundRobin: Bool) {
    self.name = name
    self.tables = tables
    self.isRoundRobin = isRoundRobin
  }

  func add(_ partition: PartitionID, at position: Position, end: Position?) throws(ConnectorError) {
    let held = stored(partition)
    guard let held, position.offset <= held.rowCount else {
      throw ConnectorError(.gap, "\(partition) has no row \(position.offset) in memory")
    }
    readings.append(Reading(id: partition, row: position.offset, end: end?.offset))
  }

  func poll(limit: Int) throws(ConnectorError) -> SourcePoll {
    for step in readings.indices {
      let index = isRoundRobin ? (turn + step) % readings.count : step
      guard let poll = poll(index, limit: max(limit, 1)) else { continue }
      turn = index + 1
      return poll
    }
    return .nothing
  }

  private func poll(_ index: Int, limit: Int) -> SourcePoll? {
    var reading = readings[index]
    defer { readings[index] = reading }
    guard !reading.isHeld, !reading.hasEnded, let stored = stored(reading.id) else { return nil }
    if reading.promises < stored.promises.count,
      stored.promises[reading.promises].row <= reading.row
    {
      reading.promises += 1
      return .advanced(reading.id, to: stored.promises[reading.promises - 1].time)
    }
    let end = reading.end ?? (stored.isClosed ? stored.rowCount : nil)
    if let end, reading.row >= end {
      reading.hasEnded = true
      return .ended(reading.id)
    }
    var skipped: Int64 = 0
    for batch in stored.batches {
      let rows = Int64(batch.rowCount)
      if reading.row < skipped + rows {
        let from = Int(reading.row - skipped)
        var bound = min(Int64(limit), skipped + rows - reading.row, (end ?? .max) - reading.row)
        if reading.promises < stored.promises.count {
          bound = min(bound, stored.promises[reading.promises].row - reading.row)
        }
        reading.row += bound
        reading.saidCaughtUp = false
        let chosen = from..<(from + Int(bound))
        let taken = batch.gathered(rows: chosen)
        taken.hidden.eventTimes =
          batch.hidden.eventTimes?.gathered(by: Selection(rows: Array(chosen)))
        taken.hidden.rowKinds =
          batch.hidden.rowKinds?.gathered(by: Selection(rows: Array(chosen)))
        return .rows(taken, reading.id, next: Position(offset: reading.row))
      }
      skipped += rows
    }
    if reading.saidCaughtUp { return nil }
    reading.saidCaughtUp = true
    return .caughtUp(reading.id)
  }

  func hold(_ partition: PartitionID) { set(partition, held: true) }

  func release(_ partition: PartitionID) { set(partition, held: false) }

  func close() { readings = [] }

  private func set(_ partition: PartitionID, held: Bool) {
    for index in readings.indices where readings[index].id == partition {
      readings[index].isHeld = held
    }
  }

  private func stored(_ partition: PartitionID) -> MemoryTables.Partition? {
    tables.state.withLock { state in
      guard let partitions = state.sources[name],
        partitions.indices.contains(Int(partition.number))
      else { return nil }
      return partitions[Int(partition.number)]
    }
  }
}

final class MemorySink: Sink {
  private let name: String
  private let tables: MemoryTables

  init(_ name: String, _ tables: MemoryTables) {
    self.name = name
    self.tables = tables
  }

  func makeWriter(worker: Int, wake: any Wake) throws(ConnectorError) -> any SinkWriter {
    MemoryWriter(name, worker: worker, tables)
  }

  /// Idempotent: a payload's rows become readable once.
  func commit(_ pending: [PendingOutput]) throws(ConnectorError) {
    tables.state.withLock { state in
      for output in pending where output.sink == name && !output.payload.isEmpty {
        var held = state.outputs[name] ?? MemoryTables.Output()
        if held.committed.insert(output.payload).inserted {
          held.rows += held.prepared.removeValue(forKey: output.payload) ?? []
        }
        state.outputs[name] = held
      }
    }
  }

  func discardUncommitted(keeping kept: [PendingOutput]) throws(ConnectorError) {
    let keys = Set(kept.filter { $0.sink == name }.map(\.payload))
    tables.state.withLock { state in
      guard var held = state.outputs[name] else { return }
      held.prepared = held.prepared.filter { keys.contains($0.key) }
      state.outputs[name] = held
    }
  }
}

/// One worker's end of a memory sink.
final class MemoryWriter: SinkWriter {
  private let name: String
  private let worker: Int
  private let tables: MemoryTables
  private var open: [Batch] = []

  init(_ name: String, worker: Int, _ tables: MemoryTables) {
    self.name = name
    self.worker = worker
    self.tables = tables
  }

  var hasRoom: Bool { true }

  func write(_ batch: Batch) throws(ConnectorError) -> [RowFailure] {
    let rows = batch.gathered()
    if tables.visibility == .atCommit {
      open.append(rows)
    } else {
      tables.state.withLock { $0.outputs[name, default: MemoryTables.Output()].rows.append(rows) }
    }
    return []
  }

  func prepare(_ epoch: Epoch) throws(ConnectorError) {
    guard tables.visibility == .atCommit else { return }
    let rows = open
    open = []
    tables.state.withLock { state in
      state.outputs[name, default: MemoryTables.Output()].prepared[payload(epoch)] = rows
    }
  }

  func prepared(_ epoch: Epoch) throws(ConnectorError) -> PendingOutput? {
    let payload = tables.visibility == .atCommit ? payload(epoch) : ""
    return PendingOutput(sink: name, worker: worker, epoch: epoch, payload: payload)
  }

  private func payload(_ epoch: Epoch) -> String { "\(epoch)-\(worker)" }
}
