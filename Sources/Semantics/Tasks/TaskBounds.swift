import Diagnostics
import Plans
import Syntax

/// Reads how many calls a task makes: `rate`, `concurrency`, and which of them are made again.
struct TaskBounds {
  typealias Rate = (bound: TaskSpec.Rate, per: ExpressionSyntax?)
  typealias Concurrency = (bound: TaskSpec.Concurrency, per: ExpressionSyntax?)

  /// More bounds of a kind are a mistake: all are looked at before each call.
  private static let mostBounds = 8
  /// Calls that may begin at once, where it is not said: what so much of a second gives.
  private static let usualBurst = 0.02

  private let options: OptionChecker
  private let kind: TaskKind
  /// Calls under way at most.
  private let most: Int

  init(_ options: OptionChecker, _ kind: TaskKind, _ block: [Option]) {
    self.options = options
    self.kind = kind
    most = TaskKindChecker.mostCalls(kind, block)
  }

  func rates(_ block: OptionBlockSyntax) -> [Rate] {
    guard let option = block["rate"] else { return [] }
    return bounds(option, "calls in a unit of time, as in `500/s per tenant burst 50`") {
      value, per, burst in
      guard case .rate(let rate)? = options.plain(value), rate > 0 else { return nil }
      let usual = (rate * Self.usualBurst).rounded(.up)
      return (TaskSpec.Rate(rate: rate, burst: burst ?? Int(min(usual, 1e9))), per)
    }
  }

  /// Where all tasks have no bound, one is added.
  func concurrency(_ block: OptionBlockSyntax) -> [Concurrency] {
    var found: [Concurrency] = []
    if let option = block["concurrency"] {
      let expected = "calls under way, as in `50 per tenant`, or `adaptive(4, max: 200)`"
      found = bounds(option, expected) { value, per, burst in
        guard burst == nil, let bound = calls(value) else { return nil }
        if per == nil, bound.most > most {
          options.definitions.log.report(
            TaskKindProblem.tooManyCalls(kind, most: most), at: value.span)
        }
        return (TaskSpec.Concurrency(calls: bound.most, from: bound.first), per)
      }
    }
    guard found.allSatisfy({ $0.per != nil }) else { return found }
    let usual = found.isEmpty ? kind.concurrency : TaskSpec.mostConcurrency
    return found + [(TaskSpec.Concurrency(calls: min(usual, most)), nil)]
  }

  /// `200`, or `adaptive(4, max: 200)`.
  private func calls(_ syntax: OptionValueSyntax) -> (first: Int?, most: Int)? {
    func count(_ value: OptionValue?) -> Int? {
      guard case .int(let calls)? = value, calls >= 1, calls <= TaskSpec.mostCalls else {
        return nil
      }
      return Int(calls)
    }
    guard case .expression(let expression) = syntax.kind, case .call(let call) = expression.kind,
      call.function.text == "adaptive"
    else { return count(options.plain(syntax)).map { (nil, $0) } }
    guard call.arguments.map(\.label?.text) == [nil, "max"],
      let first = count(options.plain(call.arguments[0].value)),
      let most = count(options.plain(call.arguments[1].value)), first <= most
    else { return nil }
    return (first, most)
  }

  /// One bound, or several in brackets.
  private func bounds<Bound>(
    _ option: OptionSyntax, _ expected: String,
    _ read: (OptionValueSyntax, _ per: ExpressionSyntax?, _ burst: Int?) -> Bound?
  ) -> [Bound] {
    let items = option.value.items
    let name = option.name.text
    if items.isEmpty || items.count > Self.mostBounds {
      let count = items.isEmpty ? expected : "\(Self.mostBounds) bounds at most"
      wrong(name, count, option.value)
      return []
    }
    return items.compactMap { item in
      guard let parts = parts(item), let bound = read(parts.value, parts.per, parts.burst) else {
        wrong(name, expected, item)
        return nil
      }
      return bound
    }
  }

  /// `VALUE per X burst N`; nil where something else stands behind the value.
  private func parts(
    _ syntax: OptionValueSyntax
  ) -> (value: OptionValueSyntax, per: ExpressionSyntax?, burst: Int?)? {
    guard case .qualified(let value, let qualifiers) = syntax.kind else {
      return (syntax, nil, nil)
    }
    var (per, burst): (ExpressionSyntax?, Int?) = (nil, nil)
    for qualifier in qualifiers {
      guard let value = qualifier.value else { return nil }
      switch qualifier.word.text {
      case "per" where per == nil: per = value
      case "burst" where burst == nil:
        guard case .int(let calls)? = options.plain(value), (1...1_000_000).contains(calls) else {
          return nil
        }
        burst = Int(calls)
      default: return nil
      }
    }
    return (value, per, burst)
  }

  /// `429`, `[429, "5xx", timeout]`
  func outcomes(_ syntax: OptionValueSyntax) -> [TaskSpec.Retry.Outcome] {
    syntax.items.compactMap { item in
      switch options.plain(item) {
      case .int(let status) where kind.failures.contains(Int(clamping: status)):
        return .status(Int(status))
      case .string("4xx") where kind.hasClasses: return .statusClass(4)
      case .string("5xx") where kind.hasClasses: return .statusClass(5)
      case .word("timeout"): return .timeout
      case .word("connect"): return .connect
      case .word("broken"): return .broken
      case .word("errors") where kind.hasErrors: return .errors
      default:
        if !options.isReportedAlready(item) {
          options.definitions.log.report(
            TaskProblem.outcome(options.definitions.text(item.span), kind), at: item.span)
        }
        return nil
      }
    }
  }

  private func wrong(_ name: String, _ expected: String, _ syntax: OptionValueSyntax) {
    if options.isReportedAlready(syntax) { return }
    options.definitions.log.report(
      OptionProblem.wrongValue(name, expected: expected), at: syntax.span)
  }
}
