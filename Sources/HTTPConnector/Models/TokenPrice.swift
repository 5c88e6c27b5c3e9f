import Columns
import Connectors
import Plans

/// What a million tokens cost.
struct TokenPrice: Sendable {
  private var read = 0.0
  private var written = 0.0

  init(_ options: ResolvedOptions) {
    guard case .object(let price)? = options["price"] else { return }
    if case .float(let value)? = price["input"] { read = value }
    if case .float(let value)? = price["output"] { written = value }
  }

  /// What an answer says of its tokens.
  func usage(in document: inout AnswerDocument) throws(JSONFinder.Fault) -> ModelUsage {
    var usage = ModelUsage()
    usage.read = try document.count(.member("usage"), .member("prompt_tokens")) ?? 0
    usage.written = try document.count(.member("usage"), .member("completion_tokens")) ?? 0
    let cost = (Double(usage.read) * read + Double(usage.written) * written) * 1_000
    usage.cost = Int64(exactly: cost.rounded()) ?? 0
    return usage
  }
}
