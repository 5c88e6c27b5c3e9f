import Columns
import Plans
import Schemas
import TestKit

/// A row as the model keeps it.
struct ModelRow {
  var partition: Int
  var place: Int64
  var time: Int64
  /// The watermark of its partition when it came.
  var watermark: Int64
  var key: String?
  var i: Int64?
  var f: Double?
  var d: Int128?
  var s: String?
  var b: Bool?
  var pass: Bool?

  var tag: (Int64, Int64, Int64) { (time, Int64(partition), place) }
}

/// What a window should give: all rows kept, each aggregate computed from scratch.
enum WindowModel {
  static let decimal = DataType.decimal(precision: 12, scale: 2)
  static let schema = Schema([
    Field("key", .string, nullable: true), Field("i", .int, nullable: true),
    Field("f", .float, nullable: true), Field("d", decimal, nullable: true),
    Field("s", .string, nullable: true), Field("b", .bool, nullable: true),
    Field("pass", .bool, nullable: true),
  ])

  typealias Aggregate = (name: String, function: String, columns: [String], type: DataType)

  /// Every aggregate, over every type that it takes.
  static let aggregates: [Aggregate] = [
    ("n", "count", [], .int), ("ns", "count", ["s"], .int),
    ("sum_i", "sum", ["i"], .int), ("sum_f", "sum", ["f"], .float),
    ("sum_d", "sum", ["d"], .decimal(precision: 38, scale: 2)),
    ("avg_i", "avg", ["i"], .float), ("avg_f", "avg", ["f"], .float),
    ("avg_d", "avg", ["d"], .decimal(precision: 38, scale: 6)),
    ("min_i", "min", ["i"], .int), ("max_f", "max", ["f"], .float),
    ("min_d", "min", ["d"], decimal), ("max_s", "max", ["s"], .string),
    ("min_s", "min", ["s"], .string), ("max_d", "max", ["d"], decimal),
    ("all", "bool_and", ["b"], .bool), ("some", "bool_or", ["b"], .bool),
    ("and", "bit_and", ["i"], .int), ("or", "bit_or", ["i"], .int),
    ("xor", "bit_xor", ["i"], .int), ("var", "var_pop", ["f"], .float),
    ("dev", "stddev_samp", ["i"], .float), ("cov", "covar_samp", ["f", "i"], .float),
    ("corr", "corr", ["f", "i"], .float), ("first", "first", ["s"], .string),
    ("last", "last", ["i"], .int), ("any", "any", ["d"], decimal),
    ("low", "arg_min", ["s", "i"], .string), ("high", "arg_max", ["i", "s"], .int),
    ("list", "collect", ["s"], .list(FieldType(.string))),
    ("numbers", "collect", ["i"], .list(FieldType(.int))),
    ("few", "collect", ["s"], .list(FieldType(.string))),
    ("median", "median", ["i"], .float), ("p90", "percentile", ["f"], .float),
    ("different", "count_distinct", ["s"], .int), ("kinds", "count_distinct", ["f"], .int),
    ("about", "approx_count_distinct", ["f"], .int),
    ("pairs", "approx_count_distinct", ["s", "i"], .int),
    ("near", "approx_percentile", ["f"], .float),
    ("often", "approx_top", ["s"], .list(counted(.string))),
    ("numbers_often", "approx_top", ["i"], .list(counted(.int))),
  ]

  private static func counted(_ type: DataType) -> FieldType {
    FieldType(.structure([Field("value", type), Field("count", .int), Field("error", .int)]))
  }

  /// Those that can take back what was merged into them.
  static let exact = aggregates.filter { aggregate in
    aggregate.function == "count"
      || ["sum", "avg"].contains(aggregate.function) && aggregate.columns != ["f"]
  }

  /// They, and those that are as small for many rows as for one.
  static let rolling = aggregates.filter { aggregate in
    switch aggregate.function {
    case "count", "sum", "avg", "bool_and", "bool_or", "bit_and", "bit_or", "bit_xor", "var_pop",
      "stddev_samp", "covar_samp", "corr":
      true
    case "min", "max": aggregate.columns != ["s"]
    default: false
    }
  }

  static func plan(
    _ kind: WindowSpec.Kind, offset: Int64, filtered: Bool,
    _ aggregates: [Aggregate] = aggregates
  ) -> PhysicalWindow {
    PhysicalWindow(
      kind: kind, offset: offset, keys: [schema[0]],
      aggregates: aggregates.map { aggregate in
        var arguments = aggregate.columns.compactMap { name in
          schema.field(named: name).map { PhysicalWindow.Argument.column($0) }
        }
        if aggregate.function == "percentile" { arguments.append(.constant(.float(0.9))) }
        // The greatest is exact; how near others are is told by the tests of sketches.
        if aggregate.function == "approx_percentile" { arguments.append(.constant(.float(1))) }
        if aggregate.name == "few" { arguments.append(.constant(.int(2))) }
        if aggregate.function == "approx_top" { arguments.append(.constant(.int(2))) }
        return PhysicalWindow.Aggregate(
          name: aggregate.name, function: aggregate.function, arguments: arguments,
          filter: filtered ? "pass" : nil,
          fieldType: FieldType(aggregate.type, nullable: true))
      })
  }

  /// Floats are equal up to rounding.
  static func same(_ a: Cell, _ b: Cell) -> Bool {
    guard case .float(let x) = a, case .float(let y) = b else { return a == b }
    return abs(x - y) <= 1e-6 * max(1, abs(x), abs(y))
  }

  static func value(_ aggregate: Aggregate, _ rows: [ModelRow]) -> Cell {
    let present = rows.filter { row in
      aggregate.columns.allSatisfy { cell(row, $0) != .null }
    }.sorted { $0.tag < $1.tag }
    let (x, y) = (aggregate.columns.first ?? "", aggregate.columns.last ?? "")
    let cells = present.map { cell($0, x) }
    let numbers = cells.map(double)
    let others = present.map { double(cell($0, y)) }
    switch aggregate.function {
    case "count": return .int(Int64(present.count))
    case "count_distinct": return .int(Int64(Set(cells).count))
    case "approx_count_distinct":
      return .int(Int64(Set(present.map { [cell($0, x), cell($0, y)] }).count))
    case "approx_top": return top(cells)
    case "first", "any": return cells.first ?? .null
    case "last": return cells.last ?? .null
    case "min": return cells.min(by: precedes) ?? .null
    case "max": return cells.max(by: precedes) ?? .null
    case "arg_min", "arg_max":
      let isLeast = aggregate.function == "arg_min"
      var best: ModelRow?
      for row in present {
        guard let held = best else {
          best = row
          continue
        }
        let (a, b) = (cell(row, y), cell(held, y))
        if isLeast ? precedes(a, b) : precedes(b, a) { best = row }
      }
      return best.map { cell($0, x) } ?? .null
    case "bool_and": return cells.isEmpty ? .null : .bool(!cells.contains(.bool(false)))
    case "bool_or": return cells.isEmpty ? .null : .bool(cells.contains(.bool(true)))
    case "bit_and", "bit_or", "bit_xor": return bits(aggregate.function, present)
    case "collect":
      let told = aggregate.name == "few" ? cells.prefix(2) : cells[...]
      return .text("[" + told.map(json).joined(separator: ",") + "]")
    case "sum", "avg": return total(aggregate, present, numbers)
    default: return statistic(aggregate.function, numbers, others)
    }
  }

  /// The two that come most often; of equals the lesser first.
  private static func top(_ cells: [Cell]) -> Cell {
    let counts = Dictionary(grouping: cells) { $0 }.mapValues(\.count)
      .sorted { $0.value != $1.value ? $0.value > $1.value : precedes($0.key, $1.key) }
    let parts = counts.prefix(2).map { entry in
      "{\"value\":\(json(entry.key)),\"count\":\(entry.value),\"error\":0}"
    }
    return .text("[" + parts.joined(separator: ",") + "]")
  }

  private static func total(
    _ aggregate: Aggregate, _ rows: [ModelRow], _ numbers: [Double]
  ) -> Cell {
    guard !rows.isEmpty else { return .null }
    let count = Int128(rows.count)
    switch (aggregate.function, aggregate.columns[0]) {
    case ("sum", "i"): return .int(rows.reduce(0) { $0 + ($1.i ?? 0) })
    case ("sum", "d"): return .decimal(unscaled: rows.reduce(0) { $0 + ($1.d ?? 0) }, scale: 2)
    case ("avg", "d"):
      let sum = rows.reduce(Int128(0)) { $0 + ($1.d ?? 0) } * 10_000
      let half = (sum.magnitude * 2 + UInt128(count)) / UInt128(count * 2)
      return .decimal(unscaled: sum < 0 ? -Int128(half) : Int128(half), scale: 6)
    case ("sum", _): return .float(numbers.reduce(0, +))
    default: return .float(numbers.reduce(0, +) / Double(rows.count))
    }
  }

  private static func statistic(_ function: String, _ x: [Double], _ y: [Double]) -> Cell {
    let n = Double(x.count)
    let (meanX, meanY) = (x.reduce(0, +) / n, y.reduce(0, +) / n)
    let squareX = x.reduce(0) { $0 + ($1 - meanX) * ($1 - meanX) }
    let squareY = y.reduce(0) { $0 + ($1 - meanY) * ($1 - meanY) }
    let product = zip(x, y).reduce(0) { $0 + ($1.0 - meanX) * ($1.1 - meanY) }
    let sorted = x.sorted()
    func at(_ share: Double) -> Cell {
      guard !sorted.isEmpty else { return .null }
      let place = share * Double(sorted.count - 1)
      let low = Int(place)
      let high = min(low + 1, sorted.count - 1)
      return .float(sorted[low] + (sorted[high] - sorted[low]) * (place - Double(low)))
    }
    switch function {
    case "var_pop": return n > 0 ? .float(squareX / n) : .null
    case "stddev_samp": return n > 1 ? .float((squareX / (n - 1)).squareRoot()) : .null
    case "covar_samp": return n > 1 ? .float(product / (n - 1)) : .null
    case "corr":
      let divisor = (squareX * squareY).squareRoot()
      return n > 1 && divisor > 0 ? .float(product / divisor) : .null
    case "median": return at(0.5)
    case "approx_percentile": return at(1)
    default: return at(0.9)
    }
  }

  private static func bits(_ function: String, _ rows: [ModelRow]) -> Cell {
    guard !rows.isEmpty else { return .null }
    let values = rows.compactMap(\.i)
    switch function {
    case "bit_and": return .int(values.reduce(-1, &))
    case "bit_or": return .int(values.reduce(0, |))
    default: return .int(values.reduce(0, ^))
    }
  }

  static func cell(_ row: ModelRow, _ column: String) -> Cell {
    switch column {
    case "key": row.key.map { .text($0) } ?? .null
    case "i": row.i.map { .int($0) } ?? .null
    case "f": row.f.map { .float($0) } ?? .null
    case "d": row.d.map { .decimal(unscaled: $0, scale: 2) } ?? .null
    case "s": row.s.map { .text($0) } ?? .null
    case "b": row.b.map { .bool($0) } ?? .null
    default: row.pass.map { .bool($0) } ?? .null
    }
  }

  private static func double(_ cell: Cell) -> Double {
    switch cell {
    case .int(let value): Double(value)
    case .float(let value): value
    case .decimal(let unscaled, _): Double(unscaled) / 100
    default: 0
    }
  }

  private static func precedes(_ a: Cell, _ b: Cell) -> Bool {
    switch (a, b) {
    case (.text(let x), .text(let y)): Array(x.utf8).lexicographicallyPrecedes(Array(y.utf8))
    case (.decimal(let x, _), .decimal(let y, _)): x < y
    default: double(a) < double(b)
    }
  }

  private static func json(_ cell: Cell) -> String {
    if case .text(let text) = cell { return "\"\(text)\"" }
    return "\(cell)"
  }
}
