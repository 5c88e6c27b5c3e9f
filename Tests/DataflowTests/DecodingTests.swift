import Columns
import Connectors
import Operators
import Plans
import Platform
import Schemas
import Testing

@testable import Dataflow

/// Records that can't be decoded, and tables.
struct DecodingTests {
  /// Gives records `0`, `1`, … of one partition, as bytes.
  final class RecordTopic: Source {
    let count: Int
    init(count: Int) { self.count = count }

    var id: PartitionID { PartitionID(source: "events", topic: "t", number: 4) }

    func partitions(fixEnds: Bool) throws(ConnectorError) -> [SourcePartition] {
      [SourcePartition(id: id, start: Position(offset: 0), beginning: Position(offset: 0))]
    }

    func makeReader(worker: Int, wake: any Wake) throws(ConnectorError) -> any SourceReader {
      Reader(self)
    }

    final class Reader: SourceReader {
      let topic: RecordTopic
      var open: PartitionID?
      var offset = 0

      init(_ topic: RecordTopic) { self.topic = topic }

      func add(
        _ partition: PartitionID, at position: Position, end: Position?
      ) throws(ConnectorError) {
        open = partition
        offset = Int(position.offset)
      }

      func poll(limit: Int) throws(ConnectorError) -> SourcePoll {
        guard let id = open else { return .nothing }
        guard offset < topic.count else {
          open = nil
          return .ended(id)
        }
        let records = RecordBatch(partition: id, capacity: limit, byteCapacity: 64)
        while !records.isFull && offset < topic.count {
          Array("\(offset)".utf8).withUnsafeBytes {
            records.append(value: $0, key: nil, timestamp: .min, offset: Int64(offset))
          }
          offset += 1
        }
        return .records(records, next: Position(offset: Int64(offset)))
      }

      func hold(_ partition: PartitionID) {}
      func release(_ partition: PartitionID) {}
      func close() {}
    }
  }

  /// Every seventh record is no row.
  static func decode(_ records: RecordBatch) -> (batch: Batch, failures: [RowFailure]) {
    var failures: [RowFailure] = []
    var kept: [Int] = []
    var rows: [Row] = []
    for record in 0..<records.count {
      let number = records.offsets[record]
      rows.append(Row(key: "k", time: number, value: number))
      if number % 7 == 0 {
        failures.append(RowFailure(row: record, reason: "a seventh"))
      } else {
        kept.append(record)
      }
    }
    let batch = Row.batch(rows)
    batch.selection = Selection(rows: kept)
    batch.hidden.records = records
    return (batch, failures)
  }

  func run(
    _ route: PhysicalErrorRoute, world: World
  ) throws -> (TestRun, MemoryTable, Diary) {
    var plan = PlanWriter()
    let source = plan.source(route: route)
    _ = plan.sink("out", .from(source))
    let errors = plan.step("errors", .from(source, .errors))
    _ = plan.sink("dead", .from(errors))
    let table = MemoryTable()
    let diary = Diary()
    let topic = RecordTopic(count: 50)
    let run = try TestRun(
      plan.plan, in: world, sources: ["events": topic],
      sinks: ["out": table, "dead": MemoryTable()],
      operators: ["errors": { DeadLetters(diary, worker: $0) }],
      restored: Restored(
        partitions: [PartitionState(partition: topic.id, position: Position(offset: 0))]),
      decoder: Self.decode)
    run.run(until: { run.log.finished == 2 || !run.log.failures.isEmpty })
    run.job.stop()
    return (run, table, diary)
  }

  @Test(arguments: World.both)
  func `records that can't be decoded go to the errors output with their origin`(
    world: World
  ) throws {
    let (run, table, diary) = try run(.output, world: world)
    #expect(table.rows.map(\.value).sorted() == (0..<50).filter { $0 % 7 != 0 }.map(Int64.init))
    let expected = stride(from: 0, to: 50, by: 7).map { "events a seventh \($0) t[4]@\($0)" }
    #expect(diary.workers.flatMap { diary.lines(of: $0) }.sorted() == expected.sorted())
    let counts = run.job.status().stages.filter { $0.id.name == "events" }.map(\.metrics)
    #expect(counts.reduce(0) { $0 + $1.rowsIn } == 50)
    #expect(counts.reduce(0) { $0 + $1.rowsOut } == 42)
    #expect(counts.reduce(0) { $0 + $1.failed } == 8)
  }

  @Test(arguments: World.both)
  func `a record that can't be decoded stops the pipeline and is named`(world: World) throws {
    let (run, _, _) = try run(.fail, world: world)
    guard case .operatorFailed(let error)? = run.log.failures.first else {
      Issue.record("\(run.log.failures)")
      return
    }
    #expect(error.origin == "t[4]@0")
    #expect(error.reason.hasPrefix("a record can't be read: a seventh. Mend the record"))
  }

  @Test func `a table is loaded once, and one that can't be read says where`() throws {
    let fields = Row.schema.fields.map { DecodedColumn(field: $0, origin: .field($0.name)) }
    let spec = TableSpec(
      name: "ads", keys: ["key"], connector: PlanWriter.connector,
      decoding: DecodingSpec(format: .json, columns: fields))
    let plan = PhysicalPlan(
      pipeline: "test", operators: [], tables: [spec], checkpoints: CheckpointPolicy())
    let rows = [Row(key: "a", time: 1, value: 1), Row(key: "b", time: 1, value: 2)]
    let whole = PlannedOperators(plan, tables: [MemoryTopic([rows])])
    try whole.prepare()
    try whole.prepare()
    let broken = PlannedOperators(plan, tables: [RecordTopic(count: 3)])
    let error = #expect(throws: ConnectorError.self) { try broken.prepare() }
    #expect(error?.message.hasPrefix("table `ads`: record 1 of t: ") == true)
  }
}

/// Writes down what comes to it of an `errors` output.
final class DeadLetters: Operator {
  private let diary: Diary
  private let worker: Int

  init(_ diary: Diary, worker: Int) {
    self.diary = diary
    self.worker = worker
  }

  func process(
    _ batch: Batch, input: Int, output: any Output
  ) throws(OperatorError) -> Progress {
    func text(_ column: Int, _ row: Int) -> String {
      String(decoding: batch.columns[column].text(row), as: UTF8.self)
    }
    for row in batch.selection?.rowNumbers ?? Array(0..<batch.rowCount) {
      let partition = batch.columns[5].ints[row]
      let offset = batch.columns[6].ints[row]
      diary.write(
        worker,
        "\(text(0, row)) \(text(1, row)) \(text(2, row)) \(text(4, row))[\(partition)]@\(offset)")
    }
    return .done
  }
}
