import Diagnostics
import Plans
import Syntax

/// Whether what is done in doubt is declared.
extension TaskChecker {
  /// Statuses that say that a task was done, or that it was not, where nothing else is said.
  private static let usuallyDone = [Int64](200...299)
  private static let usuallyNot: [Int64] = [404]

  func checkDoubt(_ written: OptionBlockSyntax, _ spec: TaskSpec, _ block: [Option]) {
    if spec.retry.on.contains(.errors), written["graphql"] == nil,
      case .object(let retry)? = written["retry"]?.value.kind, let on = retry["on"]
    {
      report(.alone("errors", without: "graphql"), at: on.value.span)
    }
    guard let verify = written["verify"] else { return checkAskable(written, spec) }
    if spec.doubt != .verify {
      report(.alone("verify", without: "in_doubt: verify"), at: verify.name.span)
    }
    guard case .object(let question) = verify.value.kind else { return }
    checkHeaders(question, block)
    guard case .object(let parts)? = block.first(where: { $0.name == "verify" })?.value else {
      return
    }
    let done = Self.statuses(parts["done"]) ?? Self.usuallyDone
    let both = (Self.statuses(parts["not_done"]) ?? Self.usuallyNot).filter(done.contains)
    if !both.isEmpty {
      report(.doneAndNot(both), at: (question["not_done"] ?? question["done"] ?? verify).name.span)
    }
  }

  /// That there is a question, where one is to be asked.
  private func checkAskable(_ written: OptionBlockSyntax, _ spec: TaskSpec) {
    guard spec.doubt == .verify, let doubt = written["in_doubt"] else { return }
    if spec.kindOfCalls.options.contains(where: { $0.name == "verify" }) {
      report(.nothingToAsk, at: doubt.value.span)
    } else {
      let words = [TaskSpec.Doubt.resend, .hold].map(\.rawValue)
      definitions.log.report(
        OptionProblem.wrongWord(spec.doubt.rawValue, option: "in_doubt", words: words),
        at: doubt.value.span)
    }
  }

  private static func statuses(_ value: OptionValue?) -> [Int64]? {
    guard case .list(let items)? = value else { return nil }
    return items.compactMap { if case .int(let status) = $0 { status } else { nil } }
  }
}
