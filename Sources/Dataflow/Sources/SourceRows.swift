import Columns
import Connectors
import Operators
import Plans
import Schemas

/// Gives a source's batches what travels hidden with rows: event times, order tags, and the
/// watermark of late ones.
final class SourceRows {
  let route: PhysicalErrorRoute
  private let id: OperatorID
  private let eventTime: EventTimeSpec?
  private let decoder: JobSetup.Decoder
  /// The column that holds the event time.
  private let timeColumn: Int?
  /// The source's number in the plan; nil where no stage needs order tags.
  private let tagged: Int?
  /// Whether rows are taken back, which must then be found whatever record says so.
  private let isUpdating: Bool

  init(
    _ plan: PhysicalOperator, spec: SourceSpec, decoder: @escaping JobSetup.Decoder,
    tagged: Int?
  ) throws(JobFailure) {
    id = plan.id
    route = plan.errorRoute
    eventTime = spec.eventTime
    isUpdating = spec.updates != nil
    self.decoder = decoder
    self.tagged = tagged
    guard case .column(let name)? = spec.eventTime?.origin else {
      timeColumn = nil
      return
    }
    guard let place = plan.schema.index(of: name), plan.schema[place].type == .timestamp else {
      throw .operatorFailed(
        OperatorError(
          stage: plan.id, reason: "the event time \(name) is no timestamp column of the source"))
    }
    timeColumn = place
  }

  func lane(of partition: PartitionID) -> Int64 {
    OrderTag.lane(source: tagged ?? 0, partition: partition)
  }

  func decode(_ records: RecordBatch) -> (batch: Batch, failures: [RowFailure]) {
    let decoded = decoder(records)
    if decoded.batch.hidden.records == nil { decoded.batch.hidden.records = records }
    return decoded
  }

  /// The batch with its hidden columns; rows without an event time are left out and listed.
  func prepare(
    _ batch: Batch, failed: inout [RowFailure], lane: Int64, next: Position, now: Timestamp,
    watermark: inout PartitionWatermark
  ) throws(JobFailure) -> Batch {
    let count = batch.rowCount
    if tagged != nil { tag(batch, lane: lane, next: next) }
    guard let eventTime else { return batch }
    let times = try times(of: batch, eventTime, now: now)
    if let kept = times.rowsWithValue(rowCount: count, selection: batch.selection) {
      let all = batch.selection?.rowNumbers ?? Array(0..<count)
      let missing = Set(all).subtracting(kept.rowNumbers)
      failed += missing.map { RowFailure(row: $0, reason: "it has no event time") }
      failed.sort { $0.row < $1.row }
      batch.selection = kept
    }
    batch.hidden.eventTimes = times
    batch.hidden.lateWatermarks = watermark.advance(
      over: times, rowCount: count, selection: timed(batch))
    return batch
  }

  /// The rows that say how far time is. A deletion has the time at which it was written where the
  /// others have one of their own, which may lie long before.
  private func timed(_ batch: Batch) -> Selection? {
    guard timeColumn != nil, batch.hidden.rowKinds != nil else { return batch.selection }
    let rows = batch.selection?.rowNumbers ?? Array(0..<batch.rowCount)
    return Selection(rows: rows.filter { !batch.takesBack($0) })
  }

  private func tag(_ batch: Batch, lane: Int64, next: Position) {
    let count = batch.rowCount
    if isUpdating {
      batch.hidden.lanes = .repeating(0, .int, rowCount: count)
      batch.hidden.places = .repeating(0, .int, rowCount: count)
      return
    }
    if batch.hidden.lanes == nil {
      batch.hidden.lanes = .repeating(lane, .int, rowCount: count)
    }
    if batch.hidden.places == nil {
      batch.hidden.places =
        batch.hidden.records?.offsetColumn()
        ?? .counting(from: next.offset &- Int64(count), rowCount: count)
    }
  }

  private func times(
    of batch: Batch, _ spec: EventTimeSpec, now: Timestamp
  ) throws(JobFailure) -> Column {
    switch spec.origin {
    case .arrival:
      return .repeating(now.microseconds, .timestamp, rowCount: batch.rowCount)
    case .recordTimestamp:
      if let times = batch.hidden.eventTimes { return times }
      if let records = batch.hidden.records { return records.timestampColumn() }
      throw .operatorFailed(
        OperatorError(stage: id, reason: "the connector gives its records no timestamp"))
    case .column:
      guard let timeColumn else { break }
      return batch.columns[timeColumn]
    }
    throw .operatorFailed(OperatorError(stage: id, reason: "the source has no event time"))
  }
}

extension Batch {
  /// The rows that count in batches of at most `rowLimit`, where changes have made more of them;
  /// the halves of a pair stay together.
  var parts: [Batch] {
    let all = gathered()
    var parts: [Batch] = []
    var start = 0
    while start < all.rowCount {
      var end = min(start + Batch.rowLimit, all.rowCount)
      if end < all.rowCount, all.kind(end) == .updateAfter, end - 1 > start { end -= 1 }
      parts.append(all.gathered(rows: (start..<end).map { UInt32(truncatingIfNeeded: $0) }))
      start = end
    }
    return parts
  }
}
