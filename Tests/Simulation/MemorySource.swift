import Columns
package import Connectors
package import Platform
import Schemas
import TestKit

/// Partitions of rows in memory that all processes of a simulation read, each a (key, time).
package final class MemorySource: Source, @unchecked Sendable {
  package let name: String
  let rows: [[(key: String, time: Int64)]]

  package init(name: String, rows: [[(key: String, time: Int64)]]) {
    self.name = name
    self.rows = rows
  }

  package func partitions(fixEnds: Bool) throws(ConnectorError) -> [SourcePartition] {
    rows.indices.map { index in
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
        SimulatedPlan.rowSchema, taken.map { [Cell.text($0.key), Cell.int($0.time)] })
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
