/// One call of a task, to be made now.
package struct TaskAttempt: Sendable {
  /// Rows of the stage's input, without selection; `row` is the task's.
  package var rows: Batch
  package var row: Int
  /// Says which task it is, at every attempt the same.
  package var idempotencyKey: String
  /// Of this call, from 1.
  package var number: Int
  /// Whether nothing is to be done: it is asked whether the call of that number was.
  package var isQuestion: Bool

  package init(
    rows: Batch, row: Int, idempotencyKey: String, number: Int, isQuestion: Bool = false
  ) {
    self.rows = rows
    self.row = row
    self.idempotencyKey = idempotencyKey
    self.number = number
    self.isQuestion = isQuestion
  }
}

/// How a call ended.
package struct TaskAnswer: Hashable, Sendable {
  package enum End: Hashable, Sendable {
    /// The server answered and took it.
    case done
    /// The server answered something else, with a reason.
    case refused(String)
    /// The server answered and took it, and speaks of errors in what it answered.
    case errors(String)
    /// It was asked whether the task was done, and it was not.
    case undone(String)
    /// Who should have answered did not in time: the task may have been done.
    case timedOut(String)
    /// Nothing reached the server: the task was not done.
    case unreached(String)
    /// It ended in the middle, or what came was no answer: the task may have been done.
    case broken(String)
    /// There is no such call: a header with a line end, no URL. No further attempt helps.
    case invalid(String)
  }

  package var end: End
  /// What the server said in a number; of HTTP its status.
  package var status: Int?
  /// Microseconds for which the server wants to be left alone.
  package var retryAfter: Int64?
  /// What the columns of the response are read from; kept in journals, so no more than is read.
  package var response: [UInt8]
  /// Why nothing is read of a response that is there.
  package var unread: String?
  /// Calls that were made for it: more than one where its client had to make it again at once.
  package var calls = 1
  /// Whether whoever was called is not as it should be, whatever is tried again; nil: nobody was.
  package var isFailure: Bool?

  /// `isFailure`: where the end and HTTP's statuses do not say it.
  package init(
    _ end: End, status: Int? = nil, retryAfter: Int64? = nil, response: [UInt8] = [],
    isFailure: Bool? = nil
  ) {
    self.end = end
    self.status = status
    self.retryAfter = retryAfter
    self.response = response
    self.isFailure = isFailure ?? end.isFailure(status)
  }
}

extension TaskAnswer.End {
  fileprivate func isFailure(_ status: Int?) -> Bool? {
    switch self {
    case .done, .errors, .undone: false
    case .refused: status.map { $0 >= 500 || $0 == 429 || $0 == 408 } ?? false
    case .timedOut, .unreached, .broken: true
    case .invalid: nil
    }
  }
}

/// Makes a call. Returns at once; the answer comes once or never, on any thread. Who calls has an
/// eye on the time and gives up by itself.
package typealias TaskPerformer =
  @Sendable (_ attempt: TaskAttempt, _ answer: @escaping @Sendable (TaskAnswer) -> Void) -> Void

/// Reads the columns of the response, in their order, from the answers of some tasks; nil: there
/// was none. A value that can't be read is null, and the reason stands beside it.
package typealias TaskResponseReader =
  @Sendable (_ responses: [[UInt8]?]) -> (columns: [Column], unreadable: [Int: String])
