import Columns
import Connectors
import Foundation
import KafkaConnector
import Schemas
import TestKit

/// A record as a test compares it.
struct SeenRecord: Equatable {
  var partition: Int32
  var offset: Int64
  var value: String?
  var key: String?
  var headers: [UInt8]
  /// Microseconds.
  var time: Int64
}

/// Drives a reader as a worker does: polls, and sleeps on its wake when there is nothing.
final class SourceDrive {
  let source: KafkaSource
  let wake = WaitableWake()
  let reader: any SourceReader
  var records: [SeenRecord] = []
  var caughtUp: [PartitionID] = []
  var ended: [PartitionID] = []
  var positions: [PartitionID: Position] = [:]
  var batchSizes: [Int] = []

  init(_ source: KafkaSource) throws {
    self.source = source
    reader = try source.makeReader(worker: 0, wake: wake)
  }

  deinit { reader.close() }

  /// Adds all partitions that the source knows.
  @discardableResult
  func addAll(fixEnds: Bool = false) throws -> [SourcePartition] {
    let partitions = try source.partitions(fixEnds: fixEnds)
    for partition in partitions {
      try reader.add(partition.id, at: partition.start, end: partition.end)
    }
    return partitions
  }

  /// Takes what comes until the condition holds. Fails after `seconds`.
  func run(_ seconds: Double = 120, limit: Int = 4096, until done: () -> Bool) throws {
    let deadline = Date().addingTimeInterval(seconds)
    while !done() {
      guard Date() < deadline else {
        throw Broker.Failure(
          "after \(seconds) s: \(records.count) records, caught up \(caughtUp),"
            + " ended \(ended)")
      }
      if try !step(limit: limit) { wake.wait(1) }
    }
  }

  /// One poll; false when there was nothing.
  func step(limit: Int = 4096) throws -> Bool {
    switch try reader.poll(limit: limit) {
    case .nothing: return false
    case .rows, .advanced: throw Broker.Failure("Kafka gives records, not rows")
    case .caughtUp(let partition, _): caughtUp.append(partition)
    case .ended(let partition): ended.append(partition)
    case .records(let batch, let next):
      take(batch)
      positions[batch.partition] = next
    }
    return true
  }

  private func take(_ batch: RecordBatch) {
    batchSizes.append(batch.count)
    for row in 0..<batch.count {
      func text(_ span: RecordBatch.Span) -> String? {
        batch.bytes(span).map { String(decoding: $0, as: UTF8.self) }
      }
      records.append(
        SeenRecord(
          partition: batch.partition.number, offset: batch.offsets[row],
          value: text(batch.values[row]), key: text(batch.keys[row]),
          headers: batch.bytes(batch.headers[row]).map(Array.init) ?? [],
          time: batch.timestamps[row]))
    }
  }
}

extension Scene {
  /// The values of a topic up to its end, as a `read_committed` reader sees them.
  func committed(_ topic: String) throws -> [String] {
    let drive = try SourceDrive(source(["topic": .text(topic)]))
    let partitions = try drive.addAll(fixEnds: true)
    try drive.run { drive.ended.count == partitions.count }
    return drive.records.map { $0.value ?? "null" }
  }
}
