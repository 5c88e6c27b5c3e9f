public import Schemas

/// What there is to say of all tasks `using` one thing: what their blocks hold, and how their calls
/// can end.
public struct TaskKind: Sendable {
  public typealias End = TaskSpec.Retry.Outcome

  public let name: String
  /// What is sent and what is read of the answer; the rules of all tasks come behind.
  public let options: [OptionDescriptor]
  /// The numbers in which an answer can say how it went, and those that mean that it is done.
  public let statuses: ClosedRange<Int>
  public let done: ClosedRange<Int>
  /// Of an answer of which a test says nothing else.
  public let usualStatus: Int
  /// Whether `"4xx"` and `"5xx"` stand for a hundred statuses each.
  public let hasClasses: Bool
  /// Whether an answer that means that it is done may speak of errors, as of GraphQL.
  public let hasErrors: Bool
  /// Calls that are made again, and calls under way, where nothing is said.
  public let retried: [End]
  public let concurrency: Int
  /// Calls under way at most, whatever a definition says.
  public let most: Int
  /// What becomes of a task in doubt, where nothing is said.
  public let doubt: TaskSpec.Doubt
  /// What can be read of an answer; nil: whatever who is called puts there, as JSON.
  public let answer: [Field]?

  init(
    _ name: String, _ options: [OptionDescriptor], statuses: ClosedRange<Int>,
    done: ClosedRange<Int>, usualStatus: Int, hasClasses: Bool = false,
    hasErrors: Bool = false, retried: [End],
    concurrency: Int = TaskSpec.usualConcurrency, most: Int = TaskSpec.mostCalls,
    doubt: TaskSpec.Doubt = .resend, answer: [Field]? = nil
  ) {
    self.name = name
    self.options = options
    self.statuses = statuses
    self.done = done
    self.usualStatus = usualStatus
    self.hasClasses = hasClasses
    self.hasErrors = hasErrors
    self.retried = retried
    self.concurrency = concurrency
    self.most = most
    self.doubt = doubt
    self.answer = answer
  }

  /// With the article before its name.
  public var article: String { (["http", "smtp"].contains(name) ? "an " : "a ") + name }

  /// The statuses of calls that failed, as a message has them.
  public var failures: ClosedRange<Int> {
    let first = hasClasses ? 300 : done.upperBound + 1
    return first...statuses.upperBound
  }
}

extension TaskSpec {
  /// What holds for all tasks of its kind.
  public var kindOfCalls: TaskKind { TaskCatalogue.kind(named: kind) ?? TaskCatalogue.http }

  /// Calls under way at most, of all values together.
  public var callsAtOnce: Int {
    let bound = concurrency.filter { $0.per == nil }.map(\.calls).min()
    return min(bound ?? kindOfCalls.concurrency, kindOfCalls.most)
  }
}
