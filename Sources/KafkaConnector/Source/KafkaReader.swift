internal import CRdKafka
internal import Columns
internal import Connectors
internal import Platform
internal import Schemas

/// A worker's share of a Kafka source.
///
/// The queues of its partitions are forwarded to one queue of its own, which is emptied without
/// waiting; librdkafka calls back when something comes into the empty queue, and that rings the
/// worker. Bytes are copied at once, so that fetched memory goes back to the library.
final class KafkaReader: SourceReader {
  /// Records taken from the library at a time.
  static let recordLimit = 4096
  /// Bytes in one batch; a batch with more is cut (positions in it have 32 bits).
  private static let byteLimit = 64 << 20

  let source: KafkaSource
  private let queue: OpaquePointer
  private let bell: ReaderBell
  private let messages: UnsafeMutablePointer<UnsafeMutablePointer<rd_kafka_message_t>?>
  /// The partition of each message at hand; -1 for none of ours.
  private var origins = [Int32](repeating: -1, count: KafkaReader.recordLimit)
  private(set) var partitions: [ReaderPartition] = []
  private var events: [(partition: Int, event: SourceEvent)] = []
  private var nextEvent = 0
  private var headerBlock: [UInt8] = []
  let gaps: GapFindings
  private var isClosed = false

  init(_ source: KafkaSource, queue: OpaquePointer, wake: any Wake) {
    self.source = source
    self.queue = queue
    bell = ReaderBell(wake)
    gaps = GapFindings(wake)
    messages = .allocate(capacity: Self.recordLimit)
    messages.initialize(repeating: nil, count: Self.recordLimit)
    // The bell lives as long as the reader, which ends the callbacks in `close`.
    rd_kafka_queue_cb_event_enable(
      queue,
      { _, opaque in
        guard let opaque else { return }
        Unmanaged<ReaderBell>.fromOpaque(opaque).takeUnretainedValue().wake.wake()
      }, Unmanaged.passUnretained(bell).toOpaque())
  }

  deinit {
    close()
    messages.deallocate()
  }

  func add(
    _ partition: PartitionID, at position: Position, end: Position?
  ) throws(ConnectorError) {
    let state = ReaderPartition(partition, next: position.offset, end: end?.offset)
    partitions.append(state)
    if let end, position.offset >= end.offset {
      state.hasEnded = true
      events.append((partitions.count - 1, .ended))
      bell.wake.wake()
      return
    }
    try assign(state)
  }

  /// Has librdkafka fetch the partition from `next` on into this reader's queue.
  func assign(_ state: ReaderPartition) throws(ConnectorError) {
    if state.queue == nil {
      // Forwarded before the assignment, so that no record gets into the common queue.
      state.queue = rd_kafka_queue_get_partition(
        source.client.handle, state.id.topic, state.id.number)
      rd_kafka_queue_forward(state.queue, queue)
    }
    let list = PartitionList()
    list.add(state.id.topic, state.id.number, offset: state.next)
    if let fault = BrokerFault(
      taking: rd_kafka_incremental_assign(source.client.handle, list.handle))
    {
      throw fault.error("\(source.place): assigning \(state.id.topic) [\(state.id.number)]")
    }
  }

  func poll(limit: Int) throws(ConnectorError) -> SourcePoll {
    if gaps.hasNews { try takeGaps() }
    while true {
      if let event = takeEvent() { return event }
      let wanted = min(max(limit, 1), Self.recordLimit)
      let count = rd_kafka_consume_batch_queue(queue, 0, messages, wanted)
      guard count > 0 else { return .nothing }
      source.client.status.heard()
      let trouble = take(count)
      for index in 0..<count { rd_kafka_message_destroy(messages[index]) }
      if let trouble { throw trouble }
    }
  }

  private func takeEvent() -> SourcePoll? {
    while nextEvent < events.count {
      let (index, event) = events[nextEvent]
      nextEvent += 1
      if nextEvent == events.count {
        events.removeAll(keepingCapacity: true)
        nextEvent = 0
      }
      let partition = partitions[index]
      if partition.isHeld {
        partition.parked.append(event)
        continue
      }
      switch event {
      case .records(let batch, let next): return .records(batch, next: Position(offset: next))
      case .caughtUp: return .caughtUp(partition.id)
      case .ended: return .ended(partition.id)
      }
    }
    return nil
  }

  /// Sorts the messages at hand into a batch for each partition. Returns what ends the attempt.
  private func take(_ count: Int) -> ConnectorError? {
    measure(count)
    var trouble: ConnectorError?
    for index in 0..<count {
      guard let message = messages[index] else { continue }
      let origin = Int(origins[index])
      if message.pointee.err != RD_KAFKA_RESP_ERR_NO_ERROR {
        let found = handle(message, origin)
        trouble = trouble ?? found
      } else if origin >= 0 {
        append(message, origin)
      }
    }
    for index in partitions.indices where partitions[index].open != nil { finishBatch(index) }
    return trouble
  }

  /// Finds each message's partition, and how much is coming for each.
  private func measure(_ count: Int) {
    for partition in partitions {
      partition.expected = 0
      partition.expectedBytes = 0
    }
    var topic: OpaquePointer?
    var number: Int32 = -1
    var origin = -1
    for index in 0..<count {
      guard let message = messages[index] else { continue }
      // Records of one partition come in runs.
      if message.pointee.rkt != topic || message.pointee.partition != number || index == 0 {
        topic = message.pointee.rkt
        number = message.pointee.partition
        origin = find(topic, number)
      }
      origins[index] = Int32(truncatingIfNeeded: origin)
      guard origin >= 0, message.pointee.err == RD_KAFKA_RESP_ERR_NO_ERROR else { continue }
      let partition = partitions[origin]
      partition.expected += 1
      partition.expectedBytes += message.pointee.len + message.pointee.key_len
    }
  }

  private func find(_ topic: OpaquePointer?, _ number: Int32) -> Int {
    guard let topic else { return -1 }
    if let known = partitions.firstIndex(where: { $0.topic == topic && $0.id.number == number }) {
      return known
    }
    let name = String(cString: rd_kafka_topic_name(topic))
    let found = partitions.firstIndex { $0.id.topic == name && $0.id.number == number }
    guard let found else { return -1 }
    partitions[found].topic = topic
    return found
  }

  private func append(_ message: UnsafeMutablePointer<rd_kafka_message_t>, _ index: Int) {
    let partition = partitions[index]
    let offset = message.pointee.offset
    // What was fetched before a seek, or is held, is fetched again where it is wanted.
    guard offset >= partition.next, !partition.isHeld, !partition.hasEnded else { return }
    if let end = partition.end, offset >= end {
      finish(index)
      return
    }
    let size = message.pointee.len + message.pointee.key_len
    if let open = partition.open, open.isFull || open.byteCount + size > Self.byteLimit {
      finishBatch(index)
    }
    let batch = partition.open ?? openBatch(partition, size)
    partition.expected -= 1
    partition.expectedBytes -= size
    let value = UnsafeRawBufferPointer(start: message.pointee.payload, count: message.pointee.len)
    let key = UnsafeRawBufferPointer(start: message.pointee.key, count: message.pointee.key_len)
    var kind = RD_KAFKA_TIMESTAMP_NOT_AVAILABLE
    let time = rd_kafka_message_timestamp(message, &kind)
    let timestamp = time < 0 ? Int64.min : time.multipliedReportingOverflow(by: 1_000).partialValue
    var headers: OpaquePointer?
    let present = message.pointee.payload != nil
    let keyed = message.pointee.key != nil
    if rd_kafka_message_headers(message, &headers) == RD_KAFKA_RESP_ERR_NO_ERROR, let headers {
      headerBlock.removeAll(keepingCapacity: true)
      HeaderBlock.append(headers, to: &headerBlock)
      headerBlock.withUnsafeBytes { block in
        batch.append(
          value: present ? value : nil, key: keyed ? key : nil, headers: block,
          timestamp: timestamp, offset: offset)
      }
    } else {
      batch.append(
        value: present ? value : nil, key: keyed ? key : nil, timestamp: timestamp,
        offset: offset)
    }
    partition.next = offset + 1
  }

  private func openBatch(_ partition: ReaderPartition, _ size: Int) -> RecordBatch {
    let bytes = max(size, min(partition.expectedBytes, Self.byteLimit))
    let batch = RecordBatch(
      partition: partition.id, capacity: max(partition.expected, 1), byteCapacity: bytes)
    partition.open = batch
    return batch
  }

  func finishBatch(_ index: Int) {
    let partition = partitions[index]
    guard let batch = partition.open else { return }
    partition.open = nil
    events.append((index, .records(batch, next: partition.next)))
  }

  /// The fixed end is reached: everything before it was read.
  private func finish(_ index: Int) {
    let partition = partitions[index]
    finishBatch(index)
    partition.hasEnded = true
    events.append((index, .ended))
    pause(partition)
  }

  /// A message that bears an error, or the news that a partition has no more at present.
  private func handle(
    _ message: UnsafeMutablePointer<rd_kafka_message_t>, _ index: Int
  ) -> ConnectorError? {
    let code = message.pointee.err
    guard index >= 0 else {
      return code == RD_KAFKA_RESP_ERR__FATAL ? unreadable(message, nil) : nil
    }
    let partition = partitions[index]
    switch code {
    case RD_KAFKA_RESP_ERR__PARTITION_EOF:
      // The end may lie behind the last record: markers of transactions have offsets too.
      guard !partition.hasEnded, message.pointee.offset >= partition.next else { return nil }
      if let end = partition.end, message.pointee.offset >= end {
        finish(index)
      } else if !partition.isHeld {
        finishBatch(index)
        events.append((index, .caughtUp))
      }
      return nil
    case RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET, RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE:
      guard !partition.isInGap, !partition.hasEnded else { return nil }
      partition.isInGap = true
      GapSearch.begin(partition: index, partition.id, source, gaps)
      return nil
    default:
      let fault = BrokerFault(code)
      guard fault.isMistake || code == RD_KAFKA_RESP_ERR__FATAL else { return nil }
      return unreadable(message, partition.id)
    }
  }

  private func unreadable(
    _ message: UnsafeMutablePointer<rd_kafka_message_t>, _ partition: PartitionID?
  ) -> ConnectorError {
    let text = rd_kafka_message_errstr(message).map { String(cString: $0) }
    let fault = BrokerFault(message.pointee.err, text)
    guard let partition else { return fault.error("\(source.place): reading") }
    return fault.error("\(source.place): reading topic `\(partition.topic)` [\(partition.number)]")
  }
}

extension KafkaReader {
  func hold(_ partition: PartitionID) {
    guard let state = state(of: partition), !state.isHeld else { return }
    state.isHeld = true
    if !state.hasEnded { pause(state) }
  }

  func release(_ partition: PartitionID) {
    guard let index = partitions.firstIndex(where: { $0.id == partition }) else { return }
    let state = partitions[index]
    guard state.isHeld else { return }
    state.isHeld = false
    events.append(contentsOf: state.parked.map { (index, $0) })
    state.parked = []
    bell.wake.wake()
    guard !state.hasEnded, !state.isInGap else { return }
    let list = PartitionList()
    list.add(state.id.topic, state.id.number, offset: state.next)
    rd_kafka_resume_partitions(source.client.handle, list.handle)
    // The pause threw away what was fetched ahead. Where fetching goes on is our position, whatever
    // the library took for it. Without a timeout it does not wait.
    list.handle.pointee.elems[0].offset = state.next
    if let error = rd_kafka_seek_partitions(source.client.handle, list.handle, 0) {
      rd_kafka_error_destroy(error)
    }
  }

  private func state(of partition: PartitionID) -> ReaderPartition? {
    partitions.first { $0.id == partition }
  }

  private func pause(_ state: ReaderPartition) {
    let list = PartitionList()
    list.add(state.id.topic, state.id.number)
    rd_kafka_pause_partitions(source.client.handle, list.handle)
  }

  func close() {
    guard !isClosed else { return }
    isClosed = true
    gaps.close()
    rd_kafka_queue_cb_event_enable(queue, nil, nil)
    let list = PartitionList(capacity: partitions.count)
    for partition in partitions where partition.queue != nil {
      list.add(partition.id.topic, partition.id.number)
    }
    if list.count > 0,
      let error = rd_kafka_incremental_unassign(source.client.handle, list.handle)
    {
      rd_kafka_error_destroy(error)
    }
    for partition in partitions {
      if let queue = partition.queue { rd_kafka_queue_destroy(queue) }
      partition.queue = nil
    }
    rd_kafka_queue_destroy(queue)
  }
}

/// What the queue's callback rings.
private final class ReaderBell: Sendable {
  let wake: any Wake
  init(_ wake: any Wake) { self.wake = wake }
}
