import Columns
import Formats
import Platform
import Schemas
import Synchronization

/// One worker's end of a file sink: encodes on the worker, writes on a lane. What is handed to the
/// lane and not yet written is bounded by `queueBytes`.
final class FileSinkWriter: SinkWriter {
  static let queueBytes = 8 << 20
  static let chunkBytes = 256 * 1024

  /// What the worker and the lane share.
  private final class Shared: Sendable {
    struct State {
      var queuedBytes = 0
      var prepared: [Epoch: [PartMove]] = [:]
      var failure: ConnectorError?
    }

    let state = Mutex(State())
  }

  private let settings: FileSink.Settings
  private let worker: Int
  private let encoder: any RecordEncoder
  private let records = EncodedRecords()
  private let parts: PartWriter
  private let lanes: any BackgroundLanes
  private let lane: LaneName
  private let wake: any Wake
  private let shared = Shared()
  private var chunk: [UInt8] = []
  /// Of the part that is being written.
  private var partBytes = 0

  init(
    _ settings: FileSink.Settings, worker: Int, encoder: any RecordEncoder, parts: PartWriter,
    lanes: any BackgroundLanes, wake: any Wake
  ) {
    self.settings = settings
    self.worker = worker
    self.encoder = encoder
    self.parts = parts
    self.lanes = lanes
    self.wake = wake
    lane = LaneName("file sink \(settings.name) \(worker)")
  }

  /// True after a failure too, so that the next call can say it.
  var hasRoom: Bool {
    shared.state.withLock { $0.failure != nil || $0.queuedBytes < Self.queueBytes }
  }

  func write(_ batch: Batch) throws(ConnectorError) -> [RowFailure] {
    try check()
    records.removeAll()
    // What a row was is taken back by what it is: same key, later line.
    if settings.isUpsert { batch.dropOlderHalves() }
    encoder.encode(batch, into: records)
    let failures = records.failures.map { RowFailure($0) }
    if settings.isUpsert { withdraw(failures, of: batch) }
    for record in records.records {
      let before = chunk.count
      if let bytes = records.bytes(record.value) { chunk.append(contentsOf: bytes) }
      chunk.append(0x0A)
      partBytes += chunk.count - before
      let endsPart = partBytes >= settings.partSize
      if endsPart { partBytes = 0 }
      if endsPart || chunk.count >= Self.chunkBytes { send(endsPart: endsPart) }
    }
    guard settings.isUpsert else { return failures }
    // A row that is there no more has failed when it came.
    return failures.filter { !batch.takesBack($0.row) }
  }

  /// A row that cannot be written takes with it what was written for its key before.
  private func withdraw(_ failures: [RowFailure], of batch: Batch) {
    let rows = failures.map(\.row).filter { batch.kind($0) == .updateAfter }
    if !rows.isEmpty { encoder.encode(batch.deletions(of: rows), into: records) }
  }

  func prepare(_ epoch: Epoch) throws(ConnectorError) {
    try check()
    if !chunk.isEmpty { send(endsPart: true) }
    partBytes = 0
    let (parts, shared, wake, place) = (parts, shared, wake, settings.place)
    lanes.submit(lane) {
      Self.run(shared, place) { () throws(FileError) in
        let moves = try parts.finish(epoch)
        shared.state.withLock { $0.prepared[epoch] = moves }
      }
      wake.wake()
    }
  }

  func prepared(_ epoch: Epoch) throws(ConnectorError) -> PendingOutput? {
    try check()
    guard let moves = shared.state.withLock({ $0.prepared.removeValue(forKey: epoch) }) else {
      return nil
    }
    return PendingOutput(
      sink: settings.name, worker: worker, epoch: epoch, payload: PartMove.encode(moves))
  }

  private func send(endsPart: Bool) {
    let bytes = chunk
    chunk = []
    chunk.reserveCapacity(Self.chunkBytes + Self.chunkBytes / 8)
    shared.state.withLock { $0.queuedBytes += bytes.count }
    let (parts, shared, wake, place) = (parts, shared, wake, settings.place)
    lanes.submit(lane) {
      Self.run(shared, place) { () throws(FileError) in
        try parts.write(bytes, endsPart: endsPart)
      }
      shared.state.withLock { $0.queuedBytes -= bytes.count }
      wake.wake()
    }
  }

  /// Does nothing after a failure: what was written later must not look whole.
  private static func run(
    _ shared: Shared, _ place: String, _ body: () throws(FileError) -> Void
  ) {
    if shared.state.withLock({ $0.failure != nil }) { return }
    do throws(FileError) {
      try body()
    } catch {
      shared.state.withLock { $0.failure = ConnectorError(storing: error, place) }
    }
  }

  private func check() throws(ConnectorError) {
    if let failure = shared.state.withLock({ $0.failure }) { throw failure }
  }
}
