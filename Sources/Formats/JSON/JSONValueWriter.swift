package import Columns
package import Plans
package import Schemas

/// Writes one column's values as JSON.
package struct JSONValueWriter: Sendable {
  private let name: String
  private let text: CellText
  private let isQuoted: Bool

  package init(_ field: Field, _ spec: EncodingSpec = EncodingSpec()) {
    name = field.name
    text = CellText(field.type, spec, wrapsBytes: true)
    isQuoted =
      switch field.type {
      case .bool, .int, .float, .json, .string, .list, .map, .structure: false
      case .decimal: spec.decimalsAsText
      case .timestamp: spec.timestamps == .rfc3339
      default: true
      }
  }

  /// The reason where the value has no form in JSON.
  package func write(_ column: Column, _ row: Int, to buffer: ByteBuffer) -> String? {
    guard column.isValid(row) else {
      buffer.append("null")
      return nil
    }
    let place = column.plain(row)
    switch text.type {
    case .string:
      JSONText.write(place.column.text(place.row), to: buffer)
      return nil
    case .json:
      JSONText.writeDocument(place.column.text(place.row), to: buffer)
      return nil
    case .float where !place.column.floats[place.row].isFinite:
      return "`\(name)` is \(place.column.floats[place.row]), for which JSON has no form"
    default: break
    }
    if isQuoted { buffer.append(UInt8(ascii: "\"")) }
    let reason = text.write(place.column, place.row, to: buffer)
    if isQuoted { buffer.append(UInt8(ascii: "\"")) }
    return reason.map { "`\(name)`: \($0)" }
  }
}
