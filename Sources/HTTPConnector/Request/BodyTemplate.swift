import Columns
import Connectors
import Schemas

/// JSON with keys in it, each written as a value of its type.
struct BodyTemplate: Sendable {
  private let value: ResolvedValue
  private let keys: [String]

  init(_ value: ResolvedValue, keys: [String]) {
    self.value = value
    self.keys = keys
  }

  func bytes(_ batch: Batch) -> [UInt8] {
    let buffer = ByteBuffer(capacity: 256)
    switch value {
    // A text is JSON already, with places for values.
    case .text(let text): buffer.append(string: text)
    case .template(let pieces):
      for piece in pieces {
        if case .text(let text) = piece {
          buffer.append(string: text)
        } else {
          write(piece, batch, buffer)
        }
      }
    default: write(value, batch, buffer)
    }
    return Array(buffer.bytes)
  }

  private func write(_ value: ResolvedValue, _ batch: Batch, _ buffer: ByteBuffer) {
    switch value {
    case .bool(let value): buffer.append(string: value ? "true" : "false")
    case .int(let value): buffer.append(string: "\(value)")
    case .float(let value): buffer.append(string: value.isFinite ? "\(value)" : "null")
    case .null: buffer.append("null")
    case .text(let text): JSONText.write(Array(text.utf8), to: buffer)
    case .duration(let micros): buffer.append(string: "\(micros)")
    case .template(let pieces): JSONText.write(joined(pieces, batch), to: buffer)
    case .key(let name):
      if let column = keys.firstIndex(of: name) { write(batch.columns[column], 0, buffer) }
    case .keys: writeAll(batch, buffer)
    case .list(let items):
      buffer.append("[")
      for (number, item) in items.enumerated() {
        if number > 0 { buffer.append(",") }
        write(item, batch, buffer)
      }
      buffer.append("]")
    case .object(let members):
      buffer.append("{")
      for (number, member) in members.sorted(by: { $0.key < $1.key }).enumerated() {
        if number > 0 { buffer.append(",") }
        JSONText.write(Array(member.key.utf8), to: buffer)
        buffer.append(":")
        write(member.value, batch, buffer)
      }
      buffer.append("}")
    }
  }

  private func joined(_ pieces: [ResolvedValue], _ batch: Batch) -> [UInt8] {
    var text: [UInt8] = []
    for piece in pieces {
      switch piece {
      case .text(let part): text += Array(part.utf8)
      case .key(let name):
        if let column = keys.firstIndex(of: name) { text += KeyText.text(batch.columns[column], 0) }
      default:
        for row in 0..<batch.rowCount {
          if row > 0 { text.append(UInt8(ascii: ",")) }
          text += KeyText.text(batch.columns[0], row)
        }
      }
    }
    return text
  }

  /// Of one key column a list of values, of several a list of objects.
  private func writeAll(_ batch: Batch, _ buffer: ByteBuffer) {
    buffer.append("[")
    for row in 0..<batch.rowCount {
      if row > 0 { buffer.append(",") }
      guard keys.count > 1 else {
        write(batch.columns[0], row, buffer)
        continue
      }
      buffer.append("{")
      for (place, name) in keys.enumerated() {
        if place > 0 { buffer.append(",") }
        JSONText.write(Array(name.utf8), to: buffer)
        buffer.append(":")
        write(batch.columns[place], row, buffer)
      }
      buffer.append("}")
    }
    buffer.append("]")
  }

  private func write(_ column: Column, _ row: Int, _ buffer: ByteBuffer) {
    let text = KeyText.text(column, row)
    switch column.type {
    case .int, .bool, .decimal(_, _):
      for byte in text { buffer.append(byte) }
    default: JSONText.write(text, to: buffer)
    }
  }
}
