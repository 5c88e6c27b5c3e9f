import Columns
import KeyedState
import Schemas
import TestKit
import Testing

private final class Blocks: StateWriter {
  var all: [StateBlock] = []
  func write(_ block: StateBlock) throws { all.append(block) }
}

/// Value, map, list and sorted state, timers, and what checkpoints keep of them.
struct KeyedStatesTests {
  static let keys = [Field("user", .string, nullable: true)]

  static func key(_ name: String) -> StateKey {
    let batch = Batch(Schema(keys), [[.text(name)]])
    return StateKey.keys(of: batch.columns, in: batch)[0]
  }

  static func at(_ microseconds: Int64) -> Timestamp { Timestamp(microseconds: microseconds) }

  @Test func `a value is there until it expires`() {
    let state = ValueState("v", keys: Self.keys, values: [Field("n", .int)], timeToLive: 10)
    let key = Self.key("a")
    state.set(key, [.int(1)], at: Self.at(100))
    #expect(state.value(key, at: Self.at(109)) == [.int(1)])
    #expect(state.value(key, at: Self.at(110)) == nil)
    state.removeExpired(at: Self.at(110), keyGroup: key.keyGroup)
    #expect(state.count == 0)
  }

  @Test func `a snapshot keeps its moment, and deltas bring the rest`() throws {
    var random = SeededRandom(seed: 5)
    let state = MapState("m", keys: Self.keys, entry: Field("e", .int), values: [Field("n", .int)])
    var model: [String: [Int64: Int64]] = [:]
    let blocks = Blocks()
    for round in 0..<12 {
      for _ in 0..<50 {
        let name = "k\(random.next() % 20)"
        let entry = Int64(random.next() % 5)
        if random.next() % 3 == 0 {
          state.remove(Self.key(name), .int(entry))
          model[name]?[entry] = nil
        } else {
          let value = Int64(random.next() % 100)
          state.set(Self.key(name), .int(entry), [.int(value)], at: Self.at(Int64(round)))
          model[name, default: [:]][entry] = value
        }
      }
      let snapshot = state.snapshot(full: round == 0)
      #expect(snapshot.isDelta == (round > 0))
      let kept = model
      // Written after the snapshot: no part of it.
      state.set(Self.key("later"), .int(9), [.int(9)], at: Self.at(0))
      try snapshot.write(to: blocks)
      state.remove(Self.key("later"), .int(9))
      let restored = MapState(
        "m", keys: Self.keys, entry: Field("e", .int), values: [Field("n", .int)])
      for block in blocks.all { restored.restore(block) }
      for number in 0..<20 {
        let name = "k\(number)"
        let have = restored.all(Self.key(name), at: Self.at(0)).map { "\($0.0)=\($0.1)" }
        let want = (kept[name] ?? [:]).sorted { $0.key < $1.key }
          .map { "\(StateValue.int($0.key))=\([StateValue.int($0.value)])" }
        #expect(have == want)
      }
      #expect(restored.all(Self.key("later"), at: Self.at(0)).isEmpty)
    }
  }

  @Test func `blocks come key group by key group`() throws {
    let state = ListState("l", keys: Self.keys, values: [Field("n", .int)])
    for number in 0..<200 { state.append(Self.key("k\(number)"), [.int(1)], at: Self.at(0)) }
    let blocks = Blocks()
    try state.snapshot(full: true).write(to: blocks)
    let groups = blocks.all.compactMap { block in
      if case .keyGroup(let group) = block.scope { group } else { nil }
    }
    #expect(groups == groups.sorted())
    #expect(groups.count == blocks.all.count)
    #expect(blocks.all.reduce(0) { $0 + $1.rows.rowCount } == 200)
  }

  @Test func `two keys' state becomes one`() {
    let list = ListState("l", keys: Self.keys, values: [Field("n", .int)])
    let sorted = SortedState("s", keys: Self.keys, values: [Field("n", .int)])
    for (name, number) in [("a", 1), ("a", 2), ("b", 3)] {
      let key = Self.key(name)
      list.append(key, [.int(Int64(number))], at: Self.at(0))
      let place = SortedState.Place(time: Self.at(Int64(10 - number)), lane: 0, place: 0)
      sorted.insert(key, place, [.int(Int64(number))], at: Self.at(0))
    }
    list.merge(Self.key("b"), into: Self.key("a"))
    sorted.merge(Self.key("b"), into: Self.key("a"))
    #expect(list.all(Self.key("a"), at: Self.at(0)) == [[.int(1)], [.int(2)], [.int(3)]])
    #expect(list.all(Self.key("b"), at: Self.at(0)).isEmpty)
    let rows = sorted.rows(Self.key("a"), Self.at(0)...Self.at(8), at: Self.at(0))
    #expect(rows.map(\.1) == [[.int(3)], [.int(2)]])
    sorted.removeRows(Self.key("a"), before: Self.at(9))
    #expect(sorted.count == 1)
  }

  @Test func `timers come due in order, in both domains, also after a restore`() throws {
    let timers = TimerTable("t", keys: Self.keys)
    var random = SeededRandom(seed: 3)
    var expected: [Int64] = []
    for number in 0..<100 {
      let time = Int64(random.next() % 50)
      let key = Self.key("k\(number)")
      timers.set(key, at: Self.at(time), .event)
      timers.set(key, at: Self.at(time + 1_000), .wall)
      if number % 3 == 0 {
        timers.cancel(key, at: Self.at(time), .event)
      } else {
        expected.append(time)
      }
    }
    let blocks = Blocks()
    try timers.snapshot(full: true).write(to: blocks)
    let restored = TimerTable("t", keys: Self.keys)
    for block in blocks.all { restored.restore(block) }
    restored.finishRestore()
    for table in [timers, restored] {
      var due: [Int64] = []
      while let timer = table.popDue(.event, at: Self.at(40)) {
        due.append(timer.time.microseconds)
      }
      #expect(due == expected.filter { $0 <= 40 }.sorted())
      #expect(table.next(.event).map { $0 > Self.at(40) } ?? true)
      #expect(table.next(.wall).map { $0 >= Self.at(1_000) } == true)
    }
  }

  @Test func `state of one owner is written by the first worker, of partitions by each`() throws {
    let schema = Schema([Field("n", .int)])
    let partition = StateScope.partition(PartitionID(source: "s", topic: "t", number: 1))
    let single = ScopedState("one", .single, schema)
    single.set(.whole, [Batch(schema, [[1]])])
    let own = ScopedState("own", .partition, schema)
    own.set(partition, [Batch(schema, [[2]])])
    let blocks = Blocks()
    try single.snapshot(worker: 1).write(to: blocks)
    #expect(blocks.all.isEmpty)
    try single.snapshot(worker: 0).write(to: blocks)
    try own.snapshot(worker: 1).write(to: blocks)
    #expect(blocks.all.map(\.scope) == [.whole, partition])
    let restored = ScopedState("own", .partition, schema)
    restored.restore(blocks.all[1])
    #expect(restored.rows(partition).map(\.cells) == [[[2]]])
  }
}
