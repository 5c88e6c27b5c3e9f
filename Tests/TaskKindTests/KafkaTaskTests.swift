import Columns
import Connectors
import Foundation
import KafkaConnector
import Platform
import Schemas
import TestKit
import Testing

/// Calls of `task … using kafka`: what is written, and what becomes of what brokers say.
@Suite(.serialized)
struct KafkaTaskTests {
  private static let fields = [
    Field("topic", .string), Field("partition", .int), Field("offset", .int),
  ]

  private static func drive(
    _ broker: Broker, _ options: [String: ResolvedValue], timeout: Int64 = 20_000_000,
    response: [Field] = fields
  ) throws -> TaskDrive {
    try TaskDrive(
      KafkaConnectorFactory(),
      options.merging(["brokers": .text(broker.address)]) { own, _ in own }, timeout: timeout,
      concurrency: 256, response: response)
  }

  private static func topic(_ broker: Broker, partitions: Int32 = 1) throws -> String {
    let topic = "commands-\(UUID().uuidString.prefix(8).lowercased())"
    let admin = try KafkaAdmin(
      configuration: ClientConfiguration(brokers: broker.address), clock: SystemClock())
    try admin.createTopic(topic, partitions: partitions)
    return topic
  }

  /// What an independent client reads, a line of JSON a record.
  private static func records(_ broker: Broker, _ topic: String) throws -> [String] {
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let script = """
      import json, sys
      sys.path.insert(0, "\(root.appending(path: ".tools/python").path)")
      from confluent_kafka import Consumer, TopicPartition
      c = Consumer({"bootstrap.servers": "\(broker.address)", "group.id": "x",
                    "enable.partition.eof": True, "enable.auto.commit": False})
      parts = c.list_topics("\(topic)", timeout=20).topics["\(topic)"].partitions
      c.assign([TopicPartition("\(topic)", p, 0) for p in parts])
      open_ = len(parts)
      while open_:
          m = c.poll(20)
          if m is None: sys.exit("silence")
          if m.error(): open_ -= 1; continue
          text = lambda b: None if b is None else b.decode()
          print(json.dumps([m.partition(), m.offset(), text(m.key()), text(m.value()),
              [[k, text(v)] for k, v in m.headers() or []]], ensure_ascii=False))
      """
    let (process, output) = (Process(), Pipe())
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = ["python3", "-c", script]
    process.standardOutput = output
    try process.run()
    let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    return text.split(separator: "\n").map(String.init)
  }

  @Test func `a record says what the task says, and the answer where it lies`() throws {
    let broker = try Broker.shared()
    let topic = try Self.topic(broker)
    let drive = try Self.drive(
      broker,
      [
        "topic": .text(topic), "key": .key("email"),
        "value": .object(["id": .key("id"), "doc": .key("doc"), "kind": .text("do")]),
        "headers": .object(["who": .template([.text("to "), .key("name")])]),
      ])
    let first = drive.call([1, "a@b", "Ñ", #"{"k":[1]}"#], key: "k-1")
    let second = drive.call([2, nil, "", nil], key: "k-2")
    #expect(first.end == .done && first.status == 0, "\(first.reason)")
    #expect(drive.read(first, Self.fields) == [.text(topic), 0, 0])
    #expect(drive.read(second, Self.fields) == [.text(topic), 0, 1])
    let records = try Self.records(broker, topic)
    #expect(records.count == 2)
    let value = #""{\"doc\":{\"k\":[1]},\"id\":1,\"kind\":\"do\"}""#
    let headers = #"[["who", "to Ñ"], ["Idempotency-Key", "k-1"]]"#
    #expect(records.first == #"[0, 0, "a@b", \#(value), \#(headers)]"#, "\(records)")
    #expect(records.last?.hasPrefix(#"[0, 1, null, "{\"doc\":null"#) ?? false, "\(records)")
    drive.client.close()
  }

  @Test func `many records are under way at a time, each acknowledged by itself`() throws {
    let broker = try Broker.shared()
    let topic = try Self.topic(broker, partitions: 3)
    let drive = try Self.drive(
      broker,
      ["topic": .text(topic), "key": .key("email"), "value": .key("id")])
    let count = 5_000
    let answers = drive.call(
      (0..<count).map { ([.int(Int64($0)), .text("k\($0 % 50)"), nil, nil], "\($0)") })
    #expect(answers.allSatisfy { $0.end == .done })
    let places = Set(answers.map { "\(drive.read($0, Self.fields))" })
    #expect(places.count == count)
    #expect(try Self.records(broker, topic).count == count)
    drive.client.close()
  }

  /// More than the library takes at once where nothing is said, and where little is.
  @Test(arguments: [nil, 4_096] as [Int64?])
  func `records that have no room wait for it, and no call fails`(_ kibibytes: Int64?) throws {
    let broker = try Broker.shared()
    let topic = try Self.topic(broker)
    var options: [String: ResolvedValue] = [
      "topic": .text(topic), "value": .object(["text": .key("email")]),
    ]
    if let kibibytes {
      options["config"] = .object(["queue.buffering.max.kbytes": .int(kibibytes)])
    }
    let drive = try Self.drive(broker, options, timeout: 600_000_000)
    let text = String(repeating: "x", count: 100_000)
    let answers = drive.call((0..<1_024).map { ([1, .text(text), nil, nil], "\($0)") })
    #expect(answers.allSatisfy { $0.end == .done }, "\(answers.first { $0.end != .done } as Any)")
    drive.client.close()
  }

  @Test func `what brokers refuse for good is told from what passes`() throws {
    let broker = try Broker.shared()
    let topic = try Self.topic(broker)
    let drive = try Self.drive(
      broker,
      [
        "topic": .key("name"), "value": .object(["text": .key("email")]),
        "config": .object(["message.max.bytes": .int(10_000)]),
      ], timeout: 4_000_000)
    let large = drive.call(
      [1, .text(String(repeating: "x", count: 20_000)), .text(topic), nil])
    #expect(large.kind == "refused" && large.status == 10, "\(large)")
    #expect(drive.call([1, "x", "no/topic", nil]).kind == "invalid")
    #expect(drive.call([1, "x", nil, nil]).kind == "invalid")
    #expect(drive.call([1, "x", .text(topic), nil]).end == .done)
    drive.client.close()
  }

  @Test func `a broker that is away is waited for as long as a call may take`() throws {
    guard Broker.startsOwn else { return }
    let broker = try Broker.start()
    defer { broker.stop() }
    let topic = try Self.topic(broker)
    let drive = try Self.drive(
      broker, ["topic": .text(topic), "value": .key("id")], timeout: 2_000_000)
    #expect(drive.call([1, nil, nil, nil]).end == .done)
    let full = try Self.fullDrive(broker, topic)
    broker.kill()
    let away = drive.call([2, nil, nil, nil])
    #expect(["connect", "timeout"].contains(away.kind), "\(away)")
    let waited = full.call((0..<3).map { ([2, nil, nil, nil], "waited-\($0)") })
    #expect(["connect", "timeout"].contains(waited[0].kind), "\(waited[0])")
    for answer in waited.dropFirst() {
      #expect(answer.kind == "connect" && answer.reason.contains("no room"), "\(answer)")
    }
    try broker.restart()
    var answer = drive.call([3, nil, nil, nil])
    for _ in 0..<20 where answer.end != .done { answer = drive.call([3, nil, nil, nil]) }
    #expect(answer.end == .done)
    answer = full.call([4, nil, nil, nil])
    for _ in 0..<20 where answer.end != .done { answer = full.call([4, nil, nil, nil]) }
    #expect(answer.end == .done)
    // What was told as not sent is not there.
    let records = try Self.records(broker, topic)
    #expect(!records.contains { $0.contains("waited-1") || $0.contains("waited-2") }, "\(records)")
    drive.client.close()
    full.client.close()
  }

  /// One whose library has room for a single record.
  private static func fullDrive(_ broker: Broker, _ topic: String) throws -> TaskDrive {
    let config: ResolvedValue = .object(["queue.buffering.max.messages": .int(1)])
    let drive = try drive(
      broker, ["topic": .text(topic), "value": .key("id"), "config": config], timeout: 2_000_000)
    #expect(drive.call([1, nil, nil, nil]).end == .done)
    return drive
  }

  @Test func `a topic that is not there is told at the start`() throws {
    let broker = try Broker.shared()
    #expect(throws: ConnectorError.self) {
      try Self.drive(broker, ["value": .key("id")])
    }
    #expect(throws: ConnectorError.self) {
      try Self.drive(broker, ["topic": .text(""), "value": .key("id")])
    }
  }
}
