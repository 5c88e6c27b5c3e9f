import CRdKafka
import Connectors
import Foundation
import KafkaConnector
import Platform
import Schemas
import TestKit
import Testing

/// Brokers that go away and come back.
struct OutageTests {
  @Test(.enabled(if: Broker.startsOwn, "the broker is not ours to cut off"))
  func `a reader waits for a broker that was killed, and goes on`() throws {
    let scene = try Scene(own: true)
    defer { scene.broker.stop() }
    let topic = try scene.topic()
    let producer = try scene.producer()
    try producer.send(topic, "before")
    try producer.flush()
    // The stand-in may lose its last second when it is killed: the topic, offsets and what it knew
    // of producers. A topic that was lost is made anew.
    let drive = try SourceDrive(
      scene.source(["topic": .text(topic), "on_gap": .text("earliest")]))
    try drive.addAll()
    try drive.run { drive.records.count == 1 }
    scene.broker.kill()
    try drive.run { scene.notices.contain("no broker answers at") }
    try scene.broker.restart()
    let admin = try KafkaAdmin(configuration: scene.configuration, clock: SystemClock())
    try admin.createTopic(topic, partitions: 1, settings: ["retention.ms": "-1"])
    let second = try scene.producer()
    for _ in 0..<2 { try second.send(topic, "after") }
    try second.flush()
    try drive.run(60) { drive.records.contains { $0.value == "after" } }
    #expect(scene.notices.contain("the brokers answer again"))
  }

  @Test(.enabled(if: Broker.startsOwn, "the broker is not ours to stop"))
  func `brokers that hang are told of once, and once when they answer again`() throws {
    let scene = try Scene(own: true)
    defer { scene.broker.stop() }
    let topic = try scene.topic()
    let producer = try scene.producer()
    try producer.send(topic, "before")
    try producer.flush()
    let drive = try SourceDrive(scene.source(["topic": .text(topic)]))
    try drive.addAll()
    try drive.run { drive.records.count == 1 }
    scene.broker.hang()
    defer { scene.broker.goOn() }
    try drive.run(40) { scene.notices.contain("no broker answers at") }
    scene.broker.goOn()
    try drive.run(40) { scene.notices.contain("the brokers answer again") }
    try producer.send(topic, "after")
    try producer.flush()
    try drive.run { drive.records.count == 2 }
    #expect(scene.notices.count("no broker answers at") == 1)
    #expect(scene.notices.count("the brokers answer again") == 1)
  }

  @Test func `where nobody answers it is said, and the wait ends or is cut short`() throws {
    var scene = try Scene()
    let silent = try SilentPort()
    defer { silent.close() }
    scene.brokers = silent.address
    for answer in [0, 1] {
      let stop = StopToken()
      let settings = try ClientSettings(scene.configuration, place: "the test")
      let client = try KafkaClient(
        RD_KAFKA_PRODUCER, settings, place: "the test", notify: scene.environment.notify)
      let wait = BrokerWait(
        client, place: "the test", clock: SystemClock(), stop: stop,
        patience: answer == 0 ? 2_500_000 : BrokerWait.patience)
      let error = #expect(throws: ConnectorError.self) {
        while true {
          try wait.pause(after: BrokerFault(RD_KAFKA_RESP_ERR__TIMED_OUT), "asking")
          if answer == 1, scene.notices.contain("no broker answers at") { stop.stop() }
        }
      }
      #expect(error?.kind == (answer == 0 ? .unreachable : .retriable))
      #expect(error?.message.contains(answer == 0 ? silent.address : "stopped") == true)
    }
    #expect(scene.notices.contain("no broker answers at \(silent.address)"))
  }

  @Test func `a cut connection is mended without loss or doubles`() throws {
    let scene = try Scene()
    let topic = try scene.topic()
    let proxy = try Proxy(before: scene.broker)
    defer { proxy.stop() }
    var behind = scene
    behind.brokers = proxy.address
    let producer = try behind.producer()
    let drive = try SourceDrive(behind.source(["topic": .text(topic)]))
    try drive.addAll()
    var sent = 0
    for round in 0..<3 {
      for _ in 0..<500 {
        try producer.send(topic, "\(sent)")
        sent += 1
      }
      if round < 2 {
        try drive.run { drive.records.count > round * 500 + 50 }
        proxy.cut()
        try producer.send(topic, "\(sent)")
        sent += 1
        proxy.mend()
      }
    }
    try producer.flush()
    try drive.run(60) { drive.records.count >= sent }
    #expect(drive.records.map(\.value) == (0..<sent).map { "\($0)" })
  }

  @Test func `a partition is at its end only as long as its broker says so`() throws {
    let scene = try Scene()
    let topic = try scene.topic()
    let proxy = try Proxy(before: scene.broker)
    defer { proxy.stop() }
    var behind = scene
    behind.brokers = proxy.address
    let producer = try scene.producer()
    try producer.send(topic, "one")
    try producer.flush()
    let drive = try SourceDrive(behind.source(["topic": .text(topic)]))
    let partition = try #require(try drive.addAll().first).id
    try drive.run { !drive.caughtUp.isEmpty && drive.records.count == 1 }
    try drive.run { drive.reader.isAtEnd(partition) }
    proxy.cut()
    try producer.send(topic, "two")
    try producer.flush()
    try drive.run { !drive.reader.isAtEnd(partition) }
    #expect(drive.records.count == 1)
    proxy.mend()
    try drive.run { drive.records.count == 2 }
    try drive.run { drive.reader.isAtEnd(partition) }
  }

  @Test func `a transaction goes on after a short cut`() throws {
    let scene = try Scene()
    let topic = try scene.topic()
    let proxy = try Proxy(before: scene.broker)
    defer { proxy.stop() }
    var behind = scene
    behind.brokers = proxy.address
    let cluster = behind.cluster(topic)
    let producer = try cluster.makeProducer(turn: 0)
    defer { producer.destroy() }
    try producer.begin()
    for number in 0..<100 {
      #expect(outgoing(topic, "\(number)") { producer.produce($0) } == .queued)
    }
    proxy.cut()
    for number in 100..<200 {
      #expect(outgoing(topic, "\(number)") { producer.produce($0) } == .queued)
    }
    proxy.mend()
    try producer.commit(TransactionTests.marker(1))
    #expect(try scene.committed(topic) == (0..<200).map { "\($0)" })
    #expect(try cluster.readMarker() == TransactionTests.marker(1))
  }

  @Test func `discovery survives brokers that are away`() throws {
    let scene = try Scene()
    let topic = try scene.topic()
    let proxy = try Proxy(before: scene.broker)
    defer { proxy.stop() }
    var behind = scene
    behind.brokers = proxy.address
    let source = try behind.source(["topic": .text(topic)])
    let before = try source.partitions(fixEnds: false)
    proxy.cut()
    let lane = DispatchQueue(label: "discovery")
    let ended = DispatchSemaphore(value: 0)
    nonisolated(unsafe) var found: [SourcePartition] = []
    lane.async {
      found = (try? source.partitions(fixEnds: false)) ?? []
      ended.signal()
    }
    proxy.mend()
    #expect(ended.wait(timeout: .now() + 120) == .success)
    #expect(found == before)
  }
}
