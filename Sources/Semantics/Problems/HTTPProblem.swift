import Diagnostics

/// A request to an HTTP service that cannot be as it is written.
enum HTTPProblem: Problem {
  case notAKey(String, isColumn: Bool, keys: [String])
  case unusedKeys([String])
  case twoBodies
  case bodyOfGet(String)
  case twoAuthorizations
  case oneAndAll(String)
  case severalKeyColumns
  case batchOfOne
  case scheme
  case keyInHost
  case valueInHost

  func diagnostic(at span: Span) -> Diagnostic {
    switch self {
    case .notAKey(let name, let isColumn, let keys):
      let suggestion = Suggestion(name, among: keys, at: span, otherwise: "not known here")
      return .error(
        "E0534", "`\(name)` is not known when the service is asked", span,
        isColumn ? "it is what is asked for" : suggestion.label,
        notes: ["known: \(list(keys))"], hints: isColumn ? [] : suggestion.hints)
    case .unusedKeys(let names):
      return .error(
        "E0535", "the request does not say what it asks for", span,
        "nothing of \(list(names)) is in it",
        hints: [
          Hint(
            "write `\\(\(names[0]))` where it belongs, in `url` or `body`; all rows would get "
              + "the same answer")
        ])
    case .twoBodies:
      return .error(
        "E0536", "a request has one body", span, "`body` and `graphql` are two",
        hints: [Hint("leave one out")])
    case .bodyOfGet(let name):
      return .error(
        "E0536", "a GET has no body", span, "and there is `\(name)`",
        hints: [Hint("leave `method` out: with a body it is POST")])
    case .twoAuthorizations:
      return .error(
        "E0536", "a request has one `Authorization`", span, "`oauth` gives it its token",
        hints: [Hint("leave this header out, or `oauth`")])
    case .oneAndAll(let key):
      return .error(
        "E0537", "a request asks for one key or for all", span, "`keys` and `\(key)` are in it",
        hints: [Hint("leave one out")])
    case .severalKeyColumns:
      return .error(
        "E0537", "keys of several columns can't stand in an address", span, "",
        hints: [Hint("write `keys` in the `body`: a list of objects")])
    case .batchOfOne:
      return .error(
        "E0537", "this request takes one key", span, "so there is nothing to gather",
        hints: [Hint("leave `batch` out, or write `keys` in the request for all keys of a call")])
    default: return address(at: span)
    }
  }

  private func address(at span: Span) -> Diagnostic {
    switch self {
    case .scheme:
      return .error(
        "E0538", "an address begins with `http://` or `https://`", span, "this one does not")
    case .keyInHost:
      return .error(
        "E0538", "a key can't choose the server", span, "it stands before the path",
        hints: [Hint("write a `/` before it")])
    default:
      return .error(
        "E0538", "a part of an address can't choose the server", span, "it stands before the path",
        hints: [Hint("write a `/` before it, or take the whole address from a column: `url: link`")]
      )
    }
  }
}
