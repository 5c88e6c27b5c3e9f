import Columns
import Connectors
import Plans
import Schemas

/// What is said to a language model for a row.
struct ChatPrompt: Sendable {
  /// What was said before in the same talk: the model's answer, and what is wrong with it.
  struct Mistake: Sendable {
    var answer: [UInt8]
    var reason: String
  }

  private let prompt: ResolvedValue
  private let system: ResolvedValue?
  private let inputs: [String]
  private let schema: String
  /// What stands before and behind the messages.
  private let head: String
  private let tail: String
  /// Whether the schema is part of what is said.
  private let saysSchema: Bool

  init(
    _ model: ModelSpec, _ options: ResolvedOptions, in place: String
  ) throws(ConnectorError) {
    guard let prompt = options["prompt"] else {
      throw ConnectorError(.configuration, "\(place) needs `prompt: \"…\"`")
    }
    self.prompt = prompt
    system = options["system"]
    inputs = model.inputs.map(\.field.name)
    schema = AnswerSchema.json(model.outputs)
    let name = try options.requiredText("model", in: place)
    head = "{\"model\":\(AnswerSchema.quoted(name))"
    let response = try options.word(
      "response", of: ["json_schema", "json_object", "text"], else: "json_schema", in: place)
    saysSchema = response != "json_schema"
    var tail = ""
    if case .float(let temperature)? = options["temperature"] {
      tail += ",\"temperature\":\(temperature)"
    } else {
      tail += ",\"temperature\":0"
    }
    for name in ["max_tokens", "max_completion_tokens"] {
      if case .int(let tokens)? = options[name] { tail += ",\"\(name)\":\(tokens)" }
    }
    switch response {
    case "json_schema":
      tail +=
        ",\"response_format\":{\"type\":\"json_schema\",\"json_schema\":{\"name\":"
        + "\(AnswerSchema.quoted(model.name)),\"strict\":true,\"schema\":\(schema)}}"
    case "json_object": tail += ",\"response_format\":{\"type\":\"json_object\"}"
    default: break
    }
    self.tail = tail + "}"
  }

  /// The request for a row. `mistake`: what the model has answered to the same before.
  func body(_ rows: Batch, _ row: Int, mistake: Mistake? = nil) -> [UInt8] {
    let buffer = ByteBuffer(capacity: 1_024)
    buffer.append(string: head)
    buffer.append(",\"messages\":[")
    var instructions = system.map { text($0, rows, row) } ?? []
    if saysSchema {
      if !instructions.isEmpty { instructions += Array("\n\n".utf8) }
      instructions += Array(
        "Answer with a JSON object of this schema and with nothing else: \(schema)".utf8)
    }
    if !instructions.isEmpty {
      write("system", instructions, to: buffer)
      buffer.append(",")
    }
    write("user", text(prompt, rows, row), to: buffer)
    if let mistake {
      buffer.append(",")
      write("assistant", mistake.answer, to: buffer)
      buffer.append(",")
      let reason =
        "This answer is not as asked for: \(mistake.reason). Answer again, with a JSON object of "
        + "this schema and with nothing else: \(schema)"
      write("user", Array(reason.utf8), to: buffer)
    }
    buffer.append("]")
    buffer.append(string: tail)
    return Array(buffer.bytes)
  }

  private func write(_ role: String, _ content: [UInt8], to buffer: ByteBuffer) {
    buffer.append(string: "{\"role\":\"\(role)\",\"content\":")
    JSONText.write(content, to: buffer)
    buffer.append("}")
  }

  private func text(_ value: ResolvedValue, _ rows: Batch, _ row: Int) -> [UInt8] {
    switch value {
    case .text(let text): return Array(text.utf8)
    case .template(let pieces): return pieces.flatMap { text($0, rows, row) }
    case .key(let name):
      guard let column = inputs.firstIndex(of: name) else { return [] }
      let buffer = ByteBuffer(capacity: 64)
      InputText.writeWords(rows.columns[column], row, to: buffer)
      return Array(buffer.bytes)
    default: return []
    }
  }
}
