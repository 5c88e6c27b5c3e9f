import Columns
import Connectors

/// Why no request can be made of a row.
struct TemplateRefusal: Error {
  var reason: String

  init(_ reason: String) { self.reason = reason }
}

/// Texts with columns in them.
enum TemplateText {
  /// `row`: whose values stand in it. For `.keys` the first column of all rows stands, with commas
  /// between.
  static func joined(
    _ pieces: [ResolvedValue], _ batch: Batch, _ row: Int, _ names: [String]
  ) throws(TemplateRefusal) -> [UInt8] {
    var text: [UInt8] = []
    for piece in pieces {
      switch piece {
      case .text(let part): text += Array(part.utf8)
      case .int(let number): text += Array("\(number)".utf8)
      case .bool(let value): text += Array("\(value)".utf8)
      case .key(let name):
        if let column = names.firstIndex(of: name) {
          text += try value(name, batch.columns[column], row)
        }
      default:
        for row in 0..<batch.rowCount {
          if row > 0 { text.append(UInt8(ascii: ",")) }
          text += try value(names.first ?? "", batch.columns[0], row)
        }
      }
    }
    return text
  }

  static func value(
    _ name: String, _ column: Column, _ row: Int
  ) throws(TemplateRefusal) -> [UInt8] {
    guard column.isValid(row) else { throw TemplateRefusal("`\(name)` is null") }
    return KeyText.text(column, row)
  }
}
