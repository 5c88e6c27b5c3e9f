import Columns
import Plans
import Schemas

/// A model's outputs as a JSON schema, which language models answer by.
enum AnswerSchema {
  /// Strict in the sense of the API: every member is required, and there are no others.
  static func json(_ outputs: [ModelSpec.Output]) -> String {
    let members = outputs.map { output in
      "\(quoted(output.source)):\(schema(output.field.fieldType, output.allowed))"
    }
    let names = outputs.map { quoted($0.source) }
    return "{\"type\":\"object\",\"properties\":{\(members.joined(separator: ","))},"
      + "\"required\":[\(names.joined(separator: ","))],\"additionalProperties\":false}"
  }

  private static func schema(_ type: FieldType, _ allowed: [String]) -> String {
    if case .list(let element) = type.type {
      let items = schema(element, allowed)
      return "{\"type\":\(word("array", type)),\"items\":\(items)}"
    }
    let name =
      switch type.type {
      case .bool: "boolean"
      case .int: "integer"
      case .float: "number"
      default: "string"
      }
    guard !allowed.isEmpty else { return "{\"type\":\(word(name, type))}" }
    let texts = allowed.map(quoted) + (type.isNullable ? ["null"] : [])
    return "{\"type\":\(word(name, type)),\"enum\":[\(texts.joined(separator: ","))]}"
  }

  private static func word(_ name: String, _ type: FieldType) -> String {
    type.isNullable ? "[\"\(name)\",\"null\"]" : "\"\(name)\""
  }

  static func quoted(_ text: String) -> String {
    let buffer = ByteBuffer(capacity: text.utf8.count + 2)
    JSONText.write(Array(text.utf8), to: buffer)
    return buffer.string
  }
}
