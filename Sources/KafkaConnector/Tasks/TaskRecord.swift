internal import Columns
internal import Connectors
internal import Plans
internal import Schemas

/// What is written for a task.
struct TaskRecord: Sendable {
  /// The record of one attempt.
  struct Content {
    var topic: String
    var key: [UInt8]?
    var value: [UInt8]
    var headers: [(name: String, value: [UInt8])]
  }

  let topic: TextTemplate
  private let key: TextTemplate?
  private let value: BodyTemplate
  private let headers: [(name: String, text: TextTemplate)]
  private let keyHeader: String

  /// `input`: the stage's.
  init(_ options: ResolvedOptions, input: Schema, in place: String) throws(ConnectorError) {
    let names = input.fields.map(\.name)
    guard let topic = try options.template("topic", names: names, in: place),
      topic.constant?.isEmpty != true
    else {
      throw ConnectorError(.configuration, "\(place) writes no topic: write `topic: \"…\"`")
    }
    self.topic = topic
    key = try options.template("key", names: names, in: place)
    value = try BodyTemplate(
      options["value"] ?? .null, columns: input.fields, in: "\(place): `value`")
    headers = try options.namedTemplates("headers", names: names, in: place)
    keyHeader =
      try options.text("idempotency_header", in: place) ?? TaskSpec.usualIdempotencyHeader
  }

  func content(_ attempt: TaskAttempt) throws(TemplateRefusal) -> Content {
    let (rows, row) = (attempt.rows, attempt.row)
    let topic = try topic.text(rows, row: row)
    guard Self.isName(topic) else {
      throw TemplateRefusal("`\(topic.prefix(80))` is no name of a topic")
    }
    var sent: [(name: String, value: [UInt8])] = []
    for (name, text) in headers { sent.append((name, try text.bytes(rows, row: row))) }
    if !keyHeader.isEmpty { sent.append((keyHeader, Array(attempt.idempotencyKey.utf8))) }
    return Content(
      topic: topic, key: try key?.present(rows, row: row),
      value: try value.bytes(rows, row: row), headers: sent)
  }

  /// As brokers take it; another would be asked for until the call's time is over.
  private static func isName(_ topic: String) -> Bool {
    (1...249).contains(topic.utf8.count) && topic != "." && topic != ".."
      && topic.utf8.allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
          UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"),
          UInt8(ascii: "-"):
          true
        default: false
        }
      }
  }
}
