import Columns
import Connectors
import Formats
import Plans
import Schemas

/// Finds out which key each object of an answer is for, by the key columns in it.
final class KeyMatcher: @unchecked Sendable {
  struct Fault: Error {
    var reason: String
  }

  // One thread at a time uses it.
  private let decoder: any RecordDecoder
  private let names: [String]
  private let partition: PartitionID

  init(_ table: TableSpec) throws(ConnectorError) {
    var spec = table.decoding
    spec.columns.removeAll { !table.keys.contains($0.field.name) }
    // A service may write the number 5 as "5".
    spec.coerce = true
    names = table.keys
    partition = PartitionID(source: table.name, topic: table.name, number: 0)
    do throws(FormatError) {
      decoder = try makeDecoder(spec)
    } catch {
      throw ConnectorError(.configuration, "table `\(table.name)`: \(error)")
    }
  }

  /// Whether all of them name their keys.
  func canTell(_ objects: [[UInt8]]) -> Bool {
    if case .success = texts(objects) { true } else { false }
  }

  /// Of each key its object. Of objects for one key the last counts; those that are for another key
  /// were not asked for.
  func match(_ objects: [[UInt8]], _ keys: Batch) -> Result<[[UInt8]?], Fault> {
    var numbers: [[[UInt8]]: Int] = [:]
    for row in 0..<keys.rowCount {
      numbers[keys.columns.map { KeyText.text($0, row) }] = row
    }
    var found: [[UInt8]?] = Array(repeating: nil, count: keys.rowCount)
    switch texts(objects) {
    case .failure(let fault): return .failure(fault)
    case .success(let texts):
      for (object, text) in zip(objects, texts) {
        if let row = numbers[text] { found[row] = object }
      }
    }
    return .success(found)
  }

  private func texts(_ objects: [[UInt8]]) -> Result<[[[UInt8]]], Fault> {
    let records = RecordBatch(
      partition: partition, capacity: max(objects.count, 1),
      byteCapacity: max(objects.reduce(0) { $0 + $1.count }, 1))
    for (number, object) in objects.enumerated() {
      object.withUnsafeBytes {
        records.append(value: $0, key: nil, timestamp: .min, offset: Int64(number))
      }
    }
    let decoded = decoder.decode(records)
    if let failure = decoded.failures.first {
      return .failure(
        Fault(
          reason: "object \(failure.row + 1) of the answer does not say which key it is for: "
            + failure.reason))
    }
    let batch = decoded.batch.gathered()
    let places = names.map { batch.schema.index(of: $0) ?? 0 }
    return .success(
      (0..<batch.rowCount).map { row in places.map { KeyText.text(batch.columns[$0], row) } })
  }
}
