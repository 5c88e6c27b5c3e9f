package import Columns
package import Schemas

/// One value of a batch, as tests write it: `1`, `"a"`, `true`, `nil`, `1.5`.
///
/// In a decimal column a text literal gives the exact digits (`"1.50"`), and an integer literal the
/// whole number. `timestamp`, `date` and `duration` are `int`s in their units.
package enum Cell: Hashable, Sendable {
  case null
  case bool(Bool)
  /// Of `int`, `timestamp`, `date` and `duration` columns.
  case int(Int64)
  case float(Double)
  case decimal(unscaled: Int128, scale: Int)
  /// Of `string` and `json` columns, and `bytes` columns that hold UTF-8; JSON of nested ones.
  case text(String)
  case bytes([UInt8])
}

extension Cell: ExpressibleByNilLiteral, ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral,
  ExpressibleByFloatLiteral, ExpressibleByStringLiteral
{
  package init(nilLiteral: ()) { self = .null }
  package init(booleanLiteral value: Bool) { self = .bool(value) }
  package init(integerLiteral value: Int64) { self = .int(value) }
  package init(floatLiteral value: Double) { self = .float(value) }
  package init(stringLiteral value: String) { self = .text(value) }
}

extension Cell: CustomStringConvertible {
  package var description: String {
    switch self {
    case .null: "null"
    case .bool(let value): "\(value)"
    case .int(let value): "\(value)"
    case .float(let value): "\(value)"
    case .decimal(let unscaled, let scale): "\(unscaled)e-\(scale)"
    case .text(let value): "\"\(value)\""
    case .bytes(let value): "\(value)"
    }
  }
}

extension Batch {
  /// A batch of rows written as literals; `selecting` gives the rows that count.
  package convenience init(
    _ schema: Schema, _ rows: [[Cell]], selecting: [Int]? = nil
  ) {
    let columns = schema.fields.indices.map { index in
      Column(schema[index].type, rows.map { $0[index] })
    }
    self.init(
      schema: schema, columns: columns, rowCount: rows.count,
      selection: selecting.map { Selection(rows: $0) })
  }

  /// The numbers of the rows that count, ascending.
  package var countedRows: [Int] {
    selection?.rowNumbers ?? Array(0..<rowCount)
  }

  /// The values of the rows that count, in order.
  package var cells: [[Cell]] {
    countedRows.map { row in columns.map { $0.cell(row) } }
  }
}

extension Column {
  /// A column of these values. A value that the type can't hold is the test's mistake and traps.
  package convenience init(_ type: DataType, _ cells: [Cell], forceValidity: Bool = false) {
    let withValidity = forceValidity || cells.contains(.null)
    if type.isText {
      let texts = cells.map(\.utf8)
      self.init(
        text: type, rowCount: cells.count, byteCount: texts.reduce(0) { $0 + $1.count },
        withValidity: withValidity)
      var end = 0
      offsets![0] = 0
      for (row, text) in texts.enumerated() {
        for byte in text {
          bytes![end] = byte
          end += 1
        }
        offsets![row + 1] = UInt32(end)
      }
    } else {
      self.init(fixed: type, rowCount: cells.count, withValidity: withValidity)
      for (row, cell) in cells.enumerated() { store(cell, at: row) }
    }
    for (row, cell) in cells.enumerated() { validity?[row] = cell == .null ? 0 : 1 }
  }

  /// A dictionary column of these values, its entries in order of first appearance.
  package static func dictionary(_ type: DataType, _ cells: [Cell]) -> Column {
    var entries: [Cell] = []
    for cell in cells where cell != .null && !entries.contains(cell) { entries.append(cell) }
    if entries.isEmpty { entries = [.text("")] }
    let column = Column(
      dictionary: Column(type, entries), rowCount: cells.count,
      withValidity: cells.contains(.null))
    for (row, cell) in cells.enumerated() {
      column.codes[row] = UInt32(entries.firstIndex(of: cell) ?? 0)
      column.validity?[row] = cell == .null ? 0 : 1
    }
    return column
  }

  /// The value of a row.
  package func cell(_ row: Int) -> Cell {
    guard isValid(row) else { return .null }
    if let dictionary { return dictionary.cell(Int(codes[row])) }
    switch type {
    case .bool: return .bool(bools[row] != 0)
    case .float: return .float(floats[row])
    case .decimal(_, let scale): return .decimal(unscaled: decimals[row], scale: scale)
    case .list, .map, .structure: return .text(NestedText(type).string(text(row)))
    case .string, .json, .bytes:
      let bytes = Array(text(row))
      return String(validating: bytes, as: UTF8.self).map { .text($0) } ?? .bytes(bytes)
    default: return .int(ints[row])
    }
  }

  /// The values of all rows.
  package var cells: [Cell] { (0..<rowCount).map { cell($0) } }

  private func store(_ cell: Cell, at row: Int) {
    switch (type, cell) {
    case (.bool, .bool(let value)): bools[row] = value ? 1 : 0
    case (.bool, .null): bools[row] = 0
    case (.float, .float(let value)): floats[row] = value
    case (.float, .int(let value)): floats[row] = Double(value)
    case (.decimal(_, let scale), _): decimals[row] = cell.unscaled(scale)
    case (_, .int(let value)): ints[row] = value
    case (_, .null): ints[row] = 0
    default: preconditionFailure("\(cell) does not fit a column of \(type)")
    }
  }
}

extension Cell {
  fileprivate var utf8: [UInt8] {
    switch self {
    case .text(let value): Array(value.utf8)
    case .bytes(let value): value
    case .null: []
    default: preconditionFailure("\(self) is no text")
    }
  }

  /// The digits at a scale; what the scale cannot hold traps.
  fileprivate func unscaled(_ scale: Int) -> Int128 {
    func power(_ n: Int) -> Int128 { (0..<n).reduce(Int128(1)) { power, _ in power * 10 } }
    switch self {
    case .null: return 0
    case .int(let value): return Int128(value) * power(scale)
    case .decimal(let unscaled, let own): return unscaled * power(scale - own)
    case .text(let text):
      let parts = text.split(separator: ".", omittingEmptySubsequences: false)
      let fraction = parts.count > 1 ? String(parts[1]) : ""
      precondition(fraction.count <= scale, "\(text) has more than \(scale) digits")
      return Int128(parts[0] + fraction)! * power(scale - fraction.count)
    default: preconditionFailure("\(self) is no decimal")
    }
  }
}

/// How two batches differ, as one readable text; nil where their rows that count are equal.
package func difference(_ actual: Batch, _ expected: [[Cell]]) -> String? {
  let rows = actual.cells
  for (index, pair) in zip(rows, expected).enumerated() where pair.0 != pair.1 {
    return "row \(index) is \(pair.0), not \(pair.1)"
  }
  guard rows.count != expected.count else { return nil }
  return "\(rows.count) rows instead of \(expected.count)"
}
