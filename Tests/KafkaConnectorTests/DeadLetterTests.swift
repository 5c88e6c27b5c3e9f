import Columns
import Connectors
import Foundation
import KafkaConnector
import Plans
import Schemas
import Synchronization
import TestKit
import Testing

/// What cannot go where it should, and topics and files that are not there.
struct DeadLetterTests {
  /// As the planner makes it: value and key as they came, the rest in headers.
  private func deadLetters(_ scene: Scene, _ topic: String) throws -> any Sink {
    let fields = PhysicalOperator.errorSchema.visibleFields.filter {
      !["value", "key"].contains($0.name)
    }
    var encoding = EncodingSpec(
      format: .text, keys: ["key"],
      headers: fields.map { NamedExpression("raudal.\($0.name)", .column($0)) },
      options: [Option("column", .string("value"))])
    encoding.ownHeaders = PhysicalOperator.failedHeaders.name
    let spec = SinkSpec(
      name: "events.dead_letter", connector: ConnectorSpec(connector: "kafka", options: []),
      encoding: encoding, delivery: .atLeastOnce)
    return try KafkaConnectorFactory().makeSink(
      spec, schema: PhysicalOperator.errorSchema,
      options: ResolvedOptions([
        "brokers": .text(scene.brokers), "topic": .text(topic),
        "config": .object(["message.max.bytes": .int(5_000)]),
      ]),
      transaction: nil, environment: scene.environment)
  }

  private func letter(
    _ value: String, key: String, headers: [(String, String?)] = []
  ) -> [Cell] {
    [
      .text("out"), .text("too large"), .text(value), .text(key), .text("events"), .int(0),
      .int(7), .null, headers.isEmpty ? .null : .text(block(headers)),
    ]
  }

  /// Headers as records carry them; lengths below 128 are text too.
  private func block(_ headers: [(String, String?)]) -> String {
    let length = { (count: Int) in
      String(decoding: [UInt8(count), 0, 0, 0], as: UTF8.self)
    }
    return headers.map { name, value in
      length(name.utf8.count) + name + length(value?.utf8.count ?? 0) + (value ?? "")
    }.joined()
  }

  /// Those of a record, in their order.
  private func names(_ block: [UInt8]) -> [String] {
    let number = { (at: Int) in
      (0..<4).reduce(0) { $0 | Int(block[at + $1]) << (8 * $1) }
    }
    var (names, at): ([String], Int) = ([], 0)
    while at < block.count {
      let end = at + 4 + number(at)
      names.append(String(decoding: block[(at + 4)..<end], as: UTF8.self))
      let length = number(end)
      at = end + 4 + (length == 0xFFFF_FFFF ? 0 : length)
    }
    return names
  }

  @Test func `a dead letter keeps the headers that its record had`() throws {
    let scene = try Scene()
    let topic = try scene.topic("dead")
    let sink = try deadLetters(scene, topic)
    defer { sink.close() }
    let wake = WaitableWake()
    let writer = try sink.makeWriter(worker: 0, wake: wake)
    let own = [("trace", "7f"), ("raudal.error", "of before"), ("empty", "")]
    let rows = [letter("a", key: "k1", headers: own), letter("b", key: "k2")]
    #expect(try writer.write(Batch(PhysicalOperator.errorSchema, rows)) == [])
    try writer.prepare(Epoch(1))
    let deadline = Date().addingTimeInterval(120)
    while try writer.prepared(Epoch(1)) == nil, Date() < deadline { wake.wait(1) }
    let drive = try SourceDrive(scene.source(["topic": .text(topic)]))
    try drive.addAll(fixEnds: true)
    try drive.run { !drive.ended.isEmpty }
    let told = ["stage", "error", "topic", "partition", "offset", "timestamp"]
      .map { "raudal.\($0)" }
    #expect(drive.records.map { names(Array($0.headers)) } == [["trace", "empty"] + told, told])
    let text = String(decoding: drive.records[0].headers, as: UTF8.self)
    #expect(text.contains("7f") && text.contains("too large") && !text.contains("of before"))
  }

  @Test func `a dead letter that is too large for a record is cut, and says so`() throws {
    let scene = try Scene()
    let topic = try scene.topic("dead")
    let sink = try deadLetters(scene, topic)
    defer { sink.close() }
    let wake = WaitableWake()
    let writer = try sink.makeWriter(worker: 0, wake: wake)
    let long = String(repeating: "x", count: 6_000)
    let rows = [letter("small", key: "k1"), letter(long, key: "k2"), letter(long, key: long)]
    #expect(try writer.write(Batch(PhysicalOperator.errorSchema, rows)) == [])
    try writer.prepare(Epoch(1))
    let deadline = Date().addingTimeInterval(120)
    while try writer.prepared(Epoch(1)) == nil, Date() < deadline { wake.wait(1) }
    let drive = try SourceDrive(scene.source(["topic": .text(topic)]))
    try drive.addAll(fixEnds: true)
    try drive.run { !drive.ended.isEmpty }
    #expect(drive.records.map(\.key) == ["k1", "k2", nil])
    #expect(drive.records.first?.value == "small")
    for (record, isCut) in zip(drive.records, [false, true, true]) {
      let headers = String(decoding: record.headers, as: UTF8.self)
      #expect(headers.contains("raudal.error"))
      #expect(headers.contains("raudal.value_bytes") == isCut)
      guard isCut else { continue }
      #expect(headers.contains("6000"))
      let value = try #require(record.value)
      #expect(long.hasPrefix(value) && value.count > 4_000 && value.count < 5_000)
    }
  }

  @Test func `a pattern that no topic matches is told once`() throws {
    let scene = try Scene()
    let source = try scene.source(["topic_pattern": .text("none-\(scene.id)-.*")])
    for _ in 0..<2 { #expect(try source.partitions(fixEnds: false).isEmpty) }
    let said = scene.notices.lines.withLock { lines in
      lines.filter { $0.contains("topic_pattern: \"none-\(scene.id)-.*\"` yet") }
    }
    #expect(said.count == 1)
    let topic = try scene.topic("none-\(scene.id)-x")
    #expect(try source.partitions(fixEnds: false).map(\.id.topic) == [topic])
  }

  @Test(arguments: ["ca", "certificate", "key"])
  func `a file of the connection that is not there is named with its option`(option: String) {
    let error = #expect(throws: ConnectorError.self) {
      try ClientConfiguration(
        ResolvedOptions([
          "brokers": .text("localhost:1"), "tls": .object([option: .text("/nowhere/x.pem")]),
        ]), place: "source `events`")
    }
    #expect(error?.kind == .configuration)
    for words in ["source `events`", "`tls.\(option)`", "/nowhere/x.pem", "does not exist"] {
      #expect(error?.message.contains(words) == true, "\(String(describing: error))")
    }
  }
}
