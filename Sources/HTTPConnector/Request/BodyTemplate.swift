import Columns
import Connectors
import Formats
import Schemas

/// JSON with columns in it, each written as a value of its type.
struct BodyTemplate: Sendable {
  private let value: ResolvedValue
  private let keys: [String]

  init(_ value: ResolvedValue, keys: [String]) {
    self.value = value
    self.keys = keys
  }

  /// `row`: whose values stand in it; all rows where it takes all.
  func bytes(_ batch: Batch, row: Int = 0) throws(TemplateRefusal) -> [UInt8] {
    let buffer = ByteBuffer(capacity: 256)
    switch value {
    // A text is JSON already, with places for values.
    case .text(let text): buffer.append(string: text)
    case .template(let pieces):
      for piece in pieces {
        if case .text(let text) = piece {
          buffer.append(string: text)
        } else {
          try write(piece, batch, row, buffer)
        }
      }
    default: try write(value, batch, row, buffer)
    }
    return Array(buffer.bytes)
  }

  private func write(
    _ value: ResolvedValue, _ batch: Batch, _ row: Int, _ buffer: ByteBuffer
  ) throws(TemplateRefusal) {
    switch value {
    case .bool(let value): buffer.append(string: value ? "true" : "false")
    case .int(let value): buffer.append(string: "\(value)")
    case .float(let value): buffer.append(string: value.isFinite ? "\(value)" : "null")
    case .null: buffer.append("null")
    case .text(let text): JSONText.write(Array(text.utf8), to: buffer)
    case .duration(let micros): buffer.append(string: "\(micros)")
    case .template(let pieces):
      JSONText.write(try TemplateText.joined(pieces, batch, row, keys), to: buffer)
    case .key(let name):
      if let column = keys.firstIndex(of: name) {
        try write(name, batch.columns[column], row, buffer)
      }
    case .keys: try writeAll(batch, buffer)
    case .list(let items):
      buffer.append("[")
      for (number, item) in items.enumerated() {
        if number > 0 { buffer.append(",") }
        try write(item, batch, row, buffer)
      }
      buffer.append("]")
    case .object(let members):
      buffer.append("{")
      for (number, member) in members.sorted(by: { $0.key < $1.key }).enumerated() {
        if number > 0 { buffer.append(",") }
        JSONText.write(Array(member.key.utf8), to: buffer)
        buffer.append(":")
        try write(member.value, batch, row, buffer)
      }
      buffer.append("}")
    }
  }

  /// Of one key column a list of values, of several a list of objects.
  private func writeAll(
    _ batch: Batch, _ buffer: ByteBuffer
  ) throws(TemplateRefusal) {
    buffer.append("[")
    for row in 0..<batch.rowCount {
      if row > 0 { buffer.append(",") }
      guard keys.count > 1 else {
        try write(keys.first ?? "", batch.columns[0], row, buffer)
        continue
      }
      buffer.append("{")
      for (place, name) in keys.enumerated() {
        if place > 0 { buffer.append(",") }
        JSONText.write(Array(name.utf8), to: buffer)
        buffer.append(":")
        try write(name, batch.columns[place], row, buffer)
      }
      buffer.append("}")
    }
    buffer.append("]")
  }

  private func write(
    _ name: String, _ column: Column, _ row: Int, _ buffer: ByteBuffer
  ) throws(TemplateRefusal) {
    let writer = JSONValueWriter(Field(name, column.type))
    if let reason = writer.write(column, row, to: buffer) { throw TemplateRefusal(reason) }
  }
}
