import Columns
import Plans
import Schemas

/// Rows of cells in columns as wide as they must be.
enum Table {
  /// The first row is the heading.
  static func text(_ rows: [[String]]) -> String {
    var widths: [Int] = []
    for row in rows {
      for (index, cell) in row.enumerated() {
        if index == widths.count { widths.append(0) }
        widths[index] = max(widths[index], cell.count)
      }
    }
    return rows.map { row in
      var line = ""
      for (index, cell) in row.enumerated() {
        line += cell
        if index + 1 < row.count {
          line += String(repeating: " ", count: widths[index] - cell.count + 2)
        }
      }
      return line + "\n"
    }.joined()
  }
}

/// A value of a column as a person reads it.
enum CellText {
  static func text(_ column: Column, _ row: Int) -> String {
    guard column.isValid(row) else { return "null" }
    if column.type.isText {
      let bytes = column.text(row)
      if column.type == .bytes { return "\(bytes.count) bytes" }
      if column.type.isNested { return column.json(row) }
      return String(decoding: bytes, as: UTF8.self)
    }
    switch column.type {
    case .bool: return column.bools[row] != 0 ? "true" : "false"
    case .float: return "\(column.floats[row])"
    case .decimal(_, let scale): return decimal(column.decimals[row], scale)
    case .timestamp: return TimeRendering.timestamp(column.ints[row])
    case .date: return TimeRendering.date(column.ints[row])
    case .duration: return TimeRendering.duration(column.ints[row])
    default: return "\(column.ints[row])"
    }
  }

  private static func decimal(_ unscaled: Int128, _ scale: Int) -> String {
    var digits = "\(unscaled.magnitude)"
    if digits.count <= scale {
      digits = String(repeating: "0", count: scale - digits.count + 1) + digits
    }
    if scale > 0 { digits.insert(".", at: digits.index(digits.endIndex, offsetBy: -scale)) }
    return unscaled < 0 ? "-\(digits)" : digits
  }
}
