import Columns
import Schemas
import TestKit
import Testing

@testable import KeyedState

/// Windows that go from slice to slice, adding and taking away, against plain merging of all slices
/// of each.
struct RollingWindowTests {
  /// Of aggregates that take back, of some that don't, and of both.
  static let kinds = [["count", "sum"], ["min", "max"], ["max", "count", "min", "sum"]]

  @Test(arguments: kinds)
  func `windows that follow each other give what all of their slices do`(
    _ functions: [String]
  ) throws {
    let (slices, rows) = (Slices(functions: functions, size: 60), Slices.rows(of: 0..<200))
    let store = try slices.store()
    slices.absorb(rows, into: store)
    slices.check(slices.close(store, 90), rows, closing: 1...90)
    #expect(store.rolling?.isEmpty == false && store.blocks.isEmpty)
    slices.check(slices.close(store, 260), rows, closing: 91...260)
    #expect(store.isEmpty && store.rolling?.isEmpty == true)
  }

  @Test(arguments: kinds)
  func `windows are put together again after a restore`(_ functions: [String]) throws {
    let (slices, rows) = (Slices(functions: functions, size: 60), Slices.rows(of: 0..<200))
    let store = try slices.store()
    slices.absorb(rows, into: store)
    _ = slices.close(store, 90)
    let restored = try slices.restored(store, 90)
    #expect(restored.rolling?.isEmpty == true)
    slices.check(slices.close(restored, 260), rows, closing: 91...260)
  }

  @Test(arguments: kinds)
  func `rows that came too late for some windows are in the others alone`(
    _ functions: [String]
  ) throws {
    let slices = Slices(functions: functions, size: 60)
    let rows = Slices.rows(of: 0..<200) + Slices.rows(of: 50..<90, behind: 100)
    let store = try slices.store()
    slices.absorb(rows, into: store)
    #expect(store.order.contains { $0.from != .min })
    slices.check(slices.close(store, 105), rows, closing: 1...105)
    slices.check(slices.close(store, 260), rows, closing: 106...260)
  }

  @Test(arguments: kinds)
  func `keys that are gone take no memory for long`(_ functions: [String]) throws {
    let slices = Slices(functions: functions, size: 60)
    let store = try slices.store()
    let rows = (0..<600 as Range<Int64>).map { time in
      // One that is there always, one that comes again, and one for each slice.
      Slices.Row(time: time, key: [0, 1 + time / 150, time + 10][Int(time % 3)], number: time)
    }
    slices.absorb(rows, into: store)
    for end in stride(from: 50, through: 600, by: 50) as StrideThrough<Int64> {
      slices.check(slices.close(store, end), rows, closing: (end - 49)...end)
      #expect(try #require(store.rolling).pane.groupCount <= 2 * 23 + 2)
    }
  }

  @Test(arguments: kinds)
  func `a time without rows leaves nothing behind`(_ functions: [String]) throws {
    let slices = Slices(functions: functions, size: 60)
    let store = try slices.store()
    let rows = ([0, 1, 2, 50, 140, 141, 1_000] as [Int64]).map { time in
      Slices.Row(time: time, key: time % 2, number: time)
    }
    slices.absorb(rows, into: store)
    slices.check(slices.close(store, 1_200), rows, closing: 1...1_200)
  }

  @Test(arguments: kinds)
  func `a slice that changes behind its windows is not taken for what it was`(
    _ functions: [String]
  ) throws {
    let slices = Slices(functions: functions, size: 60)
    let store = try slices.store()
    let first = Slices.rows(of: 0..<100)
    slices.absorb(first, into: store)
    _ = slices.close(store, 80)
    // Nobody sends such rows; they count from then on.
    let second = Slices.rows(of: 70..<75)
    slices.absorb(second, into: store)
    slices.check(slices.close(store, 100), first + second, closing: 81...100)
  }

  @Test func `sums that left 128 bits, and nulls, leave nothing behind`() throws {
    let type = DataType.decimal(precision: 38, scale: 0)
    let (key, value) = (Field("k", .int), Field("v", type, nullable: true))
    let spec = AggregateSpec(
      name: "sum", function: "sum", arguments: [value.fieldType], resultType: type)
    let store = try WindowStore(
      WindowStore.Configuration(
        grid: WindowGrid(size: 4, slide: 1, offset: 0), keys: [key], aggregates: [spec],
        tracksChanges: true))
    let most = (0..<38).reduce(Int128(1)) { power, _ in power * 10 } - 1
    let values: [Cell] = (0..<16).map { time in
      time < 4
        ? .decimal(unscaled: most, scale: 0)
        : time < 8
          ? .decimal(unscaled: -7, scale: 0)
          : time < 12 ? .null : .decimal(unscaled: 0, scale: 0)
    }
    let batch = Batch(Schema([key, value]), values.map { [.int(1), $0] })
    batch.hidden.eventTimes = Column(.timestamp, values.indices.map { .int(Int64($0)) })
    let inputs = WindowInputs(keys: [0], aggregates: [([1], nil)])
    _ = store.absorb(batch, inputs, watermark: .beginning)
    let bounds = ["window_start", "window_end"].map { Field($0, .timestamp) }
    let emission = WindowEmission(
      closing: store, watermark: Timestamp(microseconds: 16),
      schema: Schema([key] + bounds + [Field("sum", type, nullable: true)]))
    var found: [Cell: Cell] = [:]
    var failed = 0
    while case .some(let step) = emission?.next() {
      if case .done = step { break }
      guard case .rows(let rows, let failures) = step else { continue }
      failed += failures.count
      for row in rows.cells { found[row[1]] = row[3] }
    }
    // Of windows that start at -2 to 2: they have two of the largest values, or more.
    #expect(failed == 5)
    #expect(found[.int(-3)] == .decimal(unscaled: most, scale: 0))
    #expect(found[.int(3)] == .decimal(unscaled: most - 21, scale: 0))
    #expect(found[.int(4)] == .decimal(unscaled: -28, scale: 0))
    #expect(found[.int(7)] == .decimal(unscaled: -7, scale: 0))
    #expect(found[.int(8)] == .null)
    #expect(found[.int(9)] == .decimal(unscaled: 0, scale: 0))
  }
}
