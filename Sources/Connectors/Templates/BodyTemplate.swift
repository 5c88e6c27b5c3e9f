package import Columns
import Formats
package import Schemas

/// JSON with columns in it, each written as a value of its type: put together once as far as it is
/// the same for all rows.
package struct BodyTemplate: Sendable {
  private enum Piece {
    case json([UInt8])
    case column(ColumnJSON)
    /// A text put together of values.
    case text(TextTemplate)
    /// Of one key column a list of values, of several a list of objects.
    case all
  }

  private let pieces: [Piece]
  private let columns: [ColumnJSON]

  /// `body`, or what asks by GraphQL; nil where there is neither.
  package init?(
    _ options: ResolvedOptions, columns: [Field], in place: String
  ) throws(ConnectorError) {
    if case .object(var members)? = options["graphql"] {
      members["variables"] = members["variables"] ?? .object([:])
      try self.init(.object(members), columns: columns, in: "\(place): `graphql`")
    } else if let body = options["body"] {
      try self.init(body, columns: columns, in: "\(place): `body`")
    } else {
      return nil
    }
  }

  /// A text is JSON already, with places for values.
  package init(
    _ value: ResolvedValue, columns fields: [Field], in place: String
  ) throws(ConnectorError) {
    var builder = Builder(fields, place)
    switch value {
    case .text(let text): builder.add(text)
    case .template(let parts):
      for part in parts {
        if case .text(let text) = part { builder.add(text) } else { try builder.add(part) }
      }
    default: try builder.add(value)
    }
    columns = builder.columns
    pieces = builder.finished
  }

  /// `row`: whose values stand in it; all rows where it takes all.
  package func bytes(_ batch: Batch, row: Int = 0) throws(TemplateRefusal) -> [UInt8] {
    let buffer = ByteBuffer(capacity: 256)
    for piece in pieces {
      switch piece {
      case .json(let bytes): bytes.withUnsafeBufferPointer { buffer.append($0) }
      case .column(let column): try column.write(batch, row, to: buffer)
      case .text(let template): JSONText.write(try template.bytes(batch, row: row), to: buffer)
      case .all: try writeAll(batch, buffer)
      }
    }
    return Array(buffer.bytes)
  }

  private func writeAll(_ batch: Batch, _ buffer: ByteBuffer) throws(TemplateRefusal) {
    buffer.append("[")
    for row in 0..<batch.rowCount {
      if row > 0 { buffer.append(",") }
      if columns.count > 1 { buffer.append("{") }
      for (place, column) in columns.enumerated() {
        if place > 0 { buffer.append(",") }
        if columns.count > 1 { column.name.withUnsafeBufferPointer { buffer.append($0) } }
        try column.write(batch, row, to: buffer)
      }
      if columns.count > 1 { buffer.append("}") }
    }
    buffer.append("]")
  }
}

extension BodyTemplate {
  /// Puts pieces together; what is constant and stands beside each other is one.
  private struct Builder {
    let columns: [ColumnJSON]
    private let names: [String]
    private let place: String
    private var pieces: [Piece] = []
    private var constant = ByteBuffer(capacity: 256)

    init(_ fields: [Field], _ place: String) {
      columns = fields.enumerated().map { ColumnJSON($1, at: $0) }
      names = fields.map(\.name)
      self.place = place
    }

    var finished: [Piece] {
      constant.count == 0 ? pieces : pieces + [.json(Array(constant.bytes))]
    }

    mutating func add(_ json: String) { constant.append(string: json) }

    private mutating func add(_ piece: Piece) {
      (pieces, constant) = (finished + [piece], ByteBuffer(capacity: 256))
    }

    mutating func add(_ value: ResolvedValue) throws(ConnectorError) {
      switch value {
      case .bool(let value): add(value ? "true" : "false")
      case .int(let value): add("\(value)")
      case .float(let value): add(value.isFinite ? "\(value)" : "null")
      case .null: add("null")
      case .text(let text): JSONText.write(Array(text.utf8), to: constant)
      case .duration(let micros): add("\(micros)")
      case .template:
        add(.text(try TextTemplate(value, names: names, in: place)))
      case .key(let name):
        guard let column = names.firstIndex(of: name) else {
          throw ConnectorError(.configuration, "\(place): there is no column `\(name)`")
        }
        add(.column(columns[column]))
      case .keys: add(Piece.all)
      case .list(let items):
        add("[")
        for (number, item) in items.enumerated() {
          if number > 0 { add(",") }
          try add(item)
        }
        add("]")
      case .object(let members):
        add("{")
        for (number, member) in members.sorted(by: { $0.key < $1.key }).enumerated() {
          if number > 0 { add(",") }
          JSONText.write(Array(member.key.utf8), to: constant)
          add(":")
          try add(member.value)
        }
        add("}")
      }
    }
  }
}

/// Writes the values of one column as JSON.
private struct ColumnJSON: Sendable {
  /// As a member of an object: `"id":`.
  let name: [UInt8]
  private let field: Field
  private let place: Int
  private let writer: JSONValueWriter

  init(_ field: Field, at place: Int) {
    self.field = field
    self.place = place
    writer = JSONValueWriter(field)
    let buffer = ByteBuffer(capacity: 32)
    JSONText.write(Array(field.name.utf8), to: buffer)
    buffer.append(":")
    name = Array(buffer.bytes)
  }

  func write(_ batch: Batch, _ row: Int, to buffer: ByteBuffer) throws(TemplateRefusal) {
    let column = batch.columns[place]
    // A key may come with another type than the table's.
    let own = Field(field.name, column.type)
    let writer = column.type == field.type ? writer : JSONValueWriter(own)
    if let reason = writer.write(column, row, to: buffer) { throw TemplateRefusal(reason) }
  }
}
