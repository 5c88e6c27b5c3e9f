import Connectors
import Plans
import Schemas

/// How a service is asked whether a task was done: `verify: { url: … }`.
struct TaskQuestion: Sendable {
  let request: TaskRequest
  private let done: Set<Int>
  private let undone: Set<Int>

  /// Nil where nothing is asked.
  init?(
    _ spec: TaskSpec, input: Schema, _ options: ResolvedOptions, in place: String
  ) throws(ConnectorError) {
    guard case .object(var asked)? = options["verify"] else { return nil }
    for name in ["headers", "idempotency_header"] where asked[name] == nil {
      asked[name] = options[name]
    }
    request = try TaskRequest(
      spec, input: input, ResolvedOptions(asked), isQuestion: true, in: "\(place): `verify`")
    done = Self.statuses(asked["done"]) ?? Set(200...299)
    undone = Self.statuses(asked["not_done"]) ?? [404]
  }

  private static func statuses(_ value: ResolvedValue?) -> Set<Int>? {
    guard case .list(let items)? = value else { return nil }
    return Set(
      items.compactMap { if case .int(let status) = $0 { Int(status) } else { nil } })
  }

  /// What an answer says; nil: nothing.
  func isDone(_ status: Int) -> Bool? {
    done.contains(status) ? true : undone.contains(status) ? false : nil
  }
}
