import Columns
import Connectors
import Plans

/// What is sent for a task.
struct MailTemplate: Sendable {
  private let from: TextTemplate
  private let to: [TextTemplate]
  private let cc: [TextTemplate]
  private let bcc: [TextTemplate]
  private let replyTo: TextTemplate?
  private let bounceTo: TextTemplate?
  private let subject: TextTemplate
  private let text: TextTemplate?
  private let html: HTMLTemplate?
  private let headers: [(name: String, text: TextTemplate)]
  /// What tells tasks of other pipelines from this one's.
  private let owner: [String]

  /// `names`: of the columns of the stage's input.
  init(
    _ task: TaskSpec, _ options: ResolvedOptions, names: [String], pipeline: String,
    in place: String
  ) throws(ConnectorError) {
    guard let from = try options.template("from", names: names, in: place),
      let subject = try options.template("subject", names: names, in: place)
    else { throw ConnectorError(.configuration, "\(place) needs `from` and `subject`") }
    self.from = from
    self.subject = subject
    to = try options.templates("to", names: names, in: place)
    cc = try options.templates("cc", names: names, in: place)
    bcc = try options.templates("bcc", names: names, in: place)
    replyTo = try options.template("reply_to", names: names, in: place)
    bounceTo = try options.template("bounce_to", names: names, in: place)
    text = try options.template("text", names: names, in: place)
    html = try HTMLTemplate(options["html"], names: names, in: place)
    headers = try options.namedTemplates("headers", names: names, in: place)
    owner = [task.name, pipeline]
    guard text != nil || html != nil else {
      throw ConnectorError(.configuration, "\(place) needs `text`, `html` or both")
    }
    for (name, _) in headers {
      let isSound = name.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: ":") }
      guard isSound, !name.isEmpty, !TaskCatalogue.mailHeaders.contains(name.lowercased()) else {
        throw ConnectorError(
          .configuration, "\(place): `headers`: `\(name)` is no header, or is written already")
      }
    }
  }

  /// `now`: seconds since 1970.
  func message(_ attempt: TaskAttempt, now: Int) throws(TemplateRefusal) -> MailMessage {
    let (rows, row) = (attempt.rows, attempt.row)
    let from = try MailAddress(self.from.text(rows, row: row))
    var to: [MailAddress] = []
    for text in self.to { to.append(try MailAddress(text.text(rows, row: row))) }
    guard !to.isEmpty else { throw TemplateRefusal("nobody gets it: `to` is empty") }
    let subject = try Self.sound(self.subject.text(rows, row: row), "subject")
    var content = MailContent(
      from: from, to: to, subject: subject,
      id: MailContent.id([attempt.idempotencyKey] + owner, at: from.domain))
    content.cc = try addresses(cc, attempt)
    content.bcc = try addresses(bcc, attempt)
    content.replyTo = try addresses([replyTo].compactMap(\.self), attempt).first
    content.bounceTo = try addresses([bounceTo].compactMap(\.self), attempt).first
    content.text = try text?.text(rows, row: row)
    content.html = try html?.text(rows, row: row)
    for (name, text) in headers {
      content.headers.append((name, try Self.sound(text.text(rows, row: row), name)))
    }
    return content.message(now: now)
  }

  /// Those that are there.
  private func addresses(
    _ templates: [TextTemplate], _ attempt: TaskAttempt
  ) throws(TemplateRefusal) -> [MailAddress] {
    var found: [MailAddress] = []
    for template in templates {
      guard let text = try template.present(attempt.rows, row: attempt.row) else { continue }
      found.append(try MailAddress(String(decoding: text, as: UTF8.self)))
    }
    return found
  }

  private static func sound(_ text: String, _ name: String) throws(TemplateRefusal) -> String {
    guard HeaderText.isSound(text) else {
      throw TemplateRefusal("`\(name)` would hold a line end or a control character")
    }
    return text
  }
}
