import FoundationEssentials

/// Makes the calls of a task that a definition declares `using swift`: a closure of this program,
/// called once for each attempt, as many at a time as the task's `concurrency` says.
///
/// It runs as a Swift task of its own, on threads of the engine (16 a task, so a closure may block
/// one), and is cancelled when the call's `timeout` is over. A call whose outcome a crash has left
/// unknown is made again with the same key (`in_doubt`), so what it does should go by the key.
public struct TaskHandler: Sendable {
  public let name: String
  let body: @Sendable (TaskCall) async throws -> TaskReply

  /// `TaskHandler("push") { call in … return TaskReply() }`. What it throws is a failed call: a
  /// `TaskFailure` as it says, anything else one that may have been done (`broken`).
  public init(_ name: String, _ body: @escaping @Sendable (TaskCall) async throws -> TaskReply) {
    self.name = name
    self.body = body
  }
}

/// One call of a task.
public struct TaskCall: Sendable {
  /// Says which task it is, at each attempt and after restarts the same.
  public let idempotencyKey: String
  /// Which attempt it is, from 1.
  public let attempt: Int
  /// The task's `values`, as JSON.
  public let json: String

  /// The task's `values`.
  public func values<Value: Decodable>(as type: Value.Type = Value.self) throws -> Value {
    try JSONDecoder().decode(type, from: Data(json.utf8))
  }
}

/// That a call was done.
public struct TaskReply: Sendable {
  let status: Int
  let json: [UInt8]

  /// `status`: from 200 to 299, what `c.status` is.
  public init(status: Int = 200) {
    self.status = status
    json = []
  }

  /// `response`: an object whose members are the columns of the task's `response`.
  public init(status: Int = 200, response: some Encodable) throws {
    self.status = status
    json = Array(try JSONEncoder().encode(response))
  }
}

/// That a call failed.
public struct TaskFailure: Error {
  enum End: Sendable {
    case refused(Int)
    case unreached
  }

  let end: End
  let reason: String
  let retryAfter: Duration?

  /// It was refused, with a status from 300 to 599 by which `retry.on` decides whether it is made
  /// again, after `retryAfter` at the earliest.
  public static func refused(
    _ status: Int, _ reason: String, retryAfter: Duration? = nil
  ) -> TaskFailure {
    TaskFailure(end: .refused(status), reason: reason, retryAfter: retryAfter)
  }

  /// Nothing was done: whoever does it was not reached (`connect`).
  public static func unreached(_ reason: String) -> TaskFailure {
    TaskFailure(end: .unreached, reason: reason, retryAfter: nil)
  }
}
