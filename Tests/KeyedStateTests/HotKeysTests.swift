import Columns
import KeyedState
import Schemas
import TestKit
import Testing

/// The hottest key by a sample, whatever batches the rows come in.
struct HotKeysTests {
  private static let schema = Schema([Field("id", .int), Field("shop", .string)])

  /// Rows of which a share in percent has the hot key, all others keys of their own.
  private func take(
    _ count: Int, hot: String, share: Int, batch: Int, into keys: HotKeys,
    _ generator: inout SeededRandom
  ) {
    for start in stride(from: 0, to: count, by: batch) {
      let rows = (start..<min(start + batch, count)).map { row in
        let isHot = Int.random(in: 0..<100, using: &generator) < share
        return [Cell.int(Int64(row)), .text(isHot ? hot : "own\(row)")]
      }
      keys.take(Batch(Self.schema, rows))
    }
  }

  @Test(arguments: [1, 7, 64, 4_096], [(10, 30_000), (40, 700_000)])
  func `the key of many rows is found, with its share`(batch: Int, hot: (share: Int, rows: Int))
    throws
  {
    guard batch > 1 || hot.rows < 100_000 else { return }
    var generator = SeededRandom(seed: UInt64(batch))
    let keys = HotKeys(keys: [1], of: Self.schema)
    take(hot.rows, hot: "madrid", share: hot.share, batch: batch, into: keys, &generator)
    let found = try #require(keys.hottest)
    #expect(found.key == #"{"shop":"madrid"}"#)
    let share = Double(found.count) / Double(found.samples) * 100
    #expect(abs(share - Double(hot.share)) < 6, "\(found)")
  }

  @Test func `a key that becomes hot later takes the place of the one before`() throws {
    var generator = SeededRandom(seed: 5)
    let keys = HotKeys(keys: [1], of: Self.schema)
    take(200_000, hot: "old", share: 50, batch: 4_096, into: keys, &generator)
    #expect(try #require(keys.hottest).key == #"{"shop":"old"}"#)
    take(32 << 16, hot: "new", share: 50, batch: 4_096, into: keys, &generator)
    #expect(try #require(keys.hottest).key == #"{"shop":"new"}"#)
  }

  @Test func `nothing is said of keys that come once, nor of few rows`() {
    var generator = SeededRandom(seed: 6)
    let keys = HotKeys(keys: [1], of: Self.schema)
    take(15, hot: "h", share: 100, batch: 10, into: keys, &generator)
    #expect(keys.hottest == nil)
    take(1, hot: "h", share: 100, batch: 1, into: keys, &generator)
    #expect(keys.hottest == HotKeys.Hottest(key: #"{"shop":"h"}"#, count: 16, samples: 16))
    let apart = HotKeys(keys: [1], of: Self.schema)
    take(100_000, hot: "h", share: 0, batch: 1_000, into: apart, &generator)
    #expect(apart.hottest == nil)
  }
}
