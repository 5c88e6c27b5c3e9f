import Columns
import Connectors
import Plans

/// What a million tokens cost, and how many there are.
struct TokenPrice: Sendable {
  /// Of a token, about.
  private static let bytes = 4
  /// Tokens, and a cost, that no answer has: whoever tells more is not believed.
  private static let mostTokens: Int64 = 1_000_000_000
  private static let mostCost = 1e12

  private var read = 0.0
  private var written = 0.0

  init(_ options: ResolvedOptions) {
    guard case .object(let price)? = options["price"] else { return }
    if case .float(let value)? = price["input"] { read = value }
    if case .float(let value)? = price["output"] { written = value }
  }

  /// What texts of so many bytes are taken for.
  static func tokens(of bytes: Int) -> Int64 { Int64(max(bytes, 0) / Self.bytes + 1) }

  /// What a request is taken for of which nobody says what it used.
  func estimate(said: Int, answered: Int? = nil) -> ModelUsage {
    usage(Self.tokens(of: said), answered.map { Self.tokens(of: $0) } ?? 0)
  }

  /// What an answer says of its tokens; an estimate where it does not.
  func usage(
    in document: inout AnswerDocument, said: Int, answered: Int?
  ) throws(JSONFinder.Fault) -> ModelUsage {
    let read = try document.count(.member("usage"), .member("prompt_tokens")) ?? 0
    let written = try document.count(.member("usage"), .member("completion_tokens")) ?? 0
    if read == 0, written == 0 { return estimate(said: said, answered: answered) }
    return usage(read, written)
  }

  private func usage(_ tokensRead: Int64, _ tokensWritten: Int64) -> ModelUsage {
    var usage = ModelUsage()
    usage.read = min(tokensRead, Self.mostTokens)
    usage.written = min(tokensWritten, Self.mostTokens)
    let cost = (Double(usage.read) * read + Double(usage.written) * written) * 1_000
    usage.cost = Int64(min(cost, Self.mostCost).rounded())
    return usage
  }
}
