import Columns
import Schemas
import TestKit
import Testing

@testable import KeyedState

/// What keeps values that may be taken back: exact sums, and sets in order.
struct RetractionTests {
  private static func rows(_ groups: [UInt32], _ body: (GroupRows) -> Void) {
    let rows = Array(0..<UInt32(groups.count))
    groups.withUnsafeBufferPointer { groups in
      rows.withUnsafeBufferPointer { rows in
        guard let a = groups.baseAddress, let b = rows.baseAddress else { return }
        body(GroupRows(groups: a, rows: b, count: rows.count))
      }
    }
  }

  private static func result(_ state: any AggregateState, _ group: UInt32) -> Cell {
    [group].withList { state.result($0).column.cell(0) }
  }

  private static func input(_ columns: [Column]) -> AggregateInput {
    AggregateInput(columns: columns, times: nil, lanes: nil, places: nil)
  }

  private static func floats(_ function: String) throws -> ExactMomentState {
    let count = function.hasPrefix("co") ? 2 : 1
    let spec = AggregateSpec(
      name: function, function: function,
      arguments: Array(repeating: FieldType(.float), count: count), resultType: .float)
    return try #require(ExactMomentState(spec))
  }

  private static func give(
    _ state: ExactMomentState, _ values: [[Double]], back: Bool = false
  ) {
    state.grow(to: 1)
    let columns = values.map { Column(.float, $0.map { .float($0) }) }
    rows(Array(repeating: 0, count: values[0].count)) { rows in
      if back { state.retract(rows, input(columns)) } else { state.update(rows, input(columns)) }
    }
  }

  @Test(arguments: UInt64(1)...50)
  func `a sum is that of the values that are left, to the last bit`(seed: UInt64) throws {
    var random = SeededRandom(seed: seed)
    let state = try Self.floats("sum")
    // Whole numbers times 2^−40, so that 128 bits hold all sums.
    var there: [Int128] = []
    func value(_ number: Int128) -> Double { Double(number) / Double(1 << 40 as Int64) }
    for _ in 0..<20 {
      let fresh = (0..<Int(1 + random.next() % 30)).map { _ in
        let bits = Int128(random.next() >> 11) << Int128(random.next() % 60)
        return Bool.random(using: &random) ? bits : -bits
      }
      there += fresh
      Self.give(state, [fresh.map(value)])
      there.shuffle(using: &random)
      let gone = there.prefix(Int(random.next() % UInt64(there.count)))
      there.removeFirst(gone.count)
      if !gone.isEmpty { Self.give(state, [gone.map(value)], back: true) }
      #expect(Self.result(state, 0) == .float(value(there.reduce(0, +))))
      let restored = try Self.floats("sum")
      restored.grow(to: 1)
      let partials = [UInt32(0)].withList { state.partials($0) }
      Self.rows([0]) { restored.merge($0, partials) }
      #expect(Self.result(restored, 0) == Self.result(state, 0))
    }
  }

  @Test func `the ends of floats are summed too`() throws {
    let state = try Self.floats("sum")
    let least = Double.leastNonzeroMagnitude
    Self.give(state, [[least, least, least]])
    #expect(Self.result(state, 0) == .float(3 * least))
    let great = Double.greatestFiniteMagnitude
    Self.give(state, [[great, great]])
    #expect(Self.result(state, 0) == .float(.infinity))
    Self.give(state, [[great]], back: true)
    #expect(Self.result(state, 0) == .float(great))
    Self.give(state, [[-.infinity, .nan]])
    Self.give(state, [[.nan, great]], back: true)
    #expect(Self.result(state, 0) == .float(-.infinity))
    Self.give(state, [[-.infinity, least, least]], back: true)
    #expect(Self.result(state, 0) == .float(least))
  }

  @Test func `variances forget what was far away`() throws {
    let values: [Double] = [1e9 + 1, 1e9 + 2, 1e9 + 4]
    for (function, expected) in [
      ("var_pop", 14.0 / 9), ("var_samp", 7.0 / 3), ("stddev_samp", (7.0 / 3).squareRoot()),
    ] {
      let state = try Self.floats(function)
      Self.give(state, [values + [1e300, -3e-300]])
      Self.give(state, [[1e300, -3e-300]], back: true)
      #expect(Self.result(state, 0) == .float(expected))
    }
    let line = try Self.floats("corr")
    Self.give(line, [[1, 2, 3, 1e200], [3, 5, 7, -1e200]])
    Self.give(line, [[1e200], [-1e200]], back: true)
    #expect(Self.result(line, 0) == .float(1))
    Self.give(line, [[2, 3], [5, 7]], back: true)
    #expect(Self.result(line, 0) == .null)
  }

  @Test(arguments: UInt64(1)...30)
  func `a set has its values in order, however they come and go`(seed: UInt64) throws {
    var random = SeededRandom(seed: seed)
    let spec = AggregateSpec(
      name: "m", function: "median", arguments: [FieldType(.int)], resultType: .float)
    let layout = try #require(ValueLayout(spec))
    let set = ValueSet(.ordered)
    set.grow(to: 3)
    func take(_ groups: [UInt32], _ values: [Int64], back: Bool) {
      let input = Self.input([Column(.int, values.map { .int($0) })])
      Self.rows(groups) { rows in
        set.take(rows, back: back) { row in
          layout.mostBytes(input, row)
        } write: { row, target in
          layout.write(input, row, to: target)
        }
      }
    }
    var model: [[Int64]] = [[], [], []]
    let range = random.next() % 2 == 0 ? UInt64(20) : 1 << 40
    for round in 0..<30 {
      var (groups, values): ([UInt32], [Int64]) = ([], [])
      for _ in 0..<400 {
        groups.append(UInt32(random.next() % 3))
        values.append(Int64(random.next() % range) - Int64(range / 2))
        model[Int(groups[groups.count - 1])].append(values[values.count - 1])
      }
      take(groups, values, back: false)
      (groups, values) = ([], [])
      for group in 0..<3 {
        let kept = round % 7 == 6 ? 3 : 250
        while model[group].count > kept {
          let place = Int(random.next() % UInt64(model[group].count))
          groups.append(UInt32(group))
          values.append(model[group].remove(at: place))
        }
      }
      if round % 3 == 0 { _ = set.snapshot(full: round % 2 == 0) }
      take(groups, values, back: true)
      for group in 0..<3 { Self.compare(set, UInt32(group), layout, model[group].sorted()) }
    }
    // Places of values that are gone are used again.
    #expect(set.members.count < 9_000)
  }

  private static func compare(
    _ set: ValueSet, _ group: UInt32, _ layout: ValueLayout, _ sorted: [Int64]
  ) {
    let root = set.root(group)
    let found: [Cell] = sorted.indices.map { rank -> Cell in
      let builder = ColumnBuilder(.int, capacity: 1)
      let member = set.order.member(at: Int64(rank), under: root)
      layout.append(set.bytes(member), to: builder)
      return builder.finish().cell(0)
    }
    #expect(found == sorted.map { Cell.int($0) })
    #expect(set.distinct(group) == Set(sorted).count)
    #expect(set.order.member(at: Int64(sorted.count), under: root) == ValueOrder.none)
  }

  @Test func `a value may be taken back before it comes`() throws {
    let spec = AggregateSpec(
      name: "m", function: "max", arguments: [FieldType(.int)], resultType: .int)
    let state = try #require(ValueSetState(spec))
    state.grow(to: 1)
    let one = Self.input([Column(.int, [.int(7), .int(3)])])
    Self.rows([0]) { state.retract($0, one) }
    #expect(Self.result(state, 0) == .null)
    Self.rows([0, 0]) { state.update($0, one) }
    #expect(Self.result(state, 0) == .int(3))
  }
}
