/// How a test answers the calls of a task: those of each task in this order.
public struct TaskScript: Hashable, Sendable, Codable {
  public struct Answer: Hashable, Sendable, Codable {
    public var end: TaskSpec.Retry.Outcome
    /// The object that the columns of the response are read from, as JSON.
    public var response: String?

    public init(_ end: TaskSpec.Retry.Outcome, response: String? = nil) {
      self.end = end
      self.response = response
    }
  }

  public var answers: [Answer]
  /// Whether the last answer is that of all further calls too; else these are done.
  public var isLasting: Bool

  public init(_ answers: [Answer] = [], isLasting: Bool = false) {
    self.answers = answers
    self.isLasting = isLasting
  }

  /// `number`: which of its task's calls it is, from 1. Nil where nothing is said of it.
  public func answer(toCall number: Int) -> Answer? {
    if number >= 1, number <= answers.count { return answers[number - 1] }
    return isLasting ? answers.last : nil
  }
}
