import Columns
import Connectors
import Operators
import Plans
import Platform
import Schemas
import Synchronization
import Testing

@testable import Dataflow

/// What stays bounded, whoever is slow or busy.
struct BoundsTests {
  @Test(arguments: [World.simulated(seed: 1), .simulated(seed: 2), .threads])
  func `a sink that is ready is seen by a worker that always has work`(world: World) throws {
    let table = MemoryTable()
    let run = try TestRun(
      ContractTests.plan("pass"), in: world, sources: ["events": EndlessTopic()],
      sinks: ["out": table], operators: ["pass": { _ in PassAll() }],
      restored: Restored(partitions: [
        PartitionState(partition: EndlessTopic.id, position: Position(offset: 0))
      ]))
    for epoch in 1...3 { _ = try run.checkpoint(Epoch(UInt64(epoch))) }
    run.job.stop()
    #expect(run.log.failures.isEmpty)
  }

  @Test(arguments: [UInt64(1), 2, 3])
  func `a sink without room stops whoever stands before it`(seed: UInt64) throws {
    let flood = Flood.Meter()
    let sink = ClosedSink()
    let run = try TestRun(
      ContractTests.plan("flood"), in: .simulated(seed: seed),
      sources: ["events": MemoryTopic(ContractTests.input, seed: seed)], sinks: ["out": sink],
      operators: ["flood": { _ in Flood(flood) }])
    run.run(until: { flood.calls > 5_000 || flood.emitted > 100 || sink.looks > 5_000 })
    run.job.stop()
    // For each worker one batch with the sink and one on its way.
    #expect(flood.emitted <= 4)
  }

  @Test func `an exchange cuts its batches by their bytes too`() throws {
    let channel = Channel(capacity: 64, senderBell: nil, receiverBell: nil)
    let sender = ExchangeSender(
      keys: nil, channels: [channel], batchRows: 1_000, batchBytes: 100,
      delayMicroseconds: 1_000, clock: SystemClock())
    for number in 0..<10 {
      let row = Row(key: String(repeating: "x", count: 40), time: 0, value: Int64(number))
      sender.send(Row.batch([row]))
    }
    sender.send(Row.batch([Row(key: String(repeating: "y", count: 500), time: 0, value: 10)]))
    _ = sender.flush()
    var values: [[Int64]] = []
    while case .rows(let batch)? = channel.receive() {
      values.append(Row.rows(batch).map(\.value))
    }
    #expect(values == [[0, 1], [2, 3], [4, 5], [6, 7], [8, 9], [10]])
  }

  @Test func `a batch of records is full of large ones before it is of many`() {
    let records = RecordBatch(partition: EndlessTopic.id, capacity: 100, byteCapacity: 1_024)
    let large = [UInt8](repeating: 7, count: TextLimit.batchBytes / 2)
    for offset in 0..<2 {
      #expect(!records.isFull)
      large.withUnsafeBytes {
        records.append(value: $0, key: nil, timestamp: 0, offset: Int64(offset))
      }
    }
    #expect(records.isFull)
  }
}

/// A source of one partition that always has rows.
final class EndlessTopic: Source {
  static let id = PartitionID(source: "events", topic: "t", number: 0)

  func partitions(fixEnds: Bool) throws(ConnectorError) -> [SourcePartition] { [] }

  func makeReader(worker: Int, wake: any Wake) throws(ConnectorError) -> any SourceReader {
    Reader(worker: worker)
  }

  private final class Reader: SourceReader {
    private let worker: Int
    private var next: Int64 = 0
    private var ids: [PartitionID] = []

    init(worker: Int) { self.worker = worker }

    func add(
      _ partition: PartitionID, at position: Position, end: Position?
    ) throws(ConnectorError) { ids.append(partition) }

    func poll(limit: Int) throws(ConnectorError) -> SourcePoll {
      guard let id = ids.first else { return .nothing }
      next += 1
      return .rows(
        Row.batch([Row(key: "k", time: next, value: next)]), id, next: Position(offset: next))
    }

    func hold(_ partition: PartitionID) {}
    func release(_ partition: PartitionID) {}
    func close() {}
  }
}

/// Puts out batches without end for its first row, as its contract allows.
final class Flood: Operator {
  final class Meter: Sendable {
    private let counts = Mutex((calls: 0, emitted: 0))
    var calls: Int { counts.withLock { $0.calls } }
    var emitted: Int { counts.withLock { $0.emitted } }
    func call() { counts.withLock { $0.calls += 1 } }
    func emit() { counts.withLock { $0.emitted += 1 } }
  }

  private let meter: Meter

  init(_ meter: Meter) { self.meter = meter }

  func process(
    _ batch: Batch, input: Int, output: any Output
  ) throws(OperatorError) -> Progress { try resume(output) }

  func resume(_ output: any Output) throws(OperatorError) -> Progress {
    meter.call()
    repeat {
      meter.emit()
      output.emit(Row.batch([Row(key: "k", time: 0, value: 0)]), port: .main)
    } while output.hasCredit
    return .more
  }
}

/// A sink that never has room, and rings all the same.
final class ClosedSink: Sink {
  private let count = Mutex(0)
  var looks: Int { count.withLock { $0 } }

  func makeWriter(worker: Int, wake: any Wake) throws(ConnectorError) -> any SinkWriter {
    Writer(self, wake)
  }

  private final class Writer: SinkWriter {
    private let sink: ClosedSink
    private let wake: any Wake

    init(_ sink: ClosedSink, _ wake: any Wake) {
      self.sink = sink
      self.wake = wake
    }

    var hasRoom: Bool {
      sink.count.withLock { $0 += 1 }
      wake.wake()
      return false
    }

    func write(_ batch: Batch) throws(ConnectorError) -> [RowFailure] { [] }
    func prepare(_ epoch: Epoch) throws(ConnectorError) {}
    func prepared(_ epoch: Epoch) throws(ConnectorError) -> PendingOutput? { nil }
  }
}
