import Columns
import Schemas

/// A model's input as requests hold it.
enum InputText {
  /// As JSON: a number, `true`, a quoted text, a list. False where there is none: of NaN and
  /// infinity.
  static func writeJSON(_ column: Column, _ row: Int, to buffer: ByteBuffer) -> Bool {
    switch column.type {
    case .string: JSONText.write(Array(column.text(row)), to: buffer)
    case .list:
      buffer.append("[")
      guard writeElements(column, row, to: buffer) != nil else { return false }
      buffer.append("]")
    default:
      if column.type == .float, !column.entry(row).column.floats[column.entry(row).row].isFinite {
        return false
      }
      writeWords(column, row, to: buffer)
    }
    return true
  }

  /// The elements of a list, with commas between; nil where one has no JSON or is null. How many
  /// there are.
  static func writeElements(_ column: Column, _ row: Int, to buffer: ByteBuffer) -> Int? {
    let elements = column.elements(row)
    for element in 0..<elements.rowCount {
      if element > 0 { buffer.append(",") }
      guard elements.isValid(element), writeJSON(elements, element, to: buffer) else {
        return nil
      }
    }
    return elements.rowCount
  }

  /// As words: a text as it is, a list as JSON.
  static func writeWords(_ column: Column, _ row: Int, to buffer: ByteBuffer) {
    let (values, at) = column.entry(row)
    switch column.type {
    case .bool: buffer.append(values.bools[at] != 0 ? "true" : "false")
    case .int: IntegerText.write(values.ints[at], to: buffer)
    case .float: FloatText.write(values.floats[at], to: buffer)
    case .list: _ = NestedText(column.type).write(column.text(row), to: buffer)
    default: buffer.append(column.text(row))
    }
  }
}
