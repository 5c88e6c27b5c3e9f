internal import CRdKafka
internal import Columns

/// Messages of one partition that stand side by side.
struct RecordRun {
  /// Bytes in one run, and in one batch: positions in a batch have 32 bits.
  static let byteLimit = 64 << 20

  var start: Int
  var end: Int
  /// The partition's index; -1 for none of ours.
  var origin: Int
  /// A single message that bears an error or the news of a partition's end.
  var isError = false
  /// Of values and keys.
  var byteCount = 0
}

/// Copies messages of librdkafka into a batch: the one loop that sees every record.
struct RecordFiller {
  /// Whether values are handed out where they lie in the answer to the fetch. So it is in all
  /// versions up to 2.
  private static let isInPlace = rd_kafka_version() < 0x0300_0000
  /// A power of two that no page is smaller than.
  private static let pageSize: UInt = 4096
  private var headerBlock: [UInt8] = []

  /// Appends a run's records from the partition's position on, and moves the position. Returns
  /// whether the partition's fixed end was reached.
  mutating func append(
    _ messages: UnsafeMutablePointer<UnsafeMutablePointer<rd_kafka_message_t>?>, _ run: RecordRun,
    to batch: RecordBatch, _ partition: ReaderPartition
  ) -> Bool {
    let end = partition.end ?? Int64.max
    var next = partition.next
    var index = run.start
    var reachedEnd = false
    while index < run.end, !reachedEnd {
      let stopped = Self.fill(
        batch, messages, index..<run.end, &next, end: end, bytes: run.byteCount)
      index = stopped
      guard index < run.end, let message = messages[index] else { continue }
      if message.pointee.offset >= end {
        reachedEnd = true
      } else {
        appendWithHeaders(message, to: batch)
        next = message.pointee.offset &+ 1
        index += 1
      }
    }
    partition.next = next
    return reachedEnd
  }

  /// Copies records without headers and gives their messages back. Returns the index of the first
  /// that it leaves: one with headers or at the end, or the range's end. Older ones than `next`
  /// were read before, and are passed over.
  private static func fill(
    _ batch: RecordBatch,
    _ messages: UnsafeMutablePointer<UnsafeMutablePointer<rd_kafka_message_t>?>,
    _ range: Range<Int>, _ next: inout Int64, end: Int64, bytes: Int
  ) -> Int {
    // A run's bytes fit in any part of it.
    let target = UnsafeMutableRawPointer(batch.reserve(bytes))
    let (values, keys, headers) = (batch.values, batch.keys, batch.headers)
    let (timestamps, offsets) = (batch.timestamps, batch.offsets)
    let arenaStart = batch.byteCount
    let first = batch.count
    let isInPlace = isInPlace
    var row = first
    var used = 0
    var position = next
    var index = range.lowerBound
    var kind = RD_KAFKA_TIMESTAMP_NOT_AVAILABLE
    var list: OpaquePointer?
    while index < range.upperBound {
      guard let message = messages[index] else { break }
      let offset = message.pointee.offset
      if offset < position {
        index &+= 1
        continue
      }
      if offset >= end { break }
      if !(isInPlace && hasNoHeaders(message)),
        rd_kafka_message_headers(message, &list) == RD_KAFKA_RESP_ERR_NO_ERROR
      {
        break
      }
      values[row] = place(
        message.pointee.payload, message.pointee.len, target, arenaStart, &used)
      keys[row] = place(message.pointee.key, message.pointee.key_len, target, arenaStart, &used)
      headers[row] = .null
      timestamps[row] = microseconds(rd_kafka_message_timestamp(message, &kind))
      offsets[row] = offset
      // While it is at hand: a pass of its own would fetch all of them into the cache again.
      rd_kafka_message_destroy(message)
      messages[index] = nil
      position = offset &+ 1
      row &+= 1
      index &+= 1
    }
    next = position
    batch.commit(records: row - first, bytes: used)
    return index
  }

  /// Whether it is certain, without asking the library, that a record has no headers: the library
  /// makes and parses a list even of none, which took a third of the time of reading a record.
  ///
  /// In Kafka's record format 2 the number of headers stands behind the value, and a zero is none;
  /// records of the older formats have none, whatever stands there. The byte is read only where it
  /// lies in the page of the value's last one, so that it can be read at the end of a buffer too.
  @inline(__always)
  private static func hasNoHeaders(_ message: UnsafeMutablePointer<rd_kafka_message_t>) -> Bool {
    guard let value = message.pointee.payload, message.pointee.len > 0 else { return false }
    let behind = value + message.pointee.len
    guard UInt(bitPattern: behind) & (pageSize &- 1) != 0 else { return false }
    return behind.load(as: UInt8.self) == 0
  }

  @inline(__always)
  private static func place(
    _ source: UnsafeMutableRawPointer?, _ size: Int, _ target: UnsafeMutableRawPointer,
    _ arenaStart: Int, _ used: inout Int
  ) -> RecordBatch.Span {
    guard let source else { return .null }
    (target + used).copyMemory(from: source, byteCount: size)
    let span = RecordBatch.Span(
      start: UInt32(truncatingIfNeeded: arenaStart &+ used),
      length: Int32(truncatingIfNeeded: size))
    used &+= size
    return span
  }

  /// Milliseconds in microseconds; -1 stands for none.
  @inline(__always)
  private static func microseconds(_ milliseconds: Int64) -> Int64 {
    milliseconds < 0 ? Int64.min : milliseconds &* 1_000
  }

  /// As batches hold it.
  static func time(of message: UnsafeMutablePointer<rd_kafka_message_t>) -> Int64 {
    var kind = RD_KAFKA_TIMESTAMP_NOT_AVAILABLE
    return microseconds(rd_kafka_message_timestamp(message, &kind))
  }

  private mutating func appendWithHeaders(
    _ message: UnsafeMutablePointer<rd_kafka_message_t>, to batch: RecordBatch
  ) {
    let time = Self.time(of: message)
    headerBlock.removeAll(keepingCapacity: true)
    var list: OpaquePointer?
    if rd_kafka_message_headers(message, &list) == RD_KAFKA_RESP_ERR_NO_ERROR, let list {
      HeaderBlock.append(list, to: &headerBlock)
    }
    let value = UnsafeRawBufferPointer(start: message.pointee.payload, count: message.pointee.len)
    let key = UnsafeRawBufferPointer(start: message.pointee.key, count: message.pointee.key_len)
    headerBlock.withUnsafeBytes { block in
      batch.append(
        value: message.pointee.payload == nil ? nil : value,
        key: message.pointee.key == nil ? nil : key, headers: block, timestamp: time,
        offset: message.pointee.offset)
    }
  }
}
