import Columns
import Schemas
import TestKit
import Testing

@testable import KeyedState

/// Windows of 300 slices each, which share blocks of slices, against plain merging of all slices.
struct SharedSlicesTests {
  private static let key = Field("k", .int)
  private static let number = Field("n", .int)
  private static let size: Int64 = 300
  private static let results = Schema([
    key, Field("window_start", .timestamp), Field("window_end", .timestamp), Field("count", .int),
    Field("sum", .int), Field("max", .int),
  ])

  private struct Row {
    let time: Int64
    let key: Int64
    let number: Int64
    /// How far its partition's watermark is; windows that end by then don't take it.
    var behind = Int64.min
  }

  private static func store() throws -> WindowStore {
    let specs = ["count", "sum", "max"].map { function in
      AggregateSpec(
        name: function, function: function,
        arguments: function == "count" ? [] : [number.fieldType], resultType: .int)
    }
    return try WindowStore(
      WindowStore.Configuration(
        grid: WindowGrid(size: size, slide: 1, offset: 0), keys: [key], aggregates: specs,
        tracksChanges: true))
  }

  private static func absorb(_ rows: [Row], into store: WindowStore) {
    for first in stride(from: 0, to: rows.count, by: Batch.rowLimit) {
      let part = rows[first..<min(first + Batch.rowLimit, rows.count)]
      let batch = Batch(Schema([key, number]), part.map { [.int($0.key), .int($0.number)] })
      batch.hidden.eventTimes = Column(.timestamp, part.map { .int($0.time) })
      batch.hidden.lateWatermarks = Column(.timestamp, part.map { .int($0.behind) })
      let inputs = WindowInputs(
        keys: [0], aggregates: [([], nil), ([1], nil), ([1], nil)])
      let absorbed = store.absorb(batch, inputs, watermark: .beginning)
      #expect(absorbed.taken == part.count)
    }
  }

  /// What the windows that a watermark closes put out.
  private static func close(_ store: WindowStore, _ watermark: Int64) -> [[Cell]] {
    let emission = WindowEmission(
      closing: store, watermark: Timestamp(microseconds: watermark), schema: results, rowLimit: 7)
    var rows: [[Cell]] = []
    while let emission {
      switch emission.next() {
      case .rows(let batch, _): rows += batch.cells
      case .combining: continue
      case .done: return rows
      }
    }
    return rows
  }

  /// The same of all rows, each window from scratch.
  private static func model(_ rows: [Row], closing ends: ClosedRange<Int64>) -> Set<[Cell]> {
    var all: Set<[Cell]> = []
    for end in ends {
      let start = end - size
      let taken = rows.filter { start <= $0.time && $0.time < end && end > $0.behind }
      for (key, rows) in Dictionary(grouping: taken, by: \.key) {
        all.insert([
          .int(key), .int(start), .int(end), .int(Int64(rows.count)),
          .int(rows.reduce(0) { $0 + $1.number }), .int(rows.map(\.number).max() ?? 0),
        ])
      }
    }
    return all
  }

  private static func check(_ told: [[Cell]], _ expected: Set<[Cell]>) {
    #expect(told.count == expected.count)
    #expect(Set(told) == expected)
  }

  /// Blocks of 64 slices, by what they are.
  private static func blocks(_ store: WindowStore) -> (merged: Int, loose: Int) {
    (0..<10 as Range<Int64>).reduce(into: (merged: 0, loose: 0)) { found, index in
      switch store.blocks[SliceBlocks.Place(level: 3, index: index)] {
      case .merged: found.merged += 1
      case .loose: found.loose += 1
      case nil: break
      }
    }
  }

  /// Each slice has rows of the same keys.
  private static func rows(keys: Int64) -> [Row] {
    var random = SeededRandom(seed: 7)
    return (0..<600 as Range<Int64>).flatMap { time in
      (0..<keys).map { Row(time: time, key: $0, number: Int64(random.next() % 1_000)) }
    }
  }

  @Test func `windows that share blocks give what all of their slices do`() throws {
    let store = try Self.store()
    let rows = Self.rows(keys: 5)
    Self.absorb(rows, into: store)
    Self.check(Self.close(store, 320), Self.model(rows, closing: 1...320))
    #expect(Self.blocks(store).merged >= 3)
    Self.check(Self.close(store, 900), Self.model(rows, closing: 321...900))
    #expect(store.isEmpty && store.blocks.isEmpty)
  }

  @Test func `blocks are made again after a restore`() throws {
    let store = try Self.store()
    let rows = Self.rows(keys: 5)
    Self.absorb(rows, into: store)
    _ = Self.close(store, 320)
    let blocks = Blocks()
    try store.snapshot("panes", full: true).write(to: blocks)
    let restored = try Self.store()
    for rows in blocks.rows { restored.restore(rows) }
    restored.restoreProgress(Timestamp(microseconds: 320))
    restored.finishRestore()
    #expect(restored.blocks.isEmpty)
    Self.check(Self.close(restored, 400), Self.model(rows, closing: 321...400))
    #expect(Self.blocks(restored).merged >= 3)
    Self.check(Self.close(restored, 900), Self.model(rows, closing: 401...900))
  }

  @Test func `rows that came too late for some windows are in the others alone`() throws {
    let store = try Self.store()
    var rows = Self.rows(keys: 5)
    rows += (50..<90 as Range<Int64>).map { time in
      Row(time: time, key: time % 7, number: 5_000 + time, behind: 310 + time % 3)
    }
    Self.absorb(rows, into: store)
    #expect(store.order.contains { $0.from != .min })
    Self.check(Self.close(store, 330), Self.model(rows, closing: 1...330))
    #expect(Self.blocks(store).merged >= 3)
    Self.check(Self.close(store, 900), Self.model(rows, closing: 331...900))
  }

  @Test func `slices whose keys never meet are not merged into blocks`() throws {
    let store = try Self.store()
    let rows = (0..<600 as Range<Int64>).map { Row(time: $0, key: $0, number: $0 % 10) }
    Self.absorb(rows, into: store)
    Self.check(Self.close(store, 320), Self.model(rows, closing: 1...320))
    let found = Self.blocks(store)
    #expect(found.merged == 0 && found.loose >= 3)
    Self.check(Self.close(store, 900), Self.model(rows, closing: 321...900))
  }
}

/// Keeps the rows of what is written.
private final class Blocks: StateWriter {
  private(set) var rows: [Batch] = []

  func write(_ block: StateBlock) throws { rows.append(block.rows) }
}
