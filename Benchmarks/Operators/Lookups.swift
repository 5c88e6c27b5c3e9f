import Columns
import Operators
import Plans
import Schemas
import TestKit

/// A look-up in a table of latest rows, one row of the table changing for ten that look it up:
/// processor time a row, and bytes of memory a key.
enum Lookups {
  private static let rowsOfKey = 10
  private static let schema = Schema([Field("user", .string), Field("n", .int)])
  private static let values = [Field("name", .string), Field("level", .int)]
  private static let table = Schema(
    [Field("id", .string)] + values + [Field("since", .timestamp), Field("gone", .bool)])

  static func measure(keys: Int) throws {
    let latest = PhysicalLatest(
      table: "t", keys: ["user"], tableKeys: [table[0]], version: "since", deleted: "gone",
      values: values, columns: values.map { EnrichedColumn(tableColumn: $0.name, name: $0.name) },
      isRequired: false, expiry: nil, isReadFirst: false)
    let found = values.map { Field($0.name, FieldType($0.type, nullable: true)) }
    let before = residentBytes()
    let lookUp = try makeOperator(
      .latest(latest), [schema, table], Schema(schema.fields + found))
    let output = Chain()
    var random = SeededRandom(seed: 3)
    for first in stride(from: 0, to: keys, by: Batch.rowLimit) {
      let batch = versions(first..<min(first + Batch.rowLimit, keys))
      _ = try lookUp.process(batch, input: 1, output: output)
    }
    let after = withExtendedLifetime(lookUp) { residentBytes() }
    let rows = max(keys * rowsOfKey, 4_000_000)
    var spent: Int64 = 0
    for first in stride(from: 0, to: rows, by: Batch.rowLimit) {
      let count = min(Batch.rowLimit, rows - first)
      let changed = versions((0..<count / rowsOfKey).map { _ in Int(random.next() % UInt64(keys)) })
      let batch = lookers(count, keys, &random)
      let start = processorTime()
      _ = try lookUp.process(changed, input: 1, output: output)
      _ = try lookUp.process(batch, input: 0, output: output)
      spent += processorTime() - start
    }
    let each = Double(spent) / Double(rows)
    print(
      "look-up in latest rows: \(rows) rows, \(keys) keys: \(Int(each)) ns a row, "
        + "\(Double(Int(1_000 / each * 10)) / 10) M rows/s, \((after - before) / keys) bytes a key")
  }

  private static func versions(_ ids: some Collection<Int>) -> Batch {
    let builders = table.fields.map { ColumnBuilder($0.type, capacity: max(ids.count, 1)) }
    for id in ids {
      builders[0].append(key: id)
      builders[1].append(key: id)
      builders[2].append(int: Int64(id % 7))
      builders[3].append(int: 0)
      builders[4].append(bool: false)
    }
    return Batch(schema: table, columns: builders.map { $0.finish() }, rowCount: ids.count)
  }

  private static func lookers(_ count: Int, _ keys: Int, _ random: inout SeededRandom) -> Batch {
    let builders = schema.fields.map { ColumnBuilder($0.type, capacity: count) }
    for row in 0..<count {
      builders[0].append(key: Int(random.next() % UInt64(keys)))
      builders[1].append(int: Int64(row))
    }
    return Batch(schema: schema, columns: builders.map { $0.finish() }, rowCount: count)
  }
}
