import Columns
import Operators
import Platform
import Schemas
import TestKit

/// Who makes the calls of simulated tasks: they are done at once, end when the world picks them, in
/// any order, and as the service's faults say fail, end twice or never. A question says what is so.
final class SimulatedTasks: @unchecked Sendable {
  /// Calls end beside each other, as on so many connections.
  private static let connections = 4

  private let lanes: any BackgroundLanes
  private let faults: () -> SimulatedService.Faults
  private let outside: Outside
  /// Whether none may be done twice.
  private let isOnce: Bool
  private var generator: SeededGenerator
  private var called = 0

  init(
    _ lanes: any BackgroundLanes, seed: UInt64, _ outside: Outside, isOnce: Bool,
    faults: @escaping () -> SimulatedService.Faults
  ) {
    self.lanes = lanes
    self.isOnce = isOnce
    self.faults = faults
    self.outside = outside
    generator = SeededGenerator(seed: seed)
  }

  func perform(_ attempt: TaskAttempt, _ answer: @escaping @Sendable (TaskAnswer) -> Void) {
    let key = attempt.idempotencyKey
    called += 1
    let (faults, luck) = (faults(), Int.random(in: 0..<100, using: &generator))
    let isAway = luck < faults.failed
    if !attempt.isQuestion, !isAway { outside.carryOut(key, isOnce: isOnce) }
    if !isAway, luck < faults.failed + faults.never { return }
    let lane = LaneName("tasks.\(called % Self.connections)", .input)
    lanes.submit(lane) { [lanes, outside] in
      if isAway { return answer(TaskAnswer(.refused("it is away"), status: 503)) }
      answer(
        outside.isCarriedOut(key)
          ? TaskAnswer(.done, status: 200, response: Array("re \(key)".utf8))
          : TaskAnswer(.undone("it was not done"), status: 404))
      guard luck < faults.failed + faults.never + faults.twice else { return }
      lanes.submit(lane) { answer(TaskAnswer(.broken("it is away now"))) }
    }
  }

  static func read(
    _ responses: [[UInt8]?]
  ) -> (columns: [Column], unreadable: [Int: String]) {
    let builder = ColumnBuilder(.string)
    for response in responses {
      if let response {
        builder.append(string: String(decoding: response, as: UTF8.self))
      } else {
        builder.appendNull()
      }
    }
    return ([builder.finish()], [:])
  }
}
