import Columns
import Schemas
import TestKit
import Testing

@testable import KeyedState

/// Groups whose values are large: what is put out or written at a time stays far below what the
/// offsets of a column count.
struct LargeValueTests {
  /// A state that says how much it holds.
  private final class Heavy: AggregateState {
    let valueBytes: Int
    init(_ valueBytes: Int) { self.valueBytes = valueBytes }
    func grow(to groups: Int) {}
    func update(_ rows: GroupRows, _ input: AggregateInput) {}
    func merge(_ rows: GroupRows, _ partials: [Column]) {}
    func clear(_ group: UInt32) {}
    func partials(_ groups: RowList) -> [Column] { [] }
    func share() -> any AggregateState { self }
    func result(_ groups: RowList) -> AggregateResult {
      AggregateResult(column: Column(fixed: .int, rowCount: groups.count), failed: [])
    }
  }

  @Test func `so many groups are taken as hold a batch's bytes`() {
    func bound(_ bytes: [Int], _ groups: Int) -> Int {
      let states: [any AggregateState] = bytes.map { Heavy($0) }
      return states.rowBound(4_096, groups: groups)
    }
    let batch = TextLimit.batchBytes
    #expect(bound([], 10) == 4_096)
    #expect(bound([batch], 10) == 4_096)
    #expect((9...10).contains(bound([10 * batch], 100)))
    #expect((4...5).contains(bound([10 * batch, 10 * batch], 100)))
    #expect(bound([100 * batch], 100_000_000) == 4_096)
    #expect(bound([100 * batch], 2) == 1)
  }

  @Test func `a block holds no more than a batch's bytes, or one part`() throws {
    let schema = Schema([Field("s", .string)])
    let large = Column(.string, [.text(String(repeating: "x", count: 40 << 20))])
    let small = Column(.string, ["a", "b"])
    let gathering = BlockGathering(schema)
    var blocks: [Int] = []
    for column in [small, large, small, large, large, small, small] {
      try gathering.add([column], column.rowCount) { blocks.append($0.rowCount) }
    }
    try gathering.finish { blocks.append($0.rowCount) }
    #expect(blocks == [5, 1, 5])
  }
}
