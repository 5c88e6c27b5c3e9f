import Columns
import Platform
import Schemas

/// One worker's side of an exchange: gathers rows for each receiver and sends them when there are
/// enough, when input runs dry, or after a short time.
///
/// A watermark waits as rows do instead of cutting their batch short, and a later one replaces it:
/// a steady input gives full batches, nobody is rung for each of them, and the watermark is late
/// by the exchange's delay at most.
final class ExchangeSender {
  /// Key columns; nil: every receiver gets all rows.
  private let keys: [Int]?
  private var targets: [Target]
  private let batchRows: Int
  private let batchBytes: Int
  /// Nanoseconds.
  private let delay: UInt64
  private let clock: any Clock
  /// When the oldest of what waits came (monotonic); nil if nothing does.
  private var gatheringSince: UInt64?

  private struct Target {
    var outbox: Outbox
    /// Gathered rows, without selections.
    var parts: [Batch] = []
    var rowCount = 0
    var textBytes = 0
    var watermark: Timestamp?
  }

  init(
    keys: [Int]?, channels: [Channel], batchRows: Int, batchBytes: Int = TextLimit.batchBytes,
    delayMicroseconds: Int64, clock: any Clock
  ) {
    self.batchBytes = batchBytes
    self.keys = keys
    self.targets = channels.map { Target(outbox: Outbox($0)) }
    self.batchRows = max(1, min(batchRows, Batch.rowLimit))
    self.delay = UInt64(max(delayMicroseconds, 0)) &* 1_000
    self.clock = clock
  }

  /// Nothing waits for room in a ring.
  var isClear: Bool { targets.allSatisfy { $0.outbox.isEmpty } }

  func send(_ batch: Batch) {
    // The original bytes end here, for the rows part from their records.
    batch.hidden.records = nil
    batch.hidden.recordRows = nil
    if keys != nil { batch.partPairs() }
    if targets.count == 1 { return send(all: batch, to: 0) }
    guard let keys else {
      for index in targets.indices { send(all: batch.shared(), to: index) }
      return
    }
    let shares = KeySplit.rows(of: batch, keys: keys, workers: targets.count)
    for (index, share) in shares.enumerated() {
      guard let share else { continue }
      let isWhole = share.count == batch.rowCount
      gather(isWhole ? batch.selecting(nil) : batch.selecting(share).gathered(), for: index)
    }
  }

  func watermark(_ time: Timestamp) {
    for index in targets.indices { targets[index].watermark = time }
    if gatheringSince == nil { gatheringSince = clock.monotonic() }
  }

  /// Sends a message to all receivers, behind all rows.
  func broadcast(_ message: Message) {
    for index in targets.indices {
      flush(index)
      targets[index].outbox.send(message)
    }
    gatheringSince = nil
  }

  /// Sends what was gathered; whether there was anything.
  func flush() -> Bool {
    guard gatheringSince != nil else { return false }
    for index in targets.indices { flush(index) }
    gatheringSince = nil
    return true
  }

  /// Sends what was gathered if it has waited long enough; whether there was anything. It may be
  /// for the worker itself, whom nobody rings.
  func flushIfDue(at monotonic: UInt64) -> Bool {
    guard let since = gatheringSince, monotonic &- since >= delay else { return false }
    return flush()
  }

  /// Puts what waits into the rings, as far as there is room; whether any of it went.
  func drain() -> Bool {
    var sent = 0
    for index in targets.indices { sent += targets[index].outbox.drain() }
    return sent > 0
  }

  /// A batch that is large enough goes as it is, without a copy.
  private func send(all batch: Batch, to index: Int) {
    if batch.selectedCount * 2 >= batchRows {
      flush(index)
      targets[index].outbox.send(.rows(batch))
    } else {
      gather(batch.gathered(), for: index)
    }
  }

  private func gather(_ part: Batch, for index: Int) {
    let bytes = part.textBytes
    let isTooMuch =
      targets[index].rowCount + part.rowCount > batchRows
      || targets[index].textBytes + bytes > batchBytes
    if isTooMuch { flush(index) }
    targets[index].parts.append(part)
    targets[index].rowCount += part.rowCount
    targets[index].textBytes += bytes
    if targets[index].rowCount >= batchRows || targets[index].textBytes >= batchBytes {
      flush(index)
    } else if gatheringSince == nil {
      gatheringSince = clock.monotonic()
    }
  }

  private func flush(_ index: Int) {
    if !targets[index].parts.isEmpty {
      targets[index].outbox.send(.rows(.concatenated(targets[index].parts)))
      targets[index].parts.removeAll(keepingCapacity: true)
      targets[index].rowCount = 0
      targets[index].textBytes = 0
    }
    if let time = targets[index].watermark {
      targets[index].outbox.send(.watermark(time))
      targets[index].watermark = nil
    }
  }
}
