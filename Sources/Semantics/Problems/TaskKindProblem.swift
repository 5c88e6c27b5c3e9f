import Diagnostics
import Plans

/// What is wrong with a task by the rules of its kind alone.
enum TaskKindProblem: Problem {
  case scheme
  case openPassword(user: Span)
  case ownHeader(String)
  case empty
  case noAddress(String)
  case secretArgument
  case tooManyCalls(TaskKind, most: Int)

  func diagnostic(at span: Span) -> Diagnostic {
    switch self {
    case .scheme:
      return .error(
        "E0576", "this is no address of a mail server", span,
        "it begins with neither `smtps://` nor `smtp://`",
        hints: [Hint("write `server: \"smtps://mail.example:465\"`")])
    case .openPassword(let user):
      return Diagnostic(
        code: "E0576", title: "a password would go over an open connection",
        primary: Label(span, "so it is not encrypted"),
        secondary: [Label(user, "and somebody logs in")],
        hints: [Hint("leave `tls: false` out")])
    case .ownHeader(let name):
      return .error(
        "E0577", "`\(name)` is a header that is written already", span,
        "by an option, or from what is sent",
        hints: [
          Hint("say `from`, `to`, `cc`, `bcc`, `reply_to`, `subject`, or leave the header out")
        ])
    case .empty:
      return .error(
        "E0578", "this mail says nothing", span, "it has neither `text` nor `html`",
        hints: [Hint("add `text: \"…\"`, `html: \"…\"` or both")])
    case .noAddress(let text):
      return .error(
        "E0579", "`\(text)` is no mail address", span, "there is no `@` in it",
        hints: [Hint("`news@shop.example`, or `Shop <news@shop.example>`")])
    case .secretArgument:
      return .error(
        "E0411", "`arguments` take no secret", span, "everyone on the machine can read them",
        hints: [Hint("put it into `environment`, or into `stdin`")])
    case .tooManyCalls(let kind, let most):
      let isOfConnections = most < kind.most
      return .error(
        "E0404", "`concurrency` of \(kind.article) task is \(most) at most", span,
        isOfConnections
          ? "it has so many `connections`, one for each call" : "a thread waits for each call",
        hints: [
          Hint("write `\(most)`" + (isOfConnections ? ", or more `connections`" : " or less"))
        ])
    }
  }
}
