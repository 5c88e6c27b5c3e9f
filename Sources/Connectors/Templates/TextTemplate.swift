package import Columns

/// Why no call can be made of a row.
package struct TemplateRefusal: Error {
  package var reason: String

  package init(_ reason: String) { self.reason = reason }
}

/// A text with columns in it.
package struct TextTemplate: Sendable {
  private enum Piece {
    case text([UInt8])
    case column(Int)
    /// The first column of all rows, with commas between.
    case all
  }

  private let pieces: [Piece]
  private let names: [String]

  /// `names`: of the columns. `place`: "task `send`: `headers`".
  package init(
    _ value: ResolvedValue, names: [String], in place: String
  ) throws(ConnectorError) {
    self.names = names
    let parts = if case .template(let parts) = value { parts } else { [value] }
    var pieces: [Piece] = []
    for part in parts { pieces.append(try Self.piece(part, names, place)) }
    self.pieces = pieces
  }

  private static func piece(
    _ value: ResolvedValue, _ names: [String], _ place: String
  ) throws(ConnectorError) -> Piece {
    switch value {
    case .text(let text): return .text(Array(text.utf8))
    case .int(let number): return .text(Array("\(number)".utf8))
    case .float(let number): return .text(Array("\(number)".utf8))
    case .bool(let value): return .text(Array("\(value)".utf8))
    case .duration(let micros): return .text(Array("\(micros)us".utf8))
    case .keys: return .all
    case .key(let name):
      if let column = names.firstIndex(of: name) { return .column(column) }
      throw ConnectorError(.configuration, "\(place): there is no column `\(name)`")
    case .null, .list, .object, .template:
      throw ConnectorError(.configuration, "\(place) is a text")
    }
  }

  /// The same for all rows; nil where it is not.
  package var constant: [UInt8]? {
    var text: [UInt8] = []
    for piece in pieces {
      guard case .text(let part) = piece else { return nil }
      text += part
    }
    return text
  }

  /// `row`: whose values stand in it.
  package func bytes(_ batch: Batch, row: Int) throws(TemplateRefusal) -> [UInt8] {
    var text: [UInt8] = []
    for piece in pieces {
      switch piece {
      case .text(let part): text += part
      case .column(let column):
        text += try Self.value(names[column], batch.columns[column], row)
      case .all:
        for row in 0..<batch.rowCount {
          if row > 0 { text.append(UInt8(ascii: ",")) }
          text += try Self.value(names.first ?? "", batch.columns[0], row)
        }
      }
    }
    return text
  }

  package func text(_ batch: Batch, row: Int) throws(TemplateRefusal) -> String {
    String(decoding: try bytes(batch, row: row), as: UTF8.self)
  }

  /// nil of one value of the row that is null.
  package func present(_ batch: Batch, row: Int) throws(TemplateRefusal) -> [UInt8]? {
    if pieces.count == 1, case .column(let column) = pieces[0],
      !batch.columns[column].isValid(row)
    {
      return nil
    }
    return try bytes(batch, row: row)
  }

  package static func value(
    _ name: String, _ column: Column, _ row: Int
  ) throws(TemplateRefusal) -> [UInt8] {
    guard column.isValid(row) else { throw TemplateRefusal("`\(name)` is null") }
    return KeyText.text(column, row)
  }
}

extension ResolvedOptions {
  /// A text of a task, in which values of a row stand. `names`: of the columns of the rows.
  package func template(
    _ name: String, names: [String], in place: String
  ) throws(ConnectorError) -> TextTemplate? {
    guard let value = self[name] else { return nil }
    return try TextTemplate(value, names: names, in: "\(place): `\(name)`")
  }

  /// One text, or several in brackets.
  package func templates(
    _ name: String, names: [String], in place: String
  ) throws(ConnectorError) -> [TextTemplate] {
    guard let value = self[name] else { return [] }
    let items = if case .list(let items) = value { items } else { [value] }
    var templates: [TextTemplate] = []
    for item in items {
      templates.append(try TextTemplate(item, names: names, in: "\(place): `\(name)`"))
    }
    return templates
  }

  /// The texts of a block, by their names.
  package func namedTemplates(
    _ name: String, names: [String], in place: String
  ) throws(ConnectorError) -> [(name: String, text: TextTemplate)] {
    guard case .object(let members)? = self[name] else { return [] }
    var templates: [(name: String, text: TextTemplate)] = []
    for (member, value) in members.sorted(by: { $0.key < $1.key }) {
      let place = "\(place): `\(name).\(member)`"
      templates.append((member, try TextTemplate(value, names: names, in: place)))
    }
    return templates
  }
}
