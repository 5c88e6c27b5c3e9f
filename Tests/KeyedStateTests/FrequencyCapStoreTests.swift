import Columns
import Schemas
import TestKit
import Testing

@testable import KeyedState

/// What a cap keeps.
struct FrequencyCapStoreTests {
  private static let schema = Schema([Field("key", .int)])

  private static func rows(_ keys: [Int64], at time: Int64) -> Batch {
    let batch = Batch(schema, keys.map { [.int($0)] })
    batch.hidden.eventTimes = Column(.timestamp, keys.map { _ in .int(time) })
    return batch
  }

  @Test func `the watermark frees what no cap looks back to`() {
    let store = FrequencyCapStore(
      keys: Self.schema.fields,
      caps: [
        FrequencyCapStore.Cap(count: 1, span: 5), FrequencyCapStore.Cap(count: 3, span: 100),
      ])
    for time in 0..<Int64(20_000) {
      let (passed, capped) = store.take(Self.rows([time, time, -1], at: time), keys: [0])
      #expect(passed.count == (time % 100 == 0 || [5, 10].contains(time % 100) ? 2 : 1))
      #expect(passed.count + capped.count == 3)
      store.advance(to: Timestamp(microseconds: time))
      // A key for each microsecond, and three times of one key.
      #expect(store.count <= 103 && store.keyCount <= 101)
    }
    #expect(store.end < 20_000)
    store.advance(to: .endOfTime)
    #expect(store.count == 0 && store.keyCount == 0)
  }
}
