import Columns
import Schemas

// Which values a tensor has room for: the protocol's text would take any number.
extension Tensor {
  /// The first value of a row that it has none for, as messages show it; nil: it holds all.
  func misfit(_ column: Column, _ row: Int) -> String? {
    switch column.type {
    case .list:
      let elements = column.elements(row)
      for element in 0..<elements.rowCount {
        if let value = misfit(elements, element) { return value }
      }
      return nil
    case .int:
      let value = column.entry(row).column.ints[column.entry(row).row]
      return holds(value) ? nil : "\(value)"
    case .float:
      let value = column.entry(row).column.floats[column.entry(row).row]
      return holds(value) ? nil : "\(value)"
    default: return nil
    }
  }

  private func holds(_ value: Int64) -> Bool {
    switch datatype {
    case "INT8": Int8(exactly: value) != nil
    case "INT16": Int16(exactly: value) != nil
    case "INT32": Int32(exactly: value) != nil
    case "UINT8": UInt8(exactly: value) != nil
    case "UINT16": UInt16(exactly: value) != nil
    case "UINT32": UInt32(exactly: value) != nil
    case "UINT64": value >= 0
    default: holds(Double(value))
    }
  }

  /// Whether it is not rounded to an infinity: halfway from the greatest to the next it would be.
  private func holds(_ value: Double) -> Bool {
    switch datatype {
    case "FP16": abs(value) < 65_520
    case "BF16": abs(value) < 0x1.ffp127
    case "FP32": abs(value) < 0x1.ffffffp127
    default: true
    }
  }
}
