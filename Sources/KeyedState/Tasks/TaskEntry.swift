/// How far a task has come.
package enum TaskPhase: UInt8, BitwiseCopyable, Sendable {
  /// There is no such task.
  case gone
  /// It has come, and nothing has been decided.
  case new
  /// Others of its order's value are in front of it.
  case behind
  /// Another has its key: it takes that one's outcome.
  case following
  /// Its time has not come.
  case waiting
  /// The budget of calls that are made again is used up.
  case spent
  /// It may be called when its turn comes.
  case ready
  /// The intent of a call is on its way into the journal, or its call waits for its moment.
  case beginning
  /// It is called.
  case calling
  /// Its outcome is known.
  case ended
}

/// Whether it is in doubt that a task was done.
package enum TaskDoubt: UInt8, BitwiseCopyable, Sendable {
  case none
  /// The intent of a call is in the journal, and nothing of how it ended.
  case out
  /// The call ended without an answer that says it.
  case unanswered
}

/// What is known of a task besides its row: 56 bytes.
package struct TaskEntry: BitwiseCopyable, Sendable {
  /// Says the order in which tasks came.
  package var arrival: UInt64 = 0
  /// Not before this time, in microseconds.
  package var due: Int64 = .min
  /// When its first call left; `min`: there was none.
  package var started: Int64 = .min
  var keyHash: UInt32 = 0
  var orderHash: UInt32 = 0
  var piece: UInt32 = 0
  /// Where it is queued, for whoever queues it.
  package var lane: UInt32 = 0
  /// The task behind it in its order's line.
  var next: UInt32 = .max
  /// Calls so far.
  package var attempts: UInt32 = 0
  var row: UInt16 = 0
  var group: UInt16 = 0
  package var phase = TaskPhase.gone
  package var doubt = TaskDoubt.none
  /// How often it was asked in vain what became of it.
  package var questions: UInt8 = 0
  /// The last snapshot does not say of it what is so now.
  var isChanged = false

  /// Whether a state says the same of both.
  func isSame(_ other: TaskEntry) -> Bool {
    due == other.due && started == other.started && attempts == other.attempts
      && doubt == other.doubt && questions == other.questions
  }
}
