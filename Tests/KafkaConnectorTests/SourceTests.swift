import Connectors
import Foundation
import KafkaConnector
import Schemas
import TestKit
import Testing

struct SourceTests {
  @Test(arguments: ["none", "gzip", "snappy", "lz4", "zstd"])
  func `records come back byte for byte with every codec`(codec: String) throws {
    let scene = try Scene()
    let topic = try scene.topic("codec-\(codec)")
    let producer = try scene.producer(["compression.codec": codec])
    let text = String(repeating: "abcdefgh", count: 50)
    for number in 0..<200 {
      try producer.send(
        topic, "\(number) \(text)", key: "k\(number % 7)", time: 1_000 + Int64(number))
    }
    try producer.flush()
    let drive = try SourceDrive(scene.source(["topic": .text(topic)]))
    try drive.addAll()
    try drive.run { !drive.caughtUp.isEmpty }
    #expect(drive.records.map(\.value) == (0..<200).map { "\($0) \(text)" })
    #expect(drive.records.map(\.key) == (0..<200).map { "k\($0 % 7)" })
    #expect(drive.records.map(\.offset) == (0..<200).map(Int64.init))
    #expect(drive.records.map(\.time) == (0..<200).map { (1_000 + Int64($0)) * 1_000 })
    #expect(drive.positions.values.map(\.offset) == [200])
  }

  @Test func `null and empty values, keys and headers are told apart`() throws {
    let scene = try Scene()
    let topic = try scene.topic()
    let producer = try scene.producer()
    var headers: [UInt8] = []
    for (name, value) in [("trace", "abc"), ("empty", ""), ("none", nil)] as [(String, String?)] {
      headers += withUnsafeBytes(of: UInt32(name.utf8.count)) { Array($0) } + Array(name.utf8)
      headers += withUnsafeBytes(of: Int32(value?.utf8.count ?? -1)) { Array($0) }
      headers += Array((value ?? "").utf8)
    }
    try producer.send(topic, nil, key: "deleted", time: 5)
    try producer.send(topic, "", key: "", time: 6)
    try producer.send(topic, "value", key: nil, headers: headers, time: 7)
    try producer.flush()
    let drive = try SourceDrive(scene.source(["topic": .text(topic)]))
    try drive.addAll()
    try drive.run { !drive.caughtUp.isEmpty }
    #expect(drive.records.map(\.value) == [nil, "", "value"])
    #expect(drive.records.map(\.key) == ["deleted", "", nil])
    #expect(drive.records.map(\.headers) == [[], [], headers])
  }

  @Test func `the limit bounds a batch, and a batch holds one partition`() throws {
    let scene = try Scene()
    let topic = try scene.topic(partitions: 3)
    let producer = try scene.producer()
    for number in 0..<300 { try producer.send(topic, "\(number)", key: "key \(number)") }
    try producer.flush()
    let drive = try SourceDrive(scene.source(["topic": .text(topic)]))
    try drive.addAll()
    try drive.run(limit: 7) { drive.caughtUp.count == 3 }
    #expect(drive.records.count == 300)
    #expect(Set(drive.records.map { Int($0.value ?? "") }) == Set(0..<300))
    #expect(drive.batchSizes.allSatisfy { $0 <= 7 })
    for partition in Int32(0)..<3 {
      let own = drive.records.filter { $0.partition == partition }
      #expect(own.map(\.offset) == own.indices.map(Int64.init))
      #expect(!own.isEmpty)
    }
  }

  @Test func `new records wake a sleeping reader`() throws {
    let scene = try Scene()
    let topic = try scene.topic()
    let drive = try SourceDrive(scene.source(["topic": .text(topic)]))
    try drive.addAll()
    try drive.run { !drive.caughtUp.isEmpty }
    let producer = try scene.producer()
    try producer.send(topic, "late")
    try producer.flush()
    try drive.run { drive.records.count == 1 }
    #expect(drive.records.map(\.value) == ["late"])
  }

  @Test func `a fixed end is reached behind a transaction's marker and nothing more is read`()
    throws
  {
    let scene = try Scene()
    let topic = try scene.topic()
    let producer = try scene.cluster(topic).makeProducer(turn: 0)
    try producer.begin()
    for number in 0..<3 {
      #expect(outgoing(topic, "\(number)") { producer.produce($0) } == .queued)
    }
    try producer.commit(CommitMarker(epoch: Epoch(1), lineage: "l", digest: "d"))
    producer.destroy()
    let drive = try SourceDrive(scene.source(["topic": .text(topic)]))
    let partitions = try drive.addAll(fixEnds: true)
    #expect(partitions.map(\.end) == [Position(offset: 4)])
    // Written after the end was fixed: not ours.
    let later = try scene.producer()
    try later.send(topic, "later")
    try later.flush()
    try drive.run { !drive.ended.isEmpty }
    #expect(drive.records.map(\.value) == ["0", "1", "2"])
    #expect(try drive.reader.poll(limit: 10).isNothing)
  }

  @Test func `an empty partition ends at once where ends are fixed`() throws {
    let scene = try Scene()
    let topic = try scene.topic(partitions: 2)
    let drive = try SourceDrive(scene.source(["topic": .text(topic)]))
    try drive.addAll(fixEnds: true)
    try drive.run { drive.ended.count == 2 }
    #expect(drive.records.isEmpty)
  }

  @Test func `holding and releasing loses nothing and doubles nothing`() throws {
    let scene = try Scene()
    let topic = try scene.topic(partitions: 2)
    let producer = try scene.producer()
    for number in 0..<4_000 { try producer.send(topic, "\(number)", key: "key \(number)") }
    try producer.flush()
    let drive = try SourceDrive(scene.source(["topic": .text(topic)]))
    let partitions = try drive.addAll(fixEnds: true).map(\.id)
    var generator = SeededRandom(seed: 7)
    var held = Set<PartitionID>()
    var steps = 0
    while drive.ended.count < 2 {
      steps += 1
      let partition = partitions[Int(generator.next() % 2)]
      if steps < 400, generator.next() % 3 == 0 {
        if held.insert(partition).inserted {
          drive.reader.hold(partition)
        } else {
          held.remove(partition)
          drive.reader.release(partition)
        }
      }
      let before = drive.records.count
      if try !drive.step(limit: 13), drive.ended.count < 2 {
        for partition in held { drive.reader.release(partition) }
        held = []
        if steps > 100_000 { break }
        drive.wake.wait(0.05)
      }
      let fresh = drive.records[before...]
      #expect(!fresh.contains { record in held.contains { $0.number == record.partition } })
    }
    for partition in Int32(0)..<2 {
      let own = drive.records.filter { $0.partition == partition }
      #expect(own.map(\.offset) == own.indices.map(Int64.init))
    }
    #expect(drive.records.count == 4_000)
  }
}

extension SourcePoll {
  var isNothing: Bool { if case .nothing = self { true } else { false } }
}
