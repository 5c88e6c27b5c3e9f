import Columns
import Operators
import Plans
import Schemas
import TestKit

/// The first phase of `window tumbling 1h by id { a = FUNCTION(n) }` over rows of any keys, of a
/// sketch or what is exact in its place: processor time a row, what it puts out at the end counted
/// too, and bytes of memory a key.
enum Sketches {
  private static let schema = Schema([Field("id", .string), Field("n", .int)])

  static func measure(_ function: String, keys: Int) throws {
    let rows = max(keys * 10, 4_000_000)
    let isFloat = function.hasSuffix("percentile")
    var arguments = [PhysicalWindow.Argument.column(isFloat ? Field("n", .float) : schema[1])]
    if isFloat { arguments.append(.constant(.float(0.95))) }
    if function == "approx_top" { arguments.append(.constant(.int(10))) }
    let window = PhysicalWindow(
      kind: .tumbling(size: 3_600_000_000_000), offset: 0, keys: [schema[0]],
      aggregates: [
        .init(
          name: "a", function: function, arguments: arguments, filter: nil,
          fieldType: FieldType(isFloat ? .float : .int))
      ])
    let input = isFloat ? Schema([schema[0], Field("n", .float)]) : schema
    let before = residentBytes()
    let op = try makeOperator(.localWindow(window), [input], window.partialSchema)
    let behind = Chain()
    var random = SeededRandom(seed: 3)
    var spent: Int64 = 0
    var most = 0
    for first in stride(from: 0, to: rows, by: Batch.rowLimit) {
      let batch = batch(first..<min(first + Batch.rowLimit, rows), keys, input, &random)
      let start = processorTime()
      var progress = try op.process(batch, input: 0, output: behind)
      while progress == .more { progress = try op.resume(behind) }
      spent += processorTime() - start
      most = max(most, first % 64 == 0 ? residentBytes() : 0)
    }
    let start = processorTime()
    var progress = try op.finish(behind)
    while progress == .more { progress = try op.resume(behind) }
    spent += processorTime() - start
    print(
      "\(function): \(rows) rows, \(keys) keys: \(spent / Int64(rows)) ns a row, "
        + "\(max(most - before, 0) / keys) bytes a key, \(behind.rows) partial rows")
  }

  private static func batch(
    _ range: Range<Int>, _ keys: Int, _ schema: Schema, _ random: inout SeededRandom
  ) -> Batch {
    let ids = ColumnBuilder(.string, capacity: range.count)
    let numbers = ColumnBuilder(schema[1].type, capacity: range.count)
    for _ in range {
      ids.append(key: Int(random.next() % UInt64(keys)))
      let number = Int64(random.next() % 1_000_000)
      if schema[1].type == .float {
        numbers.append(float: Double(number))
      } else {
        numbers.append(int: number)
      }
    }
    let batch = Batch(
      schema: schema, columns: [ids.finish(), numbers.finish()], rowCount: range.count)
    batch.hidden.eventTimes = .counting(from: Int64(range.lowerBound), rowCount: range.count)
    return batch
  }
}
