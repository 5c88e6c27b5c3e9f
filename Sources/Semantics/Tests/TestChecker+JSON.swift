import Diagnostics
import Plans
import Schemas
import Syntax

/// JSON written as lists, structs and literals of the language.
extension TestChecker {
  /// The JSON text of a value; nil where something else stands in it, which was reported.
  func jsonText(_ syntax: ExpressionSyntax) -> String? {
    switch syntax.kind {
    case .literal(.null): return "null"
    case .literal(.bool(let value)): return "\(value)"
    case .literal(.int(let value)): return "\(value)"
    case .literal(.float(let value)) where value.isFinite: return "\(value)"
    case .literal(.decimal(let unscaled, let scale)):
      return DecimalText.text(unscaled, scale: scale)
    case .text(let text): return text.constant.map(Self.quoted)
    case .list(let items):
      let texts = items.compactMap(jsonText)
      return texts.count == items.count ? "[\(texts.joined(separator: ","))]" : nil
    case .object(let object):
      let texts = object.members.compactMap { member in
        jsonText(member.value).map { "\(Self.quoted(member.name.text)):\($0)" }
      }
      return texts.count == object.members.count ? "{\(texts.joined(separator: ","))}" : nil
    case .missing: return nil
    default:
      reportNoJSON(syntax)
      return nil
    }
  }

  static func quoted(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case "\n": result += "\\n"
      case "\r": result += "\\r"
      case "\t": result += "\\t"
      case let control where control.value < 0x20:
        let hex = String(control.value, radix: 16)
        result += "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result + "\""
  }
}
