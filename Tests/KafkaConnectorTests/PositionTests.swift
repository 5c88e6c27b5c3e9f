import Connectors
import Foundation
import KafkaConnector
import Schemas
import Synchronization
import TestKit
import Testing

/// Where reading begins, what is found while it runs, and what happens when a position is gone.
struct PositionTests {
  private func filled(_ scene: Scene, count: Int = 10) throws -> String {
    let topic = try scene.topic()
    let producer = try scene.producer()
    for number in 0..<count { try producer.send(topic, "\(number)", time: 10_000 + Int64(number)) }
    try producer.flush()
    return topic
  }

  private func values(_ scene: Scene, _ topic: String, start: ResolvedValue) throws -> [String?] {
    let drive = try SourceDrive(scene.source(["topic": .text(topic), "start": start]))
    try drive.addAll(fixEnds: true)
    try drive.run { !drive.ended.isEmpty }
    return drive.records.map(\.value)
  }

  @Test func `reading begins where the definition says`() throws {
    let scene = try Scene()
    let topic = try filled(scene)
    let all = (0..<10).map { Optional("\($0)") }
    #expect(try values(scene, topic, start: .text("earliest")) == all)
    #expect(try values(scene, topic, start: .text("latest")) == [])
    #expect(try values(scene, topic, start: .text("1970-01-01T00:00:10.007Z")) == ["7", "8", "9"])
    // Half a millisecond later there is one less.
    #expect(try values(scene, topic, start: .int(10_007_500)) == ["8", "9"])
    #expect(try values(scene, topic, start: .int(99_000_000)) == [])
    #expect(try values(scene, topic, start: .object(["0": .int(8)])) == ["8", "9"])
    #expect(try values(scene, topic, start: .object(["\(topic):0": .int(9)])) == ["9"])
    let error = #expect(throws: ConnectorError.self) {
      try values(scene, topic, start: .object(["0": .int(8), "9": .int(1)]))
    }
    #expect(error?.kind == .configuration)
    #expect(error?.message.contains("names partition 9, which does not exist") == true)
    // Nothing is committed: the beginning.
    #expect(try values(scene, topic, start: .text("committed")) == all)
  }

  @Test func `published positions are the group's offsets`() throws {
    let scene = try Scene()
    let topic = try filled(scene)
    let source = try scene.source(["topic": .text(topic), "start": .text("committed")])
    try source.publish([
      PartitionID(source: "events", topic: topic, number: 0): Position(offset: 6),
      PartitionID(source: "other", topic: topic, number: 0): Position(offset: 2),
    ])
    let deadline = Date().addingTimeInterval(120)
    var start: Int64?
    repeat {
      start = try source.partitions(fixEnds: false).first?.start.offset
    } while start != 6 && Date() < deadline
    #expect(start == 6)
  }

  @Test func `a list of topics and a pattern read all of them, and find new ones`() throws {
    let scene = try Scene()
    let (a, b) = (try scene.topic("ad-a"), try scene.topic("ad-b", partitions: 2))
    _ = try scene.topic("other")
    let listed = try scene.source(["topic": .list([.text(a), .text(b)])])
    #expect(try listed.partitions(fixEnds: false).map(\.id.topic) == [a, b, b])
    let source = try scene.source(["topic_pattern": .text("ad-.*-\(scene.id)")])
    #expect(try source.partitions(fixEnds: false).map(\.id.topic) == [a, b, b])
    let c = try scene.topic("ad-c")
    let later = try source.partitions(fixEnds: false)
    #expect(later.map(\.id.topic) == [a, b, b, c])
    #expect(later.map(\.id.number) == [0, 0, 1, 0])
    // A partition that appears while running is read like any other.
    let drive = try SourceDrive(source)
    try drive.addAll()
    try drive.run { drive.caughtUp.count == 4 }
    let producer = try scene.producer()
    let d = try scene.topic("ad-d")
    try producer.send(d, "new")
    try producer.flush()
    let found = try source.partitions(fixEnds: false).filter { $0.id.topic == d }
    try drive.reader.add(try #require(found.first).id, at: found[0].beginning, end: nil)
    try drive.run { !drive.records.isEmpty }
    #expect(drive.records.map(\.value) == ["new"])
  }

  @Test func `a missing topic is named`() throws {
    let scene = try Scene()
    let source = try scene.source(["topic": .text("absent-\(scene.id)")])
    let error = #expect(throws: ConnectorError.self) { try source.partitions(fixEnds: false) }
    #expect(error?.kind == .configuration)
    #expect(error?.message.contains("topic `absent-\(scene.id)` does not exist") == true)
  }

  /// Two partitions of ten records whose first five were deleted.
  private func gap(_ scene: Scene, onGap: String) throws -> (SourceDrive, String) {
    let topic = try filled(scene)
    try scene.deleteRecords(topic, before: 5)
    let source = try scene.source(["topic": .text(topic), "on_gap": .text(onGap)])
    let drive = try SourceDrive(source)
    let partition = PartitionID(source: "events", topic: topic, number: 0)
    try drive.reader.add(partition, at: Position(offset: 2), end: nil)
    return (drive, topic)
  }

  @Test func `a position that is gone stops with what was lost`() throws {
    let scene = try Scene()
    let (drive, topic) = try gap(scene, onGap: "fail")
    let error = #expect(throws: ConnectorError.self) {
      try drive.run { drive.records.count > 0 }
    }
    #expect(error?.kind == .gap)
    #expect(
      error?.message.contains(
        "topic `\(topic)` [0]: offset 2 no longer exists; the first available is 5, so 3 records"
          + " are lost") == true)
  }

  @Test func `over a gap reading goes on where on_gap says`() throws {
    let scene = try Scene()
    let (earliest, _) = try gap(scene, onGap: "earliest")
    try earliest.run { !earliest.caughtUp.isEmpty }
    #expect(earliest.records.map(\.value) == ["5", "6", "7", "8", "9"])
    let other = try Scene()
    let (latest, topic) = try gap(other, onGap: "latest")
    try latest.run { !latest.caughtUp.isEmpty }
    #expect(latest.records.isEmpty)
    let producer = try other.producer()
    try producer.send(topic, "next")
    try producer.flush()
    try latest.run { !latest.records.isEmpty }
    #expect(latest.records.map(\.value) == ["next"])
    #expect(other.notices.contain("3 records are lost"))
  }

  @Test func `a position behind the end is a gap too`() throws {
    let scene = try Scene()
    let topic = try filled(scene)
    let drive = try SourceDrive(scene.source(["topic": .text(topic)]))
    let partition = PartitionID(source: "events", topic: topic, number: 0)
    try drive.reader.add(partition, at: Position(offset: 50), end: nil)
    let error = #expect(throws: ConnectorError.self) { try drive.run { false } }
    #expect(error?.kind == .gap)
    #expect(error?.message.contains("offset 50 does not exist; the broker has 0 up to 10") == true)
  }

  @Test func `a position behind a fixed end is a gap, not an end`() throws {
    let scene = try Scene()
    let topic = try filled(scene)
    for start: [String: ResolvedValue] in [[:], ["start": .object(["0": .int(50)])]] {
      let drive = try SourceDrive(
        scene.source(start.merging(["topic": .text(topic)]) { $1 }))
      let found = try #require(try drive.source.partitions(fixEnds: true).first)
      let position = start.isEmpty ? Position(offset: 50) : found.start
      try drive.reader.add(found.id, at: position, end: found.end)
      let error = #expect(throws: ConnectorError.self) { try drive.run { !drive.ended.isEmpty } }
      #expect(error?.kind == .gap)
      #expect(
        error?.message.contains("offset 50 does not exist; the broker has 0 up to 10") == true)
    }
  }

  @Test func `behind a fixed end reading goes on where on_gap says`() throws {
    for (onGap, count) in [("earliest", 10), ("latest", 0)] {
      let scene = try Scene()
      let topic = try filled(scene)
      let drive = try SourceDrive(
        scene.source(["topic": .text(topic), "on_gap": .text(onGap)]))
      let found = try #require(try drive.source.partitions(fixEnds: true).first)
      try drive.reader.add(found.id, at: Position(offset: 50), end: found.end)
      try drive.run { !drive.ended.isEmpty }
      #expect(drive.records.count == count)
      #expect(scene.notices.contain("offset 50 does not exist"))
    }
  }

  @Test func `a topic that is deleted is told once, and once when it is back`() throws {
    let scene = try Scene()
    let topic = try filled(scene)
    for options: [String: ResolvedValue] in [
      ["topic": .text(topic)], ["topic_pattern": .text(topic)],
    ] {
      let source = try scene.source(options)
      let before = try source.partitions(fixEnds: false).map(\.id)
      try scene.delete(topic)
      let deadline = Date().addingTimeInterval(60)
      repeat {
        #expect(try source.partitions(fixEnds: false).map(\.id) == before)
      } while !scene.notices.contain("is gone") && Date() < deadline
      #expect(try source.partitions(fixEnds: false).map(\.id) == before)
      #expect(scene.notices.count("topic `\(topic)` is gone") == 1)
      #expect(try scene.topic() == topic)
      for _ in 0..<2 { #expect(try source.partitions(fixEnds: false).map(\.id) == before) }
      #expect(scene.notices.count("topic `\(topic)` is there again") == 1)
      scene.notices.lines.withLock { $0 = [] }
    }
  }
}
