package import Columns

/// Makes the calls of one kind of tasks. One for all workers.
package protocol TaskClient: AnyObject, Sendable {
  /// Looks whether calls can be made at all, and says otherwise what to do. Called once, before any
  /// call, on a thread that may wait.
  func start() throws(ConnectorError)

  /// Makes a call, as `TaskPerformer` says.
  func perform(_ attempt: TaskAttempt, _ answer: @escaping @Sendable (TaskAnswer) -> Void)

  /// Reads the columns of the response, as `TaskResponseReader` says.
  func read(_ responses: [[UInt8]?]) -> (columns: [Column], unreadable: [Int: String])

  /// No call is made any more. What is under way may still be answered.
  func close()
}
