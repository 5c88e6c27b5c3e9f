import Columns
import Connectors
import Platform
import Schemas
import TestKit

/// A table elsewhere that processes ask: it answers when the world picks it, in any order, and as
/// its faults say fails, answers twice or never.
package final class SimulatedService: LookupClient, @unchecked Sendable {
  /// Of a hundred questions those that fail, that are answered twice, and that never are.
  package struct Faults: Sendable {
    package var failed: Int
    package var twice: Int
    package var never: Int

    package init(failed: Int = 0, twice: Int = 0, never: Int = 0) {
      self.failed = failed
      self.twice = twice
      self.never = never
    }
  }

  static let schema = Schema([Field("key", .string), Field("rank", .int)])
  /// Questions are answered beside each other, as by so many connections.
  private static let connections = 4

  private let lanes: any BackgroundLanes
  private let faults: () -> Faults
  private var generator: SeededGenerator
  private var asked = 0

  init(_ lanes: any BackgroundLanes, seed: UInt64, faults: @escaping () -> Faults) {
    self.lanes = lanes
    self.faults = faults
    generator = SeededGenerator(seed: seed)
  }

  /// What it holds of a key; nil where it has no row.
  static func rank(_ key: String) -> Int64? {
    key.hasSuffix("3") ? nil : key.utf8.reduce(0) { $0 * 31 + Int64($1) }
  }

  func start() throws(ConnectorError) {}

  func ask(
    _ keys: Batch, _ answer: @escaping @Sendable (Result<LookupAnswer, LookupFailure>) -> Void
  ) {
    asked += 1
    let lane = LaneName("service.\(asked % Self.connections)", .input)
    lanes.submit(lane) { [self] in
      let (faults, luck) = (faults(), Int.random(in: 0..<100, using: &generator))
      if luck < faults.failed {
        return answer(.failure(LookupFailure("it is away", isRetriable: true)))
      }
      if luck < faults.failed + faults.never { return }
      answer(.success(Self.answer(keys)))
      guard luck < faults.failed + faults.never + faults.twice else { return }
      lanes.submit(lane) {
        answer(.failure(LookupFailure("it is away now", isRetriable: true)))
      }
    }
  }

  func close() {}

  private static func answer(_ keys: Batch) -> LookupAnswer {
    var rows: [[Cell]] = []
    var numbers: [Int] = []
    for (number, cells) in keys.cells.enumerated() {
      guard let rank = rank(cells[0].plain) else { continue }
      rows.append([cells[0], .int(rank)])
      numbers.append(number)
    }
    return LookupAnswer(rows: Batch(schema, rows), keys: numbers)
  }
}
