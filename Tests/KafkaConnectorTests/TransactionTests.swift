import Connectors
import Foundation
import KafkaConnector
import Schemas
import TestKit
import Testing

struct TransactionTests {
  static func marker(_ epoch: UInt64) -> CommitMarker {
    CommitMarker(epoch: Epoch(epoch), lineage: "line", digest: "digest\(epoch)")
  }

  @Test func `what is committed is read, and its marker with it`() throws {
    let scene = try Scene()
    let topic = try scene.topic()
    let cluster = scene.cluster(topic)
    #expect(try cluster.readMarker() == nil)
    let producer = try cluster.makeProducer(turn: 0)
    defer { producer.destroy() }
    for epoch in UInt64(1)...3 {
      try producer.begin()
      #expect(outgoing(topic, "row \(epoch)") { producer.produce($0) } == .queued)
      try producer.commit(Self.marker(epoch))
      #expect(producer.unacknowledged == 0)
      #expect(try cluster.readMarker() == Self.marker(epoch))
    }
    #expect(try scene.committed(topic) == ["row 1", "row 2", "row 3"])
  }

  @Test func `a topic that ends in markers of transactions is read to its end`() throws {
    let scene = try Scene()
    let topic = try scene.topic()
    let producer = try scene.cluster(topic).makeProducer(turn: 0)
    defer { producer.destroy() }
    try producer.begin()
    #expect(outgoing(topic, "row") { producer.produce($0) } == .queued)
    try producer.commit(Self.marker(1))
    let drive = try SourceDrive(scene.source(["topic": .text(topic)]))
    let partition = try #require(try drive.addAll().first)
    try drive.run { !drive.caughtUp.isEmpty }
    #expect(drive.records.map(\.value) == ["row"])
    #expect(drive.reader.backlog(partition.id) == 0)
  }

  @Test func `an epoch without rows leaves its marker too`() throws {
    let scene = try Scene()
    let topic = try scene.topic()
    let cluster = scene.cluster(topic)
    let producer = try cluster.makeProducer(turn: 0)
    defer { producer.destroy() }
    try producer.begin()
    try producer.commit(Self.marker(4))
    #expect(try cluster.readMarker() == Self.marker(4))
  }

  @Test func `an open transaction is invisible, and its successor's start ends it`() throws {
    let scene = try Scene()
    let topic = try scene.topic()
    let cluster = scene.cluster(topic)
    let first = try cluster.makeProducer(turn: 0)
    try first.begin()
    #expect(outgoing(topic, "committed") { first.produce($0) } == .queued)
    try first.commit(Self.marker(1))
    try first.begin()
    #expect(outgoing(topic, "open") { first.produce($0) } == .queued)
    try first.flush()
    #expect(try scene.committed(topic) == ["committed"])
    first.destroy()
    let second = try cluster.makeProducer(turn: 0)
    defer { second.destroy() }
    #expect(try scene.committed(topic) == ["committed"])
    #expect(try cluster.readMarker() == Self.marker(1))
  }

  @Test func `a producer whose successor has started is fenced`() throws {
    let scene = try Scene()
    let topic = try scene.topic()
    let cluster = scene.cluster(topic)
    let old = try cluster.makeProducer(turn: 1)
    defer { old.destroy() }
    try old.begin()
    #expect(outgoing(topic, "old") { old.produce($0) } == .queued)
    try old.flush()
    let new = try cluster.makeProducer(turn: 1)
    defer { new.destroy() }
    let error = #expect(throws: ConnectorError.self) { try old.commit(Self.marker(1)) }
    #expect(error?.kind == .fenced)
    #expect(error?.message.contains("End one of the two") == true)
    try new.begin()
    #expect(outgoing(topic, "new") { new.produce($0) } == .queued)
    try new.commit(Self.marker(2))
    #expect(try scene.committed(topic) == ["new"])
  }

  @Test func `the two turns of a pipeline do not fence each other`() throws {
    let scene = try Scene()
    let topic = try scene.topic()
    let cluster = scene.cluster(topic)
    let producers = try [cluster.makeProducer(turn: 0), cluster.makeProducer(turn: 1)]
    for epoch in UInt64(1)...4 {
      let producer = producers[Int(epoch % 2)]
      try producer.begin()
      #expect(outgoing(topic, "\(epoch)") { producer.produce($0) } == .queued)
      try producer.commit(Self.marker(epoch))
    }
    for producer in producers { producer.destroy() }
    #expect(try scene.committed(topic) == ["1", "2", "3", "4"])
    #expect(try cluster.readMarker() == Self.marker(4))
  }

  @Test func `a group's offset that is not ours is refused`() throws {
    let scene = try Scene()
    let topic = try scene.topic()
    let source = try scene.source([
      "topic": .text(topic), "group": .text(scene.markerGroup),
    ])
    try source.publish([
      PartitionID(source: "events", topic: topic, number: 0): Position(offset: 7)
    ])
    let cluster = scene.cluster(topic)
    // The commit is not waited for, so it may not be there at first.
    var found: ConnectorError?
    let deadline = Date().addingTimeInterval(120)
    while found == nil, Date() < deadline {
      do { _ = try cluster.readMarker() } catch { found = error }
    }
    #expect(found?.kind == .configuration)
    #expect(found?.message.contains("was not written by Raudal") == true)
  }

  @Test func `a destroyed producer takes nothing and says so`() throws {
    let scene = try Scene()
    let topic = try scene.topic()
    let producer = try scene.cluster(topic).makeProducer(turn: 0)
    try producer.begin()
    producer.destroy()
    guard case .rejected(let error) = outgoing(topic, "row", { producer.produce($0) }) else {
      Issue.record("a destroyed producer took a record")
      return
    }
    #expect(error.kind == .retriable)
    #expect(throws: ConnectorError.self) { try producer.commit(Self.marker(1)) }
    #expect(try scene.committed(topic) == [])
  }

  @Test func `acknowledgements ring who waits for them`() throws {
    let scene = try Scene()
    let topic = try scene.topic()
    let producer = try scene.cluster(topic).makeProducer(turn: 0)
    defer { producer.destroy() }
    let wake = WaitableWake()
    producer.ring(wake)
    try producer.begin()
    for number in 0..<500 {
      #expect(outgoing(topic, "\(number)") { producer.produce($0) } == .queued)
    }
    var waits = 0
    while producer.unacknowledged > 0, waits < 100 {
      waits += 1
      #expect(wake.wait(120))
    }
    #expect(producer.unacknowledged == 0)
    try producer.commit(Self.marker(1))
  }
}
