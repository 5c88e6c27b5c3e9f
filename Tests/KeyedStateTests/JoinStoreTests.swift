import Columns
import Schemas
import TestKit
import Testing

@testable import KeyedState

/// How much work joins do, and in how many parts their rows lie; counted, not timed.
struct JoinStoreTests {
  private static let left = Schema([Field("k", .string), Field("n", .int)])
  private static let right = Schema([Field("k", .string), Field("m", .int)])

  private static func store(
    _ kind: JoinShape.Kind, before: Int64, after: Int64
  ) -> JoinStore {
    JoinStore(
      JoinShape(
        kind: kind, before: before, after: after, left: left, right: right, leftKeys: [0],
        rightKeys: [0], columns: [.left(0), .left(1)], result: left))
  }

  private static func rows(
    _ side: JoinSide, _ numbers: Range<Int64>, key: (Int64) -> String = { _ in "hot" },
    time: (Int64) -> Int64
  ) -> Batch {
    let keys = ColumnBuilder(.string)
    let values = ColumnBuilder(.int)
    let times = ColumnBuilder(.timestamp)
    for number in numbers {
      keys.append(string: key(number))
      values.append(int: number)
      times.append(int: time(number))
    }
    let batch = Batch(
      schema: side == .left ? left : right, columns: [keys.finish(), values.finish()],
      rowCount: numbers.count)
    batch.hidden.eventTimes = times.finish()
    return batch
  }

  private static func batches(_ count: Int64) -> [Range<Int64>] {
    stride(from: 0, to: count, by: Batch.rowLimit).map { $0..<min($0 + 4_096, count) }
  }

  /// Takes all results: how many there are, and in how many calls, each of bounded work.
  private static func drain(_ store: JoinStore) -> (rows: Int, calls: Int) {
    var (rows, calls) = (0, 0)
    while store.hasWork {
      rows += store.next(limit: Batch.rowLimit)?.rowCount ?? 0
      calls += 1
    }
    return (rows, calls)
  }

  @Test(arguments: [JoinShape.Kind.semi, .anti], [true, false])
  func `work on a key grows with its rows where one match is enough`(
    kind: JoinShape.Kind, leftFirst: Bool
  ) {
    let count: Int64 = 40_960
    let store = Self.store(kind, before: 1_000_000, after: 1_000_000)
    var (rows, calls) = (0, 0)
    for side in leftFirst ? [JoinSide.left, .right] : [.right, .left] {
      for numbers in Self.batches(count) {
        _ = store.add(Self.rows(side, numbers) { $0 }, side)
        let drained = Self.drain(store)
        rows += drained.rows
        calls += drained.calls
      }
    }
    #expect(rows == (kind == .semi ? Int(count) : 0))
    // A call is 65,536 steps or a batch of results; all pairs are 25,600 calls.
    #expect(calls <= 60)
  }

  @Test func `work on a key grows with its rows while both sides come and nothing is taken`() {
    let store = Self.store(.semi, before: 1_000_000, after: 1_000_000)
    for numbers in Self.batches(40_960) {
      _ = store.add(Self.rows(.left, numbers) { $0 }, .left)
      _ = store.add(Self.rows(.right, numbers) { $0 }, .right)
    }
    let drained = Self.drain(store)
    #expect(drained.rows == 40_960)
    #expect(drained.calls <= 60)
  }

  @Test func `batches are whole again when a wide row has gone`() {
    let store = Self.store(.inner, before: 1_000, after: 1_000)
    let wide = String(repeating: "x", count: TextLimit.batchBytes / 8)
    _ = store.add(Self.rows(.left, 0..<1, key: { _ in wide }) { $0 }, .left)
    _ = store.add(Self.rows(.left, 1..<2) { _ in 20_000_000 }, .left)
    _ = store.add(Self.rows(.right, 0..<100) { _ in 20_000_000 }, .right)
    #expect(store.next(limit: 4_096)?.rowCount == 7)
    _ = Self.drain(store)
    store.advance(to: Timestamp(microseconds: 10_000_000))
    _ = Self.drain(store)
    _ = store.add(Self.rows(.left, 2..<3) { _ in 20_000_000 }, .left)
    #expect(store.next(limit: 4_096)?.rowCount == 100)
  }

  @Test func `few rows lie in few panes however short the interval`() {
    let store = Self.store(.inner, before: 1_000, after: 1_000)
    var found = 0
    // A thousand a second, and a straggler among them.
    for numbers in Self.batches(81_920) {
      for side in [JoinSide.left, .right] {
        _ = store.add(
          Self.rows(side, numbers, key: { "\($0)" }) {
            $0 * 1_000 - ($0 % 97 == 0 ? 60_000_000 : 0)
          }, side)
      }
      found += Self.drain(store).rows
    }
    #expect(found == 81_920)
    for panes in [store.left.panes, store.right.panes] {
      #expect(panes.reduce(0) { $0 + $1.count } == 81_920)
      #expect(panes.count < 1_000)
      #expect(zip(panes, panes.dropFirst()).allSatisfy { $0.end < $1.start })
      #expect(panes.allSatisfy { $0.end - $0.start < 1_000_000 })
    }
  }

  @Test func `many rows lie in slices of the interval, so that few are looked at in vain`() {
    let store = Self.store(.inner, before: 1_000, after: 1_000)
    // Ten of each key and microsecond-long instant, matched within the interval's 2,000 instants.
    for numbers in Self.batches(409_600) {
      _ = store.add(Self.rows(.left, numbers) { $0 / 10 }, .left)
    }
    #expect(store.left.panes.count >= 409_600 / 10 / 250)
    _ = store.add(Self.rows(.right, 0..<64) { $0 * 600 }, .right)
    let drained = Self.drain(store)
    #expect(drained.rows > 64 * 15_000)
    // Of what is looked at nine rows in ten match; of all rows one in twenty would.
    #expect(drained.calls <= drained.rows / 4_096 + 64 * 25_000 / 65_536 + 2)
  }

  @Test(arguments: [JoinShape.Kind.left, .anti])
  func `a row without a match goes when its own bounds are over`(kind: JoinShape.Kind) {
    let schema = Schema([
      Field("k", .string), Field("low", .timestamp), Field("high", .timestamp, nullable: true),
    ])
    var shape = JoinShape(
      kind: kind, before: 0, after: 1_000, left: schema, right: Self.right, leftKeys: [0],
      rightKeys: [0], columns: [.left(0), .left(1), .left(2)], result: schema)
    shape.bounds = JoinShape.ColumnBounds(side: .left, low: 1, high: 2)
    let store = JoinStore(shape)
    let rows = Batch(
      schema: schema,
      columns: [
        Column(.string, Array(repeating: "hot", count: 4)),
        Column(.timestamp, [0, 5, 0, 0].map { .int($0) }),
        // Until 10, never, never, and longer than the interval.
        Column(.timestamp, [.int(10), .int(4), .null, .int(9_000)]),
      ], rowCount: 4)
    rows.hidden.eventTimes = Column(.timestamp, Array(repeating: .int(3), count: 4))
    _ = store.add(rows, .left)
    var gone: [Int] = []
    for time in [4, 10, 11, 1_003, 1_004] {
      store.advance(to: Timestamp(microseconds: Int64(time)))
      gone.append(Self.drain(store).rows)
    }
    #expect(gone == [2, 0, 1, 0, 1])
  }
}
