import Diagnostics
import Plans
import Syntax

/// What only tasks of one kind can say wrongly, as far as it says nothing of rows.
struct TaskKindChecker {
  private let options: OptionChecker

  init(_ options: OptionChecker) { self.options = options }

  func check(_ syntax: ConnectorSyntax, _ block: [Option], _ kind: TaskKind) {
    switch kind.name {
    case "smtp": checkMail(syntax, block)
    case "command": checkArguments(syntax.options)
    default: break
    }
  }

  /// Calls that may be under way: no mail waits for another's connection.
  static func mostCalls(_ kind: TaskKind, _ block: [Option]) -> Int {
    guard kind.name == "smtp", case .int(let connections)? = block["connections"] else {
      return kind.most
    }
    return min(max(Int(connections), 1), kind.most)
  }

  private func report(_ problem: TaskKindProblem, at span: Span) {
    options.definitions.log.report(problem, at: span)
  }

  // MARK: - Mails

  private func checkMail(_ syntax: ConnectorSyntax, _ block: [Option]) {
    let written = syntax.options
    checkServer(written, block)
    if written["text"] == nil, written["html"] == nil {
      report(.empty, at: syntax.name.span)
    }
    for name in ["from", "to", "cc", "bcc", "reply_to", "bounce_to"] {
      for item in written[name]?.value.items ?? [] { checkAddress(item) }
    }
    guard case .object(let headers)? = written["headers"]?.value.kind else { return }
    for header in headers.options
    where TaskCatalogue.mailHeaders.contains(header.name.text.lowercased()) {
      report(.ownHeader(header.name.text), at: header.name.span)
    }
  }

  private func checkServer(_ written: OptionBlockSyntax, _ block: [Option]) {
    for (name, other) in [("user", "password"), ("password", "user")] {
      guard let option = written[name], written[other] == nil else { continue }
      options.definitions.log.report(
        TaskProblem.alone(name, without: other), at: option.name.span)
    }
    if let tls = written["tls"], let user = written["user"],
      block.contains(Option("tls", .bool(false)))
    {
      report(.openPassword(user: user.name.span), at: tls.value.span)
    }
    guard let server = written["server"], case .string(let text)? = block["server"] else { return }
    if !text.hasPrefix("smtps://"), !text.hasPrefix("smtp://") {
      report(.scheme, at: server.value.span)
    }
  }

  /// One that stands in the definition; what is in rows shows when it is sent.
  private func checkAddress(_ syntax: OptionValueSyntax) {
    guard case .expression(let expression) = syntax.kind, case .text(let text) = expression.kind,
      let address = text.constant, !address.contains("@")
    else { return }
    report(.noAddress(address), at: syntax.span)
  }

  // MARK: - Programs

  /// Everyone on the machine sees a process's arguments.
  private func checkArguments(_ written: OptionBlockSyntax) {
    for item in written["arguments"]?.value.items ?? [] {
      guard case .expression(let expression) = item.kind, holdsSecret(expression) else { continue }
      report(.secretArgument, at: item.span)
    }
  }

  private func holdsSecret(_ expression: ExpressionSyntax) -> Bool {
    switch expression.kind {
    case .call(let call): call.receiver == nil && call.function.text == "secret"
    case .text(let text):
      text.pieces.contains { piece in
        if case .expression(let inner) = piece { holdsSecret(inner) } else { false }
      }
    default: false
    }
  }
}
