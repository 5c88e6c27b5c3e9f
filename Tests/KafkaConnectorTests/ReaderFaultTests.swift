import CRdKafka
import Connectors
import Foundation
import KafkaConnector
import Schemas
import TestKit
import Testing

/// Errors of a fetch, from librdkafka's mock cluster.
struct ReaderFaultTests {
  /// A scene before a mock cluster whose topic holds ten records.
  private func mocked() throws -> (scene: Scene, mock: MockCluster) {
    let mock = try MockCluster(topics: ["events"])
    var scene = try Scene()
    scene.brokers = mock.brokers
    let producer = try scene.producer()
    for number in 0..<10 { try producer.send("events", "\(number)") }
    try producer.flush()
    return (scene, mock)
  }

  @Test(arguments: [
    RD_KAFKA_RESP_ERR_INVALID_MSG, RD_KAFKA_RESP_ERR__BAD_COMPRESSION,
    RD_KAFKA_RESP_ERR__NOT_IMPLEMENTED,
  ])
  func `what the library would pass over ends the attempt`(code: rd_kafka_resp_err_t) throws {
    let (scene, mock) = try mocked()
    mock.fail(.fetch, code)
    let drive = try SourceDrive(scene.source(["topic": .text("events")]))
    try drive.addAll()
    let error = #expect(throws: ConnectorError.self) { try drive.run { !drive.caughtUp.isEmpty } }
    #expect(error?.kind == .retriable)
    #expect(error?.message.contains("topic `events` [0] cannot be read at offset 0") == true)
    withExtendedLifetime(mock) {}
  }

  @Test(arguments: ["fail", "earliest", "latest"])
  func `a position that is out of range for a moment is no gap`(onGap: String) throws {
    let (scene, mock) = try mocked()
    let drive = try SourceDrive(
      scene.source(["topic": .text("events"), "on_gap": .text(onGap)]))
    let partition = PartitionID(source: "events", topic: "events", number: 0)
    mock.fail(.fetch, RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE)
    try drive.reader.add(partition, at: Position(offset: 4), end: nil)
    try drive.run { !drive.caughtUp.isEmpty }
    #expect(drive.records.map(\.value) == (4..<10).map { "\($0)" })
    #expect(!scene.notices.contain("lost"))
    withExtendedLifetime(mock) {}
  }
}
