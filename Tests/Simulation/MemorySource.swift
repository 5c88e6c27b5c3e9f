import Columns
package import Connectors
package import Platform
import Schemas
import TestKit

/// Partitions of rows in memory that all processes of a simulation read. Some may appear late.
package final class MemorySource: Source, @unchecked Sendable {
  package let name: String
  package let discoveryInterval: Int64?
  let rows: [[SimulatedRow]]
  /// Whether a partition is there by now.
  private let isThere: (Int) -> Bool

  package init(
    name: String, rows: [[SimulatedRow]], discoveryInterval: Int64?,
    isThere: @escaping (Int) -> Bool
  ) {
    self.name = name
    self.rows = rows
    self.discoveryInterval = discoveryInterval
    self.isThere = isThere
  }

  package func partitions(fixEnds: Bool) throws(ConnectorError) -> [SourcePartition] {
    rows.indices.filter(isThere).map { index in
      SourcePartition(
        id: PartitionID(source: name, topic: "in", number: Int32(index)),
        start: Position(offset: 0), beginning: Position(offset: 0),
        end: fixEnds ? Position(offset: Int64(rows[index].count)) : nil)
    }
  }

  package func makeReader(
    worker: Int, wake: any Wake
  ) throws(ConnectorError) -> any SourceReader { MemoryReader(self) }
}

final class MemoryReader: SourceReader {
  private struct Reading {
    var id: PartitionID
    var next: Int
    var end: Int?
    var isHeld = false
    var hasToldEnd = false
  }

  private let source: MemorySource
  private var readings: [Reading] = []
  private var turn = 0

  init(_ source: MemorySource) { self.source = source }

  func add(
    _ partition: PartitionID, at position: Position, end: Position?
  ) throws(ConnectorError) {
    readings.append(
      Reading(id: partition, next: Int(position.offset), end: end.map { Int($0.offset) }))
  }

  func poll(limit: Int) throws(ConnectorError) -> SourcePoll {
    for _ in readings.indices {
      turn = (turn + 1) % readings.count
      let reading = readings[turn]
      if reading.isHeld || reading.hasToldEnd { continue }
      let all = source.rows[Int(reading.id.number)]
      let end = min(reading.end ?? all.count, all.count)
      if reading.next >= end {
        readings[turn].hasToldEnd = true
        return reading.end == nil ? .caughtUp(reading.id) : .ended(reading.id)
      }
      let count = min(limit, end - reading.next, 3)
      let taken = all[reading.next..<reading.next + count]
      readings[turn].next += count
      let batch = Batch(
        SimulatedRow.schema,
        taken.map {
          [.text($0.key), $0.time.map { .int($0) } ?? .null, .int($0.id), .text($0.value)]
        })
      return .rows(batch, reading.id, next: Position(offset: Int64(reading.next + count)))
    }
    return .nothing
  }

  func hold(_ partition: PartitionID) { set(partition) { $0.isHeld = true } }
  func release(_ partition: PartitionID) { set(partition) { $0.isHeld = false } }
  func close() {}

  private func set(_ partition: PartitionID, _ change: (inout Reading) -> Void) {
    for index in readings.indices where readings[index].id == partition {
      change(&readings[index])
    }
  }
}
