internal import CPlatform
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
  let source: KafkaSource
  private let queue: OpaquePointer
  private let bell: ReaderBell
  private let messages: UnsafeMutablePointer<UnsafeMutablePointer<rd_kafka_message_t>?>
  /// The messages at hand, cut where the partition changes.
  private var runs: [RecordRun] = []
  private(set) var partitions: [ReaderPartition] = []
  private var events: [(partition: Int, event: SourceEvent)] = []
  private var nextEvent = 0
  private var filler = RecordFiller()
  private var watch: QueueWatch
  let gaps: GapFindings
  let ends: EndFindings
  let absence: AbsenceWatch
  private var isClosed = false

  init(_ source: KafkaSource, worker: Int, queue: OpaquePointer, wake: any Wake) {
    self.source = source
    self.queue = queue
    bell = ReaderBell(wake)
    gaps = GapFindings(wake)
    ends = EndFindings(wake)
    absence = AbsenceWatch(LaneName("kafka.absent.\(source.name).\(worker)", .input))
    source.absent.add(gaps)
    watch = QueueWatch(source.queueLimits)
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
    let state = ReaderPartition(partition, at: position, end: end?.offset)
    partitions.append(state)
    guard let end, position.offset >= end.offset else { return try assign(state) }
    if position.offset == end.offset {
      // An end at the same place may be that of another topic: the mark shows it.
      guard state.proof == .none else { return try assign(state) }
      return reportEnd(of: partitions.count - 1)
    }
    // The brokers have less than was read: the topic was made anew, or the start names an offset
    // that there is none of. Nothing behind the end is asked for, so no broker would say it.
    state.isInGap = true
    GapSearch.begin(partition: partitions.count - 1, partition, source, gaps)
  }

  /// Nothing of the partition is left to be read.
  func reportEnd(of index: Int) {
    partitions[index].hasEnded = true
    events.append((index, .ended))
    bell.wake.wake()
  }

  /// Has librdkafka fetch the partition into this reader's queue, from its position or mark on.
  func assign(_ state: ReaderPartition) throws(ConnectorError) {
    if state.queue == nil {
      // Forwarded before the assignment, so that no record gets into the common queue.
      state.queue = rd_kafka_queue_get_partition(
        source.client.handle, state.id.topic, state.id.number)
      rd_kafka_queue_forward(state.queue, queue)
    }
    let list = PartitionList()
    list.add(state.id.topic, state.id.number, offset: state.fetchStart)
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
      let waiting = rd_kafka_queue_length(queue)
      let count = rd_kafka_consume_batch_queue(queue, 0, messages, wanted)
      guard count > 0 else { return .nothing }
      source.client.status.heard()
      let (trouble, bytes) = take(count)
      if watch.hasRoomAgain(waiting: waiting, taken: count, bytes: bytes) { wakeFetching() }
      for index in 0..<count {
        // The rest: those with headers, and those that were of no use.
        if let message = messages[index] { rd_kafka_message_destroy(message) }
        messages[index] = nil
      }
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
      case .records(let batch, let next): return .records(batch, next: next)
      case .caughtUp: return .caughtUp(partition.id)
      case .ended: return .ended(partition.id)
      }
    }
    return nil
  }

  /// Sorts the messages at hand into a batch for each partition. Returns what ends the attempt, and
  /// how many bytes there were.
  private func take(_ count: Int) -> (trouble: ConnectorError?, bytes: Int) {
    measure(count)
    var trouble: ConnectorError?
    var bytes = 0
    for run in runs {
      bytes += run.byteCount
      guard let message = messages[run.start] else { continue }
      if message.pointee.err != RD_KAFKA_RESP_ERR_NO_ERROR {
        let found = handle(message, run.origin)
        trouble = trouble ?? found
      } else if run.origin >= 0 {
        append(run)
      }
    }
    for index in partitions.indices where partitions[index].open != nil { finishBatch(index) }
    return (trouble, bytes)
  }

  /// Cuts the messages into runs of one partition, and finds how much is coming for each.
  private func measure(_ count: Int) {
    for partition in partitions { partition.expected = 0 }
    runs.removeAll(keepingCapacity: true)
    var topic: OpaquePointer?
    var number: Int32 = -1
    var run = RecordRun(start: 0, end: 0, origin: -1)
    for index in 0..<count {
      // The library's list has scattered them over memory.
      raudal_prefetch(messages[min(index &+ 16, count &- 1)])
      guard let message = messages[index] else { continue }
      let isError = message.pointee.err != RD_KAFKA_RESP_ERR_NO_ERROR
      let size = message.pointee.len + message.pointee.key_len
      if message.pointee.rkt != topic || message.pointee.partition != number || isError
        || run.isError || run.byteCount + size > RecordRun.byteLimit || index == 0
      {
        close(run)
        topic = message.pointee.rkt
        number = message.pointee.partition
        run = RecordRun(start: index, end: index, origin: find(topic, number), isError: isError)
      }
      run.end = index + 1
      run.byteCount += size
    }
    close(run)
  }

  private func close(_ run: RecordRun) {
    guard run.end > run.start else { return }
    runs.append(run)
    if run.origin >= 0, !run.isError { partitions[run.origin].expected += run.end - run.start }
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

  private func append(_ run: RecordRun) {
    let partition = partitions[run.origin]
    // What is held is fetched again when it is wanted.
    guard !partition.isHeld, !partition.hasEnded, !partition.isInGap else { return }
    if partition.proof != .none, let first = messages[run.start] {
      guard isProven(run.origin, by: first) else { return }
    }
    if let open = partition.open, open.byteCount + run.byteCount > RecordRun.byteLimit {
      finishBatch(run.origin)
    }
    let batch =
      partition.open
      ?? RecordBatch(
        partition: partition.id, capacity: partition.expected, byteCapacity: run.byteCount)
    partition.open = batch
    partition.expected -= run.end - run.start
    if filler.append(messages, run, to: batch, partition) { finish(run.origin) }
  }

  func finishBatch(_ index: Int) {
    let partition = partitions[index]
    guard let batch = partition.open else { return }
    partition.open = nil
    // What was only fetched for the proof leaves an empty one.
    guard let mark = RecordMark(batch) else { return }
    partition.mark = mark
    events.append((index, .records(batch, next: partition.position)))
  }

  /// The fixed end is reached: everything before it was read.
  private func finish(_ index: Int) {
    let partition = partitions[index]
    finishBatch(index)
    reportEnd(of: index)
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
      guard !partition.hasEnded, !partition.isInGap, !partition.isHeld else { return nil }
      guard partition.proof == .none || isProven(index, at: message.pointee.offset) else {
        return nil
      }
      // The end may lie behind the last record: markers of transactions have offsets too.
      guard message.pointee.offset >= partition.next else { return nil }
      if let end = partition.end, message.pointee.offset >= end {
        finish(index)
      } else {
        finishBatch(index)
        partition.endSeen = message.pointee.offset
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
      let ends = fault.isMistake || fault.isUnreadable || code == RD_KAFKA_RESP_ERR__FATAL
      return ends ? unreadable(message, partition.id) : nil
    }
  }

  private func unreadable(
    _ message: UnsafeMutablePointer<rd_kafka_message_t>, _ partition: PartitionID?
  ) -> ConnectorError {
    let text = rd_kafka_message_errstr(message).map { String(cString: $0) }
    let fault = BrokerFault(message.pointee.err, text)
    guard let partition else { return fault.error("\(source.place): reading") }
    let place = "topic `\(partition.topic)` [\(partition.number)]"
    guard fault.isUnreadable else { return fault.error("\(source.place): reading \(place)") }
    // The library would pass over it. Another try may find it whole.
    let name = String(cString: rd_kafka_err2name(fault.code))
    return ConnectorError(
      .retriable,
      "\(source.place): \(place) cannot be read at offset \(message.pointee.offset): \(fault.text)"
        + " (\(name)). Mend the topic, or begin behind it with `--fresh` and `start:`")
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
    list.add(state.id.topic, state.id.number, offset: state.fetchStart)
    rd_kafka_resume_partitions(source.client.handle, list.handle)
    // The pause threw away what was fetched ahead. Where fetching goes on is our position, whatever
    // the library took for it. Without a timeout it does not wait.
    list.handle.pointee.elems[0].offset = state.fetchStart
    if let error = rd_kafka_seek_partitions(source.client.handle, list.handle, 0) {
      rd_kafka_error_destroy(error)
    }
  }

  private func state(of partition: PartitionID) -> ReaderPartition? {
    partitions.first { $0.id == partition }
  }

  func pause(_ state: ReaderPartition) {
    let list = PartitionList()
    list.add(state.id.topic, state.id.number)
    rd_kafka_pause_partitions(source.client.handle, list.handle)
  }

  func close() {
    guard !isClosed else { return }
    isClosed = true
    source.absent.remove(gaps)
    gaps.close()
    ends.close()
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
