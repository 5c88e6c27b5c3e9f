import CRdKafka
import Connectors
import Foundation
import KafkaConnector
import Schemas
import TestKit
import Testing

/// Topics that are deleted and made anew under the same name: their offsets begin at 0 again, and
/// none of their records may be missed in silence.
struct MadeAnewTests {
  private func send(_ scene: Scene, _ topic: String, _ name: String, _ count: Int) throws {
    let producer = try scene.producer()
    for number in 0..<count { try producer.send(topic, "\(name)\(number)") }
    try producer.flush()
  }

  private func names(_ name: String, _ count: Int) -> [String?] {
    (0..<count).map { "\(name)\($0)" }
  }

  /// A drive that has read ten records of a topic of so many partitions.
  private func drive(
    _ scene: Scene, partitions: Int32 = 1, _ options: [String: ResolvedValue] = [:]
  ) throws -> (SourceDrive, String) {
    let topic = try scene.topic(partitions: partitions)
    try send(scene, topic, "a", 10)
    let drive = try SourceDrive(
      scene.source(options.merging(["topic": .text(topic)]) { own, _ in own }))
    try drive.addAll()
    try drive.run { drive.records.count == 10 && drive.caughtUp.count >= Int(partitions) }
    return (drive, topic)
  }

  /// Deletes the topic, and waits until the reader has seen it: the brokers say so only at its
  /// next fetch.
  private func delete(_ scene: Scene, _ topic: String, _ drive: SourceDrive) throws {
    try scene.delete(topic)
    try drive.run { scene.notices.contain("topic `\(topic)` is gone") }
  }

  @Test(arguments: [0, 4, 10, 20])
  func `a topic that was made anew stops the run however much it holds`(count: Int) throws {
    let scene = try Scene()
    let (drive, topic) = try drive(scene)
    try delete(scene, topic, drive)
    #expect(try scene.topic() == topic)
    try send(scene, topic, "b", count)
    let error = #expect(throws: ConnectorError.self) { try drive.run { drive.records.count > 10 } }
    #expect(error?.kind == .gap)
    for words in ["topic `\(topic)` [0]", "offset 10", "made anew", "on_gap", "--fresh"] {
      #expect(error?.message.contains(words) == true, "\(String(describing: error))")
    }
    #expect(scene.notices.count("topic `\(topic)` is gone") == 1)
    #expect(drive.records.map(\.value) == names("a", 10))
  }

  @Test(arguments: [4, 20])
  func `with on_gap a topic that was made anew is read on`(count: Int) throws {
    for onGap in ["earliest", "latest"] {
      let scene = try Scene()
      let (drive, topic) = try drive(scene, ["on_gap": .text(onGap)])
      try delete(scene, topic, drive)
      let producer = try scene.producer()
      #expect(try scene.topic() == topic)
      try drive.run { scene.notices.contain("going on at 0") }
      for number in 0..<count { try producer.send(topic, "b\(number)") }
      try producer.flush()
      try drive.run { drive.records.count == 10 + count }
      #expect(drive.records.map(\.value) == names("a", 10) + names("b", count))
      #expect(scene.notices.count("topic `\(topic)` is there again") == 1)
    }
  }

  @Test func `a topic that was made anew while nothing ran is known by its records`() throws {
    for onGap in ["fail", "earliest", "latest"] {
      let scene = try Scene()
      let (before, topic) = try drive(scene)
      let (partition, position) = try #require(before.positions.first)
      #expect(position.offset == 10)
      try scene.delete(topic)
      #expect(try scene.topic() == topic)
      try send(scene, topic, "b", 20)
      let drive = try SourceDrive(
        scene.source(["topic": .text(topic), "on_gap": .text(onGap)]))
      try drive.reader.add(partition, at: position, end: nil)
      guard onGap == "fail" else {
        try drive.run { !drive.caughtUp.isEmpty }
        #expect(drive.records.map(\.value) == (onGap == "earliest" ? names("b", 20) : []))
        #expect(scene.notices.contain("made anew"))
        continue
      }
      let error = #expect(throws: ConnectorError.self) { try drive.run { !drive.caughtUp.isEmpty } }
      #expect(error?.kind == .gap)
      #expect(error?.message.contains("made anew") == true)
      #expect(drive.records.isEmpty)
    }
  }

  /// Nothing at or behind the end is asked for, so the record before it has to be.
  @Test(arguments: [9, 10, 11])
  func `a topic that was made anew is known up to a fixed end too`(count: Int) throws {
    for onGap in ["fail", "earliest", "latest"] {
      let scene = try Scene()
      let (before, topic) = try drive(scene)
      let position = try #require(before.positions.first).value
      try scene.delete(topic)
      #expect(try scene.topic() == topic)
      try send(scene, topic, "b", count)
      let drive = try SourceDrive(
        scene.source(["topic": .text(topic), "on_gap": .text(onGap)]))
      let found = try #require(try drive.source.partitions(fixEnds: true).first)
      #expect(found.end?.offset == Int64(count))
      try drive.reader.add(found.id, at: position, end: found.end)
      guard onGap == "fail" else {
        try drive.run { !drive.ended.isEmpty }
        #expect(drive.records.map(\.value) == (onGap == "earliest" ? names("b", count) : []))
        #expect(scene.notices.contain("made anew"))
        continue
      }
      let error = #expect(throws: ConnectorError.self) { try drive.run { !drive.ended.isEmpty } }
      #expect(error?.kind == .gap)
      #expect(error?.message.contains("made anew") == true)
      #expect(drive.records.isEmpty)
    }
  }

  @Test func `a fixed end that was reached before is reached again, and nothing is read`() throws {
    let scene = try Scene()
    let (before, topic) = try drive(scene)
    let (partition, position) = try #require(before.positions.first)
    let drive = try SourceDrive(scene.source(["topic": .text(topic)]))
    try drive.reader.add(partition, at: position, end: Position(offset: 10))
    try drive.run { !drive.ended.isEmpty }
    #expect(drive.records.isEmpty && drive.caughtUp.isEmpty)
  }

  /// The marker of a transaction has the offset behind the last record, and an aborted one leaves
  /// records there that nobody sees.
  @Test func `a restart goes on behind the last record, whatever lies there`() throws {
    let scene = try Scene()
    let topic = try scene.topic()
    let cluster = scene.cluster(topic)
    let producer = try cluster.makeProducer(turn: 0)
    defer { producer.destroy() }
    var position = Position(offset: 0)
    var partition = PartitionID(source: "events", topic: topic, number: 0)
    for round in 1...4 {
      try producer.begin()
      for number in 0..<3 {
        #expect(outgoing(topic, "\(round).\(number)") { producer.produce($0) } == .queued)
      }
      try producer.commit(TransactionTests.marker(UInt64(round)))
      let drive = try SourceDrive(scene.source(["topic": .text(topic)]))
      try drive.reader.add(partition, at: position, end: nil)
      try drive.run { !drive.caughtUp.isEmpty }
      #expect(drive.records.map(\.value) == (0..<3).map { "\(round).\($0)" })
      (partition, position) = try #require(drive.positions.first)
      // Nothing has come since: nothing is read twice.
      let again = try SourceDrive(scene.source(["topic": .text(topic)]))
      try again.reader.add(partition, at: position, end: nil)
      try again.run { !again.caughtUp.isEmpty }
      #expect(again.records.isEmpty && again.batchSizes.isEmpty)
    }
  }

  @Test func `a restart goes on where the record before the position was deleted`() throws {
    let scene = try Scene()
    let (before, topic) = try drive(scene)
    let (partition, position) = try #require(before.positions.first)
    try send(scene, topic, "b", 3)
    try scene.deleteRecords(topic, before: 10)
    let drive = try SourceDrive(scene.source(["topic": .text(topic)]))
    try drive.reader.add(partition, at: position, end: nil)
    try drive.run { !drive.caughtUp.isEmpty }
    #expect(drive.records.map(\.value) == names("b", 3))
  }

  @Test func `a topic that comes back with fewer partitions is told, the rest is read`() throws {
    let scene = try Scene()
    let (drive, topic) = try drive(scene, partitions: 2, ["on_gap": .text("earliest")])
    try delete(scene, topic, drive)
    #expect(try scene.topic() == topic)
    try send(scene, topic, "b", 20)
    try drive.run { drive.records.count == 30 }
    #expect(drive.records.suffix(20).map(\.value) == names("b", 20))
    try drive.run { scene.notices.contain("topic `\(topic)` [1] is gone") }
  }

  /// Brokers may say for a moment that there is no such topic, as behind a restart.
  @Test(arguments: [false, true])
  func `a topic that only seemed to be gone is read on without loss or doubles`(
    isHeld: Bool
  ) throws {
    let mock = try MockCluster(topics: ["events", "others"])
    var scene = try Scene()
    scene.brokers = mock.brokers
    try send(scene, "events", "a", 10)
    let drive = try SourceDrive(
      scene.source(["topic": .list([.text("events"), .text("others")])]))
    let partition = try #require(try drive.addAll().first { $0.id.topic == "events" }).id
    try drive.run { drive.records.count == 10 && drive.caughtUp.count >= 2 }
    if isHeld { drive.reader.hold(partition) }
    mock.hide("events", true)
    mock.fail(.fetch, RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION)
    // One that is held is not fetched: then a look for new partitions sees it.
    if isHeld { _ = try drive.source.partitions(fixEnds: false) }
    try drive.run { scene.notices.contain("topic `events` is gone") }
    mock.hide("events", false)
    try drive.run { scene.notices.contain("topic `events` is there again") }
    try send(scene, "events", "b", 5)
    var others: [String?] = []
    if isHeld {
      // From the same broker: what must not come would have come with it.
      try send(scene, "others", "c", 1)
      try drive.run { drive.records.count > 10 }
      others = names("c", 1)
      #expect(drive.records.dropFirst(10).map(\.value) == others)
      drive.reader.release(partition)
    }
    try drive.run { drive.records.count >= 15 + others.count }
    #expect(drive.records.map(\.value) == names("a", 10) + others + names("b", 5))
    withExtendedLifetime(mock) {}
  }
}
