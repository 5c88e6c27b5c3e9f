import Connectors
import Foundation
import KafkaConnector
import Schemas
import TestKit
import Testing

/// What a reader has fetched ahead: how much of it there may be, and that it goes on.
struct FetchingAheadTests {
  private func watch() -> QueueWatch {
    QueueWatch(QueueWatch.Limits(records: 100_000, bytes: 32 << 20))
  }

  @Test func `fetching is woken once when a full queue is half empty`() {
    var watch = watch()
    var waiting = 110_000
    var woken: [Int] = []
    while waiting > 0 {
      let taken = min(4096, waiting)
      if watch.hasRoomAgain(waiting: waiting, taken: taken, bytes: taken * 100) {
        woken.append(waiting - taken)
      }
      waiting -= taken
    }
    #expect(woken.count == 1)
    #expect(woken.allSatisfy { $0 < 50_000 && $0 > 40_000 })
  }

  @Test func `a queue that was never full wakes nobody`() {
    var watch = watch()
    for waiting in stride(from: 0, to: 90_000, by: 1_000) {
      let taken = min(4096, waiting)
      let isWoken = watch.hasRoomAgain(waiting: waiting, taken: taken, bytes: taken * 100)
      #expect(!isWoken)
    }
  }

  @Test func `a queue can be full of few large records`() {
    var watch = watch()
    // The first batches show how large records are.
    var woken: [Int] = []
    for waiting in Array(repeating: 500, count: 60) + [850, 450] {
      if watch.hasRoomAgain(waiting: waiting, taken: 100, bytes: 100 * 40_000) {
        woken.append(waiting)
      }
    }
    #expect(woken == [450])
  }

  @Test func `a small queue does not slow reading down to its size a second`() throws {
    let scene = try Scene()
    let topic = try scene.topic(partitions: 2)
    let producer = try scene.producer()
    let count = 60_000
    for number in 0..<count { try producer.send(topic, "record \(number)", key: "\(number)") }
    try producer.flush()
    let config: [String: ResolvedValue] = [
      "queued.min.messages": .int(1_000), "max.partition.fetch.bytes": .int(20_000),
    ]
    let drive = try SourceDrive(
      scene.source(["topic": .text(topic), "config": .object(config)]))
    try drive.addAll(fixEnds: true)
    try drive.run { drive.ended.count == 2 }
    #expect(drive.records.count == count)
    #expect(Set(drive.records.map(\.value)).count == count)
  }

  @Test func `headers are found in records of any size, and only where they are`() throws {
    let scene = try Scene()
    let topic = try scene.topic()
    let producer = try scene.producer()
    let headers: [UInt8] =
      withUnsafeBytes(of: UInt32(1)) { Array($0) } + Array("h".utf8)
      + withUnsafeBytes(of: Int32(1)) { Array($0) } + Array("v".utf8)
    let count = 6_000
    // Sizes that put the end of a value on every place of a page.
    for number in 0..<count {
      try producer.send(
        topic, String(repeating: "x", count: number % 97), key: "\(number)",
        headers: number % 3 == 0 ? headers : [])
    }
    try producer.flush()
    let drive = try SourceDrive(scene.source(["topic": .text(topic)]))
    try drive.addAll(fixEnds: true)
    try drive.run { !drive.ended.isEmpty }
    #expect(drive.records.count == count)
    for record in drive.records {
      let number = try #require(record.key.flatMap { Int($0) })
      #expect(record.value?.utf8.count == number % 97)
      #expect(record.headers == (number % 3 == 0 ? headers : []))
    }
  }

  @Test func `an account outlives the registration of others`() throws {
    let scene = try Scene()
    let producer = try RecordProducer(
      configuration: scene.configuration, place: "the test", lanes: ThreadLanes())
    weak var first: DeliveryAccount?
    do {
      let account = DeliveryAccount()
      producer.register(account)
      first = account
    }
    producer.register(DeliveryAccount())
    #expect(first != nil)
    if let first { producer.dismiss(first) }
    #expect(first == nil)
    producer.close()
  }
}
