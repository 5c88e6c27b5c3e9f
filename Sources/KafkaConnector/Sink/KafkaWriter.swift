internal import Columns
internal import Connectors
internal import Formats
internal import Schemas

/// A worker's end of a Kafka sink: encodes rows and hands records over as long as they are taken;
/// the rest waits in a bounded backlog, barriers among it in their places.
final class KafkaWriter: SinkWriter {
  struct Target {
    var sink: String
    var worker: Int
    var topic: String
    /// Names the sink in messages.
    var place: String
    /// Bytes of a record, key and headers included.
    var largestRecord: Int
    /// Its records are cut to fit: who is refused here has nowhere else to go. Their time is when
    /// they are written, for a topic's retention would remove those of old rows at once.
    var isDeadLetter = false
    /// A record replaces what was written for its key.
    var isUpsert = false
  }

  /// Bytes that may wait before the writer says that it has no room.
  static let backlogLimit = 4 << 20

  private enum Waiting {
    case rows(EncodedBatch)
    case barrier(Epoch)
  }

  private let target: Target
  private let encoder: any RecordEncoder
  private let gate: any RecordGate
  private var backlog: [Waiting] = []
  private var backlogStart = 0
  private var backlogBytes = 0
  /// The last barrier that was handed over: what is produced now comes after it.
  private var passed: Epoch?
  private var failure: ConnectorError?
  /// Used again for the next batch when nothing waits.
  private var spare: EncodedRecords? = EncodedRecords()

  init(_ target: Target, encoder: any RecordEncoder, gate: any RecordGate) {
    self.target = target
    self.encoder = encoder
    self.gate = gate
  }

  /// With a failure there is room, so that the next call can say so.
  var hasRoom: Bool {
    pump()
    return failure != nil || backlogBytes < Self.backlogLimit
  }

  func write(_ batch: Batch) throws(ConnectorError) -> [RowFailure] {
    if let failure { throw failure }
    let records = spare ?? EncodedRecords()
    spare = nil
    records.removeAll()
    // What a row was is taken back by what it is: same key, later value.
    batch.dropOlderHalves()
    encoder.encode(batch, into: records)
    let encoded = EncodedBatch(batch, records)
    var failures =
      records.failures.map { RowFailure(row: $0.row, reason: $0.reason) }
      + encoded.fit(target.largestRecord, cuts: target.isDeadLetter)
    if target.isUpsert {
      failures += encoded.refuseNullKeys()
      withdraw(failures, of: batch, encoded)
      // A row that is there no more has failed when it came.
      failures.removeAll { batch.takesBack($0.row) }
    }
    backlogBytes += encoded.byteCount
    backlog.append(.rows(encoded))
    pump()
    if let failure { throw failure }
    return failures
  }

  /// A row that cannot be written takes with it what was written for its key before.
  private func withdraw(_ failures: [RowFailure], of batch: Batch, _ encoded: EncodedBatch) {
    let rows = failures.map(\.row).filter { batch.kind($0) == .updateAfter }
    guard !rows.isEmpty else { return }
    let first = encoded.records.count
    encoder.encode(batch.deletions(of: rows), into: encoded.records)
    _ = encoded.fit(target.largestRecord, cuts: false, from: first)
  }

  func prepare(_ epoch: Epoch) throws(ConnectorError) {
    backlog.append(.barrier(epoch))
    pump()
    if let failure { throw failure }
  }

  func prepared(_ epoch: Epoch) throws(ConnectorError) -> PendingOutput? {
    pump()
    if let failure { throw failure }
    guard let passed, passed >= epoch, try gate.isAcknowledged(epoch) else { return nil }
    return PendingOutput(sink: target.sink, worker: target.worker, epoch: epoch)
  }

  func flush() { pump() }

  /// Hands over what waits until something is not taken.
  private func pump() {
    guard failure == nil else { return }
    while backlogStart < backlog.count {
      switch backlog[backlogStart] {
      case .barrier(let epoch):
        gate.passed(epoch)
        passed = epoch
      case .rows(let rows):
        guard handOver(rows) else { return }
        backlogBytes -= rows.byteCount
        spare = rows.records
      }
      backlogStart += 1
    }
    backlog.removeAll(keepingCapacity: true)
    backlogStart = 0
  }

  /// Whether all its records were taken.
  private func handOver(_ rows: EncodedBatch) -> Bool {
    while let record = rows.next(topic: target.topic, keepsTime: !target.isDeadLetter) {
      switch gate.produce(record, after: passed) {
      case .queued: rows.advance()
      case .full: return false
      case .rejected(let error):
        failure = ConnectorError(error.kind, "\(target.place): \(error.message)")
        return false
      }
    }
    return true
  }
}

/// A batch's records and how many of them were handed over.
final class EncodedBatch {
  let records: EncodedRecords
  private let batch: Batch
  private var cursor = 0
  /// Records that are left out.
  private var dropped: Set<Int> = []

  init(_ batch: Batch, _ records: EncodedRecords) {
    self.batch = batch
    self.records = records
  }

  var byteCount: Int { records.arena.count }

  /// Leaves out what exceeds the limit and says which rows it was, or cuts it.
  func fit(_ limit: Int, cuts: Bool, from first: Int = 0) -> [RowFailure] {
    // No record is larger than all together.
    guard byteCount > limit else { return [] }
    var failures: [RowFailure] = []
    for index in first..<records.count {
      let record = records.records[index]
      let size = record.size
      guard size > limit else { continue }
      if cuts, records.shorten(index, to: limit, header: Self.cutHeader) { continue }
      dropped.insert(index)
      failures.append(
        RowFailure(
          row: record.row,
          reason: "the record has \(size) bytes, and at most \(limit) fit into a message; raise"
            + " `message.max.bytes` in `config:`, and the topic's `max.message.bytes`"))
    }
    return failures
  }

  /// A record without a key would replace nothing, and nothing would replace it.
  func refuseNullKeys() -> [RowFailure] {
    var failures: [RowFailure] = []
    for (index, record) in records.records.enumerated()
    where record.key.isNull && dropped.insert(index).inserted {
      failures.append(
        RowFailure(
          row: record.row, reason: "the sink writes `updates: upsert`, and its key is null"))
    }
    return failures
  }

  /// Holds the value's whole length where it was cut.
  private static let cutHeader = "raudal.value_bytes"

  /// The next record to hand over, with the row's time or none; nil when all are.
  func next(topic: String, keepsTime: Bool) -> OutgoingRecord? {
    while cursor < records.count {
      let record = records.records[cursor]
      if dropped.contains(cursor) {
        cursor += 1
        continue
      }
      return OutgoingRecord(
        topic: topic, key: records.bytes(record.key),
        value: records.bytes(record.value),
        headers: records.bytes(record.headers),
        timestamp: keepsTime ? milliseconds(record.row) : nil)
    }
    return nil
  }

  func advance() { cursor += 1 }

  /// The row's event time, rounded down.
  private func milliseconds(_ row: Int) -> Int64? {
    guard let times = batch.hidden.eventTimes else { return nil }
    let (quotient, remainder) = times.ints[row].quotientAndRemainder(dividingBy: 1_000)
    return remainder < 0 ? quotient - 1 : quotient
  }
}
