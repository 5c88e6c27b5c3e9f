/// What a table elsewhere holds of the keys that it was asked for.
package struct LookupAnswer: Sendable {
  /// The table's columns that were declared and are read.
  package var rows: Batch
  /// Of each row the number of the key that it answers. Of rows for one key the last counts; a key
  /// without a row is not in the table.
  package var keys: [Int]
  /// Keys whose row is there and could not be read, and why.
  package var unreadable: [Int: String]
  /// Keys that nobody was asked for, for the sake of a budget. That says nothing of the server.
  package var postponed: [Int: Postponement] = [:]
  /// Keys of which nothing is known, for who was asked for them failed.
  package var failed: FailedKeys?
  /// Whether anybody was asked for any of the keys.
  package var isAsked = true
  /// What the answer cost.
  package var usage = ModelUsage()

  package init(rows: Batch, keys: [Int], unreadable: [Int: String] = [:]) {
    self.rows = rows
    self.keys = keys
    self.unreadable = unreadable
  }
}

/// Why a table elsewhere gave no answer.
package struct LookupFailure: Error, Hashable, Sendable {
  /// What happened and what to do.
  package var reason: String
  /// Whether the same question may get an answer later.
  package var isRetriable: Bool
  /// Microseconds for which who was asked wants to be left alone; nil: it said nothing of that.
  package var retryAfter: Int64?
  /// What was spent all the same.
  package var usage = ModelUsage()

  package init(_ reason: String, isRetriable: Bool, retryAfter: Int64? = nil) {
    self.reason = reason
    self.isRetriable = isRetriable
    self.retryAfter = retryAfter
  }
}

/// Keys that have no answer, where others of the same question have theirs.
package struct FailedKeys: Sendable {
  /// By their numbers.
  package var keys: [Int]
  /// Nothing was spent on them beyond what the answer says.
  package var failure: LookupFailure

  package init(_ keys: [Int], _ failure: LookupFailure) {
    self.keys = keys
    self.failure = failure
  }
}

/// That there may be nothing left of a budget.
package struct Postponement: Hashable, Sendable {
  /// Microseconds for which that will stay so.
  package var time: Int64
  /// Whether it is known; else calls under way may leave some of it.
  package var isUsedUp: Bool

  package init(_ time: Int64, isUsedUp: Bool) {
    self.time = time
    self.isUsedUp = isUsedUp
  }
}

/// What calls of a model use that is counted in tokens.
package struct ModelUsage: Hashable, Sendable {
  /// Tokens that it read, and that it wrote.
  package var read: Int64 = 0
  package var written: Int64 = 0
  /// What they cost, in billionths of the unit of the price.
  package var cost: Int64 = 0

  package init() {}

  package static func + (one: ModelUsage, other: ModelUsage) -> ModelUsage {
    var sum = one
    sum.read += other.read
    sum.written += other.written
    sum.cost += other.cost
    return sum
  }
}

/// Asks a table elsewhere for the rows of some keys, which are distinct: the columns of the batch
/// are the table's key columns, in their order. Returns at once; the answer comes once or never, on
/// any thread.
package typealias LookupQuestion =
  @Sendable (
    _ keys: Batch, _ answer: @escaping @Sendable (Result<LookupAnswer, LookupFailure>) -> Void
  ) -> Void
