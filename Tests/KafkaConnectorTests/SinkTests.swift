import Columns
import Connectors
import Foundation
import KafkaConnector
import Plans
import Platform
import Schemas
import Synchronization
import TestKit
import Testing

/// A door to transactions that tests open and close; records what came through.
final class DoorOutput: TransactionalOutput {
  struct State {
    var isOpen = true
    var records: [(value: String?, key: String?, after: Epoch?)] = []
    var passed: [Epoch] = []
    var wakes: [any Wake] = []
  }
  let state = Mutex(State())

  func produce(_ record: OutgoingRecord, after epoch: Epoch?) -> ProduceOutcome {
    let value = record.value.map { String(decoding: $0, as: UTF8.self) }
    let key = record.key.map { String(decoding: $0, as: UTF8.self) }
    return state.withLock { state in
      guard state.isOpen else { return .full }
      state.records.append((value, key, epoch))
      return .queued
    }
  }

  func register(_ wake: any Wake) { state.withLock { $0.wakes.append(wake) } }
  func passed(_ epoch: Epoch) { state.withLock { $0.passed.append(epoch) } }
  func isAcknowledged(_ epoch: Epoch) throws(ConnectorError) -> Bool { true }
}

struct SinkTests {
  static let schema = Schema([Field("id", .int), Field("name", .string)])

  private func sink(
    _ scene: Scene, _ topic: String, _ delivery: SinkSpec.Delivery = .atLeastOnce,
    transaction: (any TransactionalOutput)? = nil, config: [String: ResolvedValue] = [:],
    key: String = "name", updates: SinkSpec.Updates? = nil
  ) throws -> any Sink {
    let spec = SinkSpec(
      name: "out", connector: ConnectorSpec(connector: "kafka", options: []),
      encoding: EncodingSpec(keys: [key]), delivery: delivery, updates: updates)
    return try KafkaConnectorFactory().makeSink(
      spec, schema: Self.schema,
      options: ResolvedOptions([
        "brokers": .text(scene.brokers), "topic": .text(topic), "config": .object(config),
      ]),
      transaction: transaction, environment: scene.environment)
  }

  private func rows(_ numbers: Range<Int>) -> Batch {
    let batch = Batch(
      Self.schema, numbers.map { [.int(Int64($0)), .text("n\($0)")] })
    batch.hidden.eventTimes = Column(.timestamp, numbers.map { .int(Int64($0) * 1_000 + 999) })
    return batch
  }

  /// Asks until the epoch is safe, sleeping on the wake.
  private func prepared(_ writer: any SinkWriter, _ epoch: Epoch, _ wake: WaitableWake) throws
    -> PendingOutput
  {
    let deadline = Date().addingTimeInterval(120)
    while Date() < deadline {
      if let pending = try writer.prepared(epoch) { return pending }
      wake.wait(5)
    }
    throw Broker.Failure("epoch \(epoch) was never acknowledged")
  }

  @Test func `rows are records with key, time and value, and an epoch is safe when acknowledged`()
    throws
  {
    let scene = try Scene()
    let topic = try scene.topic("out")
    let sink = try sink(scene, topic)
    defer { sink.close() }
    let wake = WaitableWake()
    let writer = try sink.makeWriter(worker: 3, wake: wake)
    #expect(try writer.write(rows(1..<4)) == [])
    try writer.prepare(Epoch(1))
    #expect(try writer.write(rows(4..<5)) == [])
    let pending = try prepared(writer, Epoch(1), wake)
    #expect(pending == PendingOutput(sink: "out", worker: 3, epoch: Epoch(1)))
    try writer.prepare(Epoch(2))
    _ = try prepared(writer, Epoch(2), wake)
    let drive = try SourceDrive(scene.source(["topic": .text(topic)]))
    try drive.addAll(fixEnds: true)
    try drive.run { !drive.ended.isEmpty }
    #expect(drive.records.map(\.key) == ["n1", "n2", "n3", "n4"])
    #expect(drive.records.first?.value == #"{"id":1,"name":"n1"}"#)
    // Milliseconds, rounded down.
    #expect(drive.records.map(\.time) == [1_000, 2_000, 3_000, 4_000])
  }

  @Test func `a deleted row is a tombstone, and what it was before an update is not written`()
    throws
  {
    let scene = try Scene()
    let topic = try scene.topic("out")
    let sink = try sink(scene, topic)
    defer { sink.close() }
    let wake = WaitableWake()
    let writer = try sink.makeWriter(worker: 0, wake: wake)
    let batch = rows(1..<5)
    batch.hidden.rowKinds = Column(
      .int,
      [.insert, .updateBefore, .updateAfter, .delete].map { (kind: RowKind) in .int(kind.rawValue) }
    )
    _ = try writer.write(batch)
    try writer.prepare(Epoch(1))
    _ = try prepared(writer, Epoch(1), wake)
    let drive = try SourceDrive(scene.source(["topic": .text(topic)]))
    try drive.addAll(fixEnds: true)
    try drive.run { !drive.ended.isEmpty }
    #expect(drive.records.map(\.key) == ["n1", "n3", "n4"])
    #expect(drive.records.map { $0.value == nil } == [false, false, true])
  }

  @Test func `a record larger than a message is refused before it is sent`() throws {
    let scene = try Scene()
    let topic = try scene.topic("out")
    let sink = try sink(scene, topic, config: ["message.max.bytes": .int(5_000)])
    defer { sink.close() }
    let wake = WaitableWake()
    let writer = try sink.makeWriter(worker: 0, wake: wake)
    let long = String(repeating: "x", count: 6_000)
    let batch = Batch(Self.schema, [[1, "a"], [2, .text(long)], [3, "c"]])
    let failures = try writer.write(batch)
    #expect(failures.map(\.row) == [1])
    #expect(failures.first?.reason.contains("at most 4872 fit") == true)
    try writer.prepare(Epoch(1))
    _ = try prepared(writer, Epoch(1), wake)
    #expect(try scene.committed(topic).count == 2)
  }

  @Test func `an update that can't be written takes the older row with it, a deletion always fits`()
    throws
  {
    let scene = try Scene()
    let door = DoorOutput()
    let sink = try sink(
      scene, try scene.topic("out"), .exactlyOnce, transaction: door,
      config: ["message.max.bytes": .int(5_000)], key: "id", updates: .upsert)
    let writer = try sink.makeWriter(worker: 0, wake: WaitableWake())
    let long = Cell.text(String(repeating: "x", count: 6_000))
    let batch = Batch(Self.schema, [[1, "a"], [1, "a"], [1, long], [2, long], [3, long]])
    let kinds: [RowKind] = [.insert, .updateBefore, .updateAfter, .insert, .delete]
    batch.hidden.rowKinds = Column(.int, kinds.map { .int($0.rawValue) })
    #expect(try writer.write(batch).map(\.row) == [2, 3])
    let written = door.state.withLock { $0.records.map { "\($0.key ?? "") \($0.value ?? "-")" } }
    #expect(written == [#"1 {"id":1,"name":"a"}"#, "3 -", "1 -"])
  }

  @Test func `what a transaction does not take waits in order, and the barrier with it`() throws {
    let scene = try Scene()
    let topic = try scene.topic("out")
    let door = DoorOutput()
    let sink = try sink(scene, topic, .exactlyOnce, transaction: door)
    let writer = try sink.makeWriter(worker: 0, wake: WaitableWake())
    _ = try writer.write(rows(0..<2))
    door.state.withLock { $0.isOpen = false }
    _ = try writer.write(rows(2..<4))
    try writer.prepare(Epoch(7))
    _ = try writer.write(rows(4..<5))
    #expect(try writer.prepared(Epoch(7)) == nil)
    #expect(door.state.withLock { $0.passed } == [])
    #expect(door.state.withLock { $0.records.count } == 2)
    #expect(writer.hasRoom)
    var numbers = 5
    while writer.hasRoom, numbers < 1_000_000 {
      _ = try writer.write(rows(numbers..<(numbers + 4_000)))
      numbers += 4_000
    }
    #expect(!writer.hasRoom)
    door.state.withLock { $0.isOpen = true }
    #expect(writer.hasRoom)
    #expect(try writer.prepared(Epoch(7)) != nil)
    let keys = door.state.withLock { $0.records.map(\.key) }
    #expect(keys == (0..<numbers).map { "n\($0)" })
    let epochs = door.state.withLock { $0.records.map(\.after) }
    #expect(epochs == (0..<numbers).map { $0 < 4 ? nil : Epoch(7) })
    #expect(door.state.withLock { $0.passed } == [Epoch(7)])
  }

  @Test func `sinks on the same brokers share their transactions`() {
    let spec = SinkSpec(
      name: "out", connector: ConnectorSpec(connector: "kafka", options: []),
      encoding: EncodingSpec(), delivery: .exactlyOnce)
    func scope(_ brokers: ResolvedValue) -> String? {
      KafkaConnectorFactory().transactionScope(
        spec, options: ResolvedOptions(["brokers": brokers, "topic": .text("t")]))
    }
    #expect(scope(.text("b:1, a:1")) == scope(.list([.text("a:1"), .text("b:1")])))
    #expect(scope(.text("a:1")) != scope(.text("b:1")))
  }
}

struct ConfigurationTests {
  private func fault(_ options: [String: ResolvedValue]) -> String? {
    do {
      let configuration = try ClientConfiguration(ResolvedOptions(options), place: "source `s`")
      let settings = try ClientSettings(configuration, place: "source `s`")
      _ = settings.value("group.id")
      return nil
    } catch { return error.message }
  }

  @Test func `what the engine owns is refused with the reason`() {
    let message = fault([
      "brokers": .text("a:1"), "config": .object(["enable.auto.commit": .bool(true)]),
    ])
    #expect(
      message == "source `s`: `enable.auto.commit` cannot be set in `config:`: positions belong to"
        + " checkpoints")
    // Written as nested blocks it is the same key.
    let nested = fault([
      "brokers": .text("a:1"), "config": .object(["group": .object(["id": .text("x")])]),
    ])
    #expect(nested?.contains("`group.id` cannot be set") == true)
  }

  @Test func `other options of librdkafka pass, unknown ones are named`() {
    #expect(
      fault(["brokers": .text("a:1"), "config": .object(["fetch.min.bytes": .int(10)])]) == nil)
    let unknown = fault(["brokers": .text("a:1"), "config": .object(["no.such": .int(1)])])
    #expect(unknown?.contains("no.such") == true)
    #expect(fault([:])?.contains("has no brokers") == true)
  }

  @Test func `tls and sasl are librdkafka's options`() throws {
    let configuration = try ClientConfiguration(
      ResolvedOptions([
        "brokers": .text("a:1"),
        "tls": .object(["ca": .text(#filePath), "verify": .bool(false)]),
        "sasl": .object([
          "mechanism": .text("scram_sha_256"), "username": .text("u"), "password": .text("p"),
        ]),
      ]), place: "source `s`")
    #expect(configuration.entries["security.protocol"] == "SASL_SSL")
    #expect(configuration.entries["ssl.ca.location"] == #filePath)
    #expect(configuration.entries["enable.ssl.certificate.verification"] == "false")
    #expect(configuration.entries["sasl.mechanism"] == "SCRAM-SHA-256")
    #expect(
      fault(["brokers": .text("a:1"), "sasl": .object(["username": .text("u")])])?
        .contains("`sasl` is a block") == true)
  }
}
