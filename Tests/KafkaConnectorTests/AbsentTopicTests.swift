import CRdKafka
import Connectors
import Schemas
import TestKit
import Testing

@testable import KafkaConnector

/// Topics that go away while they are read: nobody waits for them without bound, and one that only
/// seemed to be gone is read on.
struct AbsentTopicTests {
  private static let id = PartitionID(source: "events", topic: "events", number: 0)

  private func send(_ scene: Scene, _ topic: String, _ name: String, _ count: Int) throws {
    let producer = try scene.producer()
    for number in 0..<count { try producer.send(topic, "\(name)\(number)") }
    try producer.flush()
  }

  private func names(_ name: String, _ count: Int) -> [String?] {
    (0..<count).map { "\(name)\($0)" }
  }

  /// A scene before a mock cluster whose topic `events` holds ten records.
  private func mocked() throws -> (scene: Scene, mock: MockCluster) {
    let mock = try MockCluster(topics: ["events"])
    var scene = try Scene()
    scene.brokers = mock.brokers
    try send(scene, "events", "a", 10)
    return (scene, mock)
  }

  /// Has the reader find at its next fetch that there is no such topic.
  private func hide(_ mock: MockCluster, _ scene: Scene, _ drive: SourceDrive) throws {
    mock.hide("events", true)
    mock.fail(.fetch, RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION)
    try drive.run { scene.notices.contain("topic `events` is gone") }
  }

  @Test func `a topic that is gone falls idle, and keeps no other from it`() throws {
    let scene = try Scene()
    let (gone, kept) = (try scene.topic("gone"), try scene.topic("kept"))
    for topic in [gone, kept] { try send(scene, topic, "a", 1) }
    let drive = try SourceDrive(scene.source(["topic": .list([.text(gone), .text(kept)])]))
    let ids = try drive.addAll().map(\.id)
    try drive.run { drive.records.count == 2 && drive.caughtUp.count >= 2 }
    try scene.delete(gone)
    try drive.run { scene.notices.contain("topic `\(gone)` is gone") }
    try drive.run(30) { ids.allSatisfy { drive.reader.isAtEnd($0) } }
    try send(scene, kept, "b", 1)
    try drive.run { drive.records.count == 3 }
  }

  @Test func `what was read to its fixed end needs its topic no more`() throws {
    let (scene, mock) = try mocked()
    let drive = try SourceDrive(scene.source(["topic": .text("events")]))
    try drive.addAll(fixEnds: true)
    // The news of the end comes behind the records; while a partition is held it is dropped.
    try drive.run(limit: 1) { drive.records.count == 10 }
    drive.reader.hold(Self.id)
    mock.hide("events", true)
    _ = try drive.source.partitions(fixEnds: false)
    while try drive.step() {}
    drive.reader.release(Self.id)
    try drive.run(30) { !drive.ended.isEmpty }
    #expect(drive.records.map(\.value) == names("a", 10))
    withExtendedLifetime(mock) {}
  }

  @Test(arguments: ["fail", "earliest", "latest"])
  func `what is missing up to a fixed end of a topic that is gone is a gap`(onGap: String) throws {
    let (scene, mock) = try mocked()
    let drive = try SourceDrive(
      scene.source(["topic": .text("events"), "on_gap": .text(onGap)]))
    try drive.reader.add(Self.id, at: Position(offset: 0), end: Position(offset: 20))
    try drive.run { drive.records.count == 10 && !drive.caughtUp.isEmpty }
    try hide(mock, scene, drive)
    let words = "topic `events` [0] is gone: offset 10 was to be read next, up to the end at 20"
    if onGap == "fail" {
      let error = #expect(throws: ConnectorError.self) {
        try drive.run(30) { !drive.ended.isEmpty }
      }
      #expect(error?.kind == .gap)
      for words in [words, "on_gap: earliest"] {
        #expect(error?.message.contains(words) == true, "\(String(describing: error))")
      }
    } else {
      try drive.run(30) { !drive.ended.isEmpty }
      #expect(scene.notices.count(words) == 1)
    }
    #expect(drive.records.count == 10)
    withExtendedLifetime(mock) {}
  }

  @Test func `a topic that only seemed to be gone is read to its fixed end`() throws {
    let (scene, mock) = try mocked()
    let drive = try SourceDrive(scene.source(["topic": .text("events")]))
    try drive.reader.add(Self.id, at: Position(offset: 0), end: Position(offset: 15))
    try drive.run { drive.records.count == 10 && !drive.caughtUp.isEmpty }
    try hide(mock, scene, drive)
    mock.hide("events", false)
    try send(scene, "events", "b", 7)
    try drive.run { !drive.ended.isEmpty }
    #expect(drive.records.map(\.value) == names("a", 10) + names("b", 5))
    withExtendedLifetime(mock) {}
  }

  @Test(arguments: ["fail", "earliest", "latest"])
  func `a topic of which nothing was read yet is read on as well`(onGap: String) throws {
    let (scene, mock) = try mocked()
    let drive = try SourceDrive(
      scene.source([
        "topic": .text("events"), "start": .text("latest"), "on_gap": .text(onGap),
      ]))
    try drive.addAll()
    try drive.run { !drive.caughtUp.isEmpty }
    try hide(mock, scene, drive)
    mock.hide("events", false)
    try send(scene, "events", "b", 5)
    try drive.run { drive.records.count >= 5 }
    #expect(drive.records.map(\.value) == names("b", 5))
    #expect(scene.notices.count("`events` [0] is read on at offset 10") == 1)
    #expect(scene.notices.count("may have been deleted and made anew") == 1)
    withExtendedLifetime(mock) {}
  }

  /// A transaction's marker stands where the record was, as if that had been compacted away.
  @Test func `a record that is missing proves nothing, and no more is said`() throws {
    let scene = try Scene()
    let topic = try scene.topic()
    let producer = try scene.cluster(topic).makeProducer(turn: 0)
    defer { producer.destroy() }
    try producer.begin()
    for number in 0..<9 {
      #expect(outgoing(topic, "\(number)") { producer.produce($0) } == .queued)
    }
    try producer.commit(TransactionTests.marker(1))
    let drive = try SourceDrive(scene.source(["topic": .text(topic)]))
    let partition = PartitionID(source: "events", topic: topic, number: 0)
    try drive.reader.add(partition, at: Position(offset: 10, detail: "9 0 1 -1"), end: nil)
    // After a restart it is read on.
    try drive.run { !drive.caughtUp.isEmpty }
    // The library has said that there is no such topic, and is mistaken.
    drive.source.absent.report(ClusterInspection.Partition(topic: topic, number: 0))
    let error = #expect(throws: ConnectorError.self) { try drive.run { !drive.records.isEmpty } }
    #expect(error?.kind == .gap)
    for words in ["offset 10", "may have been deleted and made anew", "compacted away"] {
      #expect(error?.message.contains(words) == true, "\(String(describing: error))")
    }
  }
}
