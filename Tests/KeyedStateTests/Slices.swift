import Columns
import Schemas
import TestKit
import Testing

@testable import KeyedState

/// Windows of many slices each, with some aggregates of a number, and the same from scratch.
struct Slices {
  private static let key = Field("k", .int)
  private static let number = Field("n", .int)

  struct Row {
    let time: Int64
    let key: Int64
    let number: Int64
    /// How far its partition's watermark is; windows that end by then don't take it.
    var behind = Int64.min
  }

  let functions: [String]
  /// Slices of a window.
  let size: Int64

  func store() throws -> WindowStore {
    let specs = functions.map { function in
      AggregateSpec(
        name: function, function: function,
        arguments: columns(function).map { _ in Self.number.fieldType }, resultType: .int)
    }
    return try WindowStore(
      WindowStore.Configuration(
        grid: WindowGrid(size: size, slide: 1, offset: 0), keys: [Self.key],
        aggregates: specs, tracksChanges: true))
  }

  private func columns(_ function: String) -> [Int] {
    function == "count" ? [] : [1]
  }

  func absorb(_ rows: [Row], into store: WindowStore) {
    for first in stride(from: 0, to: rows.count, by: Batch.rowLimit) {
      let part = rows[first..<min(first + Batch.rowLimit, rows.count)]
      let batch = Batch(
        Schema([Self.key, Self.number]), part.map { [.int($0.key), .int($0.number)] })
      batch.hidden.eventTimes = Column(.timestamp, part.map { .int($0.time) })
      batch.hidden.lateWatermarks = Column(.timestamp, part.map { .int($0.behind) })
      let inputs = WindowInputs(
        keys: [0], aggregates: functions.map { (columns($0), nil) })
      let absorbed = store.absorb(batch, inputs, watermark: .beginning)
      #expect(absorbed.taken == part.count)
    }
  }

  /// What the windows that a watermark closes put out.
  func close(_ store: WindowStore, _ watermark: Int64) -> [[Cell]] {
    let bounds = ["window_start", "window_end"].map { Field($0, .timestamp) }
    let schema = Schema([Self.key] + bounds + functions.map { Field($0, .int) })
    let emission = WindowEmission(
      closing: store, watermark: Timestamp(microseconds: watermark), schema: schema, rowLimit: 7)
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

  /// Holds what windows gave against all rows, each window from scratch.
  func check(_ told: [[Cell]], _ rows: [Row], closing ends: ClosedRange<Int64>) {
    var all: Set<[Cell]> = []
    for end in ends {
      let start = end - size
      let taken = rows.filter { start <= $0.time && $0.time < end && end > $0.behind }
      for (key, rows) in Dictionary(grouping: taken, by: \.key) {
        all.insert(
          [.int(key), .int(start), .int(end)] + functions.map { value($0, rows.map(\.number)) })
      }
    }
    #expect(told.count == all.count)
    #expect(Set(told) == all)
  }

  private func value(_ function: String, _ numbers: [Int64]) -> Cell {
    switch function {
    case "count": .int(Int64(numbers.count))
    case "sum": .int(numbers.reduce(0, +))
    case "first": .int(numbers.first ?? 0)
    case "min": .int(numbers.min() ?? 0)
    default: .int(numbers.max() ?? 0)
    }
  }

  /// Each slice has rows of the same keys.
  static func rows(of times: Range<Int64>) -> [Row] {
    var random = SeededRandom(seed: 7)
    return times.flatMap { time in
      (0..<5).map { Row(time: time, key: $0, number: Int64(random.next() % 1_000)) }
    }
  }

  /// Rows that only the windows have which end behind a time, or one or two later.
  static func rows(of times: Range<Int64>, behind end: Int64) -> [Row] {
    times.map { time in
      Row(time: time, key: time % 7, number: 5_000 + time, behind: end + time % 3)
    }
  }

  /// Another store with what is open when a watermark has come.
  func restored(_ store: WindowStore, _ watermark: Int64) throws -> WindowStore {
    let blocks = Blocks()
    try store.snapshot("panes", full: true).write(to: blocks)
    let restored = try self.store()
    for rows in blocks.rows { restored.restore(rows) }
    restored.restoreProgress(Timestamp(microseconds: watermark))
    restored.finishRestore()
    return restored
  }

  /// Keeps the rows of what is written.
  private final class Blocks: StateWriter {
    private(set) var rows: [Batch] = []

    func write(_ block: StateBlock) throws { rows.append(block.rows) }
  }
}
