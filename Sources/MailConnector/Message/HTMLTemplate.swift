import Columns
import Connectors

/// HTML in which values of a row stand, escaped unless the definition says otherwise.
struct HTMLTemplate: Sendable {
  private struct Piece: Sendable {
    var template: TextTemplate
    var isEscaped: Bool
  }

  private let pieces: [Piece]

  /// nil where there is none.
  init?(_ value: ResolvedValue?, names: [String], in place: String) throws(ConnectorError) {
    guard let value else { return nil }
    let items = if case .list(let items) = value { items } else { [value] }
    var pieces: [Piece] = []
    for item in items {
      let members = if case .object(let members) = item { members } else { ["raw": item] }
      let template = try TextTemplate(
        members["escaped"] ?? members["raw"] ?? .text(""), names: names, in: "\(place): `html`")
      pieces.append(Piece(template: template, isEscaped: members["escaped"] != nil))
    }
    self.pieces = pieces
  }

  func text(_ rows: Batch, row: Int) throws(TemplateRefusal) -> String {
    var text = ""
    for piece in pieces {
      let value = try piece.template.text(rows, row: row)
      text += piece.isEscaped ? Self.escaped(value) : value
    }
    return text
  }

  /// For texts and for values of attributes in quotes.
  static func escaped(_ text: String) -> String {
    var result: [UInt8] = []
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "&"): result += Array("&amp;".utf8)
      case UInt8(ascii: "<"): result += Array("&lt;".utf8)
      case UInt8(ascii: ">"): result += Array("&gt;".utf8)
      case UInt8(ascii: "\""): result += Array("&quot;".utf8)
      case UInt8(ascii: "'"): result += Array("&#39;".utf8)
      default: result.append(byte)
      }
    }
    return String(decoding: result, as: UTF8.self)
  }
}
