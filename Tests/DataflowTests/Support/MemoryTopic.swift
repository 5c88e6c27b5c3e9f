import Columns
import Connectors
import Platform
import Schemas
import Synchronization

@testable import Dataflow

/// Rows of the tests: a key, an event time, a number, in partitions that are there from the start.
struct Row: Hashable, Comparable, Sendable {
  var key: String
  var time: Int64
  var value: Int64

  static let schema = Schema([
    Field("key", .string), Field("time", .timestamp), Field("value", .int),
  ])

  static func < (a: Row, b: Row) -> Bool {
    (a.key, a.time, a.value) < (b.key, b.time, b.value)
  }

  var keyGroup: KeyGroup {
    var key = key
    return KeyGroup(hash: key.withUTF8 { KeyHasher.hash(text: $0) })
  }

  static func batch(_ rows: [Row]) -> Batch {
    let keys = ColumnBuilder(.string)
    let times = ColumnBuilder(.timestamp)
    let values = ColumnBuilder(.int)
    for row in rows {
      keys.append(string: row.key)
      times.append(int: row.time)
      values.append(int: row.value)
    }
    return Batch(
      schema: schema, columns: [keys.finish(), times.finish(), values.finish()],
      rowCount: rows.count)
  }

  static func rows(_ batch: Batch) -> [Row] {
    (batch.selection?.rowNumbers ?? Array(0..<batch.rowCount)).map { row in
      Row(
        key: String(decoding: batch.columns[0].text(row), as: UTF8.self),
        time: batch.columns[1].ints[row], value: batch.columns[2].ints[row])
    }
  }
}

/// A source over rows in memory. A seed decides which partition is read next and how much of it.
final class MemoryTopic: Source {
  let name: String
  let isBounded: Bool
  /// Somebody writes the last row of each partition again as soon as it was read.
  private let isBusy: Bool
  private let seed: UInt64
  private let log: Mutex<[[Row]]>
  private let bells = Mutex<[any Wake]>([])
  /// Whether readers know their partitions' ends, and how often they were asked.
  let ends = Mutex((areKnown: true, questions: 0))
  let discoveryInterval: Int64?

  init(
    name: String = "events", _ partitions: [[Row]], bounded: Bool = true, seed: UInt64 = 0,
    discovers: Bool = false, busy: Bool = false
  ) {
    self.name = name
    isBusy = busy
    self.isBounded = bounded
    self.seed = seed
    log = Mutex(partitions)
    discoveryInterval = discovers ? 1_000_000 : nil
  }

  func id(_ number: Int) -> PartitionID {
    PartitionID(source: name, topic: "t", number: Int32(number))
  }

  /// Where a first run begins.
  var states: [PartitionState] {
    log.withLock { $0.indices }.map {
      PartitionState(partition: id($0), position: Position(offset: 0))
    }
  }

  func append(_ rows: [Row], to partition: Int) {
    log.withLock { log in
      while log.count <= partition { log.append([]) }
      log[partition] += rows
    }
    for bell in bells.withLock({ $0 }) { bell.wake() }
  }

  func partitions(fixEnds: Bool) throws(ConnectorError) -> [SourcePartition] {
    states.map {
      SourcePartition(id: $0.partition, start: $0.position, beginning: $0.position)
    }
  }

  func makeReader(worker: Int, wake: any Wake) throws(ConnectorError) -> any SourceReader {
    bells.withLock { $0.append(wake) }
    return Reader(self, seed: seed &+ UInt64(worker) &* 7_919)
  }

  func rows(of partition: Int, from offset: Int, limit: Int) -> ArraySlice<Row> {
    log.withLock { log in
      if isBusy, offset == log[partition].count { log[partition] += log[partition].suffix(1) }
      return log[partition].dropFirst(offset).prefix(limit)
    }
  }

  private final class Reader: SourceReader {
    struct Cursor {
      var id: PartitionID
      var offset: Int
      var isHeld = false
      var saidEnd = false
    }

    let topic: MemoryTopic
    var cursors: [Cursor] = []
    var random: SeededGenerator

    init(_ topic: MemoryTopic, seed: UInt64) {
      self.topic = topic
      random = SeededGenerator(seed: seed)
    }

    func add(
      _ partition: PartitionID, at position: Position, end: Position?
    ) throws(ConnectorError) {
      cursors.append(Cursor(id: partition, offset: Int(position.offset)))
    }

    func poll(limit: Int) throws(ConnectorError) -> SourcePoll {
      let start = cursors.isEmpty ? 0 : Int.random(in: 0..<cursors.count, using: &random)
      for step in cursors.indices {
        let place = (start + step) % cursors.count
        let cursor = cursors[place]
        guard !cursor.isHeld else { continue }
        let count = Int.random(in: 1...limit, using: &random)
        let rows = topic.rows(of: Int(cursor.id.number), from: cursor.offset, limit: count)
        if rows.isEmpty {
          guard !cursor.saidEnd else { continue }
          cursors[place].saidEnd = true
          return topic.isBounded ? .ended(cursor.id) : .caughtUp(cursor.id)
        }
        cursors[place].saidEnd = false
        cursors[place].offset += rows.count
        return .rows(
          Row.batch(Array(rows)), cursor.id, next: Position(offset: Int64(cursors[place].offset)))
      }
      return .nothing
    }

    func backlog(_ partition: PartitionID) -> Int64? {
      guard topic.isBusy, let cursor = cursors.first(where: { $0.id == partition }) else {
        return nil
      }
      let count = topic.log.withLock { $0[Int(partition.number)].count }
      return Int64(count - cursor.offset)
    }

    func isAtEnd(_ partition: PartitionID) -> Bool {
      topic.ends.withLock { ends in
        ends.questions += 1
        return ends.areKnown
      }
    }

    func hold(_ partition: PartitionID) { set(partition, held: true) }
    func release(_ partition: PartitionID) { set(partition, held: false) }
    func close() {}

    func set(_ partition: PartitionID, held: Bool) {
      for place in cursors.indices where cursors[place].id == partition {
        cursors[place].isHeld = held
      }
    }
  }
}

/// A sink that keeps what it is given, epoch by epoch, and may be slow.
final class MemoryTable: Sink {
  struct Contents {
    var written: [Row] = []
    /// Rows whose epoch was prepared, by worker and epoch.
    var prepared: [Int: [Epoch: [Row]]] = [:]
  }

  let contents = Mutex(Contents())
  private let refusesEvery: Int?
  private let refused: @Sendable (Row) -> Bool

  /// `roomEvery`: a writer has room again only after so many looks.
  init(roomEvery: Int? = nil, refuses: @escaping @Sendable (Row) -> Bool = { _ in false }) {
    refusesEvery = roomEvery
    refused = refuses
  }

  var rows: [Row] { contents.withLock { $0.written } }

  func makeWriter(worker: Int, wake: any Wake) throws(ConnectorError) -> any SinkWriter {
    Writer(table: self, worker: worker, wake: wake)
  }

  private final class Writer: SinkWriter {
    let table: MemoryTable
    let worker: Int
    let wake: any Wake
    var looks = 0
    var epochRows: [Row] = []

    init(table: MemoryTable, worker: Int, wake: any Wake) {
      self.table = table
      self.worker = worker
      self.wake = wake
    }

    var hasRoom: Bool {
      guard let every = table.refusesEvery, looks < every else { return true }
      looks += 1
      // Room comes by itself in this sink: it asks to be looked at again.
      wake.wake()
      return looks == every
    }

    func write(_ batch: Batch) throws(ConnectorError) -> [RowFailure] {
      looks = 0
      let numbers = batch.selection?.rowNumbers ?? Array(0..<batch.rowCount)
      var failures: [RowFailure] = []
      var taken: [Row] = []
      for (number, row) in zip(numbers, Row.rows(batch)) {
        if table.refused(row) {
          failures.append(RowFailure(row: number, reason: "refused"))
        } else {
          taken.append(row)
        }
      }
      epochRows += taken
      table.contents.withLock { $0.written += taken }
      return failures
    }

    func prepare(_ epoch: Epoch) throws(ConnectorError) {
      table.contents.withLock { $0.prepared[worker, default: [:]][epoch] = epochRows }
      epochRows = []
    }

    func prepared(_ epoch: Epoch) throws(ConnectorError) -> PendingOutput? {
      PendingOutput(sink: "out", worker: worker, epoch: epoch)
    }
  }
}
