import Columns
import Connectors
import KeyedState
import Plans
import Platform
import Schemas

/// Reads a table's source to its end. Waits for it, and so belongs on a lane.
struct TableReader {
  /// Nanoseconds between looks at a source that does not ring.
  private static let patience: Int64 = 20_000_000

  private let spec: TableSpec
  private let decoders: @Sendable (DecodingSpec) throws -> JobSetup.Decoder

  init(
    _ spec: TableSpec, decoders: @escaping @Sendable (DecodingSpec) throws -> JobSetup.Decoder
  ) {
    self.spec = spec
    self.decoders = decoders
  }

  func read(_ source: any Source) throws -> ReplicatedTable {
    let bell = Parker()
    let decoder = try decoders(spec.decoding)
    let reader = try source.makeReader(worker: 0, wake: bell)
    defer { reader.close() }
    var open: Set<PartitionID> = []
    for partition in try source.partitions(fixEnds: true) {
      try reader.add(partition.id, at: partition.beginning, end: partition.end)
      open.insert(partition.id)
    }
    var batches: [Batch] = []
    while !open.isEmpty {
      switch try reader.poll(limit: Batch.rowLimit) {
      case .nothing: bell.wait(nanoseconds: Self.patience)
      case .rows(let batch, _, _): batches.append(batch)
      case .records(let records, _): batches.append(try decode(records, decoder))
      case .caughtUp(let id), .ended(let id): open.remove(id)
      }
    }
    do throws(TableError) {
      return try ReplicatedTable(
        schema: Schema(spec.decoding.columns.map(\.field)), keys: spec.keys, batches: batches)
    } catch {
      throw JobFailure.restore("table `\(spec.name)` can't be loaded: \(error)")
    }
  }

  private func decode(
    _ records: RecordBatch, _ decoder: JobSetup.Decoder
  ) throws -> Batch {
    let decoded = decoder(records)
    guard let failure = decoded.failures.first else { return decoded.batch }
    decoded.batch.hidden.records = records
    let origin = FailedRows.origin(of: failure.row, in: decoded.batch) ?? "a record"
    throw JobFailure.restore(
      "table `\(spec.name)` can't be loaded: \(origin) can't be read: \(failure.reason)")
  }
}
