import Columns
import Schemas
import TestKit
import Testing

@testable import KeyedState

/// `collect` with a limit over many more rows than it keeps.
struct CollectionTests {
  private static func state(_ limit: Int?) -> CollectionState {
    var spec = AggregateSpec(
      name: "c", function: "collect", arguments: [FieldType(.string)],
      resultType: .list(FieldType(.string)))
    spec.limit = limit
    return CollectionState(spec)
  }

  /// Gives rows to groups in turn; `times` decides their order.
  private static func give(_ state: CollectionState, _ times: [Int64], groups: UInt32) {
    let rest = String(repeating: "x", count: 40)
    let column = Column(.string, times.map { .text("value \($0) \(rest)") })
    let (rows, own) = (times.indices.map { UInt32($0) }, times.indices.map { UInt32($0) % groups })
    times.withUnsafeBufferPointer { times in
      own.withUnsafeBufferPointer { own in
        rows.withUnsafeBufferPointer { rows in
          guard let groups = own.baseAddress, let numbers = rows.baseAddress else { return }
          state.update(
            GroupRows(groups: groups, rows: numbers, count: rows.count),
            AggregateInput(columns: [column], times: times.baseAddress, lanes: nil, places: nil))
        }
      }
    }
  }

  private static func result(_ state: any AggregateState, _ group: UInt32) -> Cell {
    [group].withList { state.result($0).column.cell(0) }
  }

  @Test func `what was cut to a limit is no state of another one`() {
    var specs = [2, 30, nil].map { limit in
      var spec = AggregateSpec(
        name: "c", function: "collect", arguments: [FieldType(.string)],
        resultType: .list(FieldType(.string)))
      spec.limit = limit
      return spec
    }
    #expect(Set(specs.map(\.rule)).count == 3)
    // Where rows are taken back all are kept.
    for place in specs.indices { specs[place].takesBack = true }
    #expect(Set(specs.map(\.rule)).count == 1)
  }

  @Test(arguments: [1, 3, 100])
  func `the earliest values are kept, in bounded memory, and a copy keeps its own`(limit: Int) {
    var random = SeededRandom(seed: UInt64(limit))
    let (state, all) = (Self.state(limit), Self.state(nil))
    state.grow(to: 2)
    all.grow(to: 2)
    var earlier: (copy: any AggregateState, result: Cell)?
    // From late to early: no row can be left out when it comes.
    let times = (0..<30_000).map { Int64(30_000 - $0) * 10 + Int64(random.next() % 1_000) }
    for start in stride(from: 0, to: times.count, by: 1_000) {
      let part = Array(times[start..<start + 1_000])
      Self.give(state, part, groups: 2)
      Self.give(all, part, groups: 2)
      if start == 10_000 { earlier = (state.share(), Self.result(state, 1)) }
    }
    for group in [UInt32(0), 1] {
      guard case .text(let whole) = Self.result(all, group) else {
        Issue.record("no list")
        return
      }
      let first = whole.dropFirst().dropLast().split(separator: ",").prefix(limit)
      #expect(Self.result(state, group) == .text("[" + first.joined(separator: ",") + "]"))
    }
    if let earlier { #expect(Self.result(earlier.copy, 1) == earlier.result) }
    #expect(state.valueBytes < 3 << 19 && all.valueBytes > 2 << 20)
  }

  @Test func `partial states meet in any order`() {
    let (left, right, sum) = (Self.state(3), Self.state(3), Self.state(3))
    for state in [left, right, sum] { state.grow(to: 1) }
    Self.give(left, (0..<500).map { $0 * 2 }, groups: 1)
    Self.give(right, (0..<500).map { $0 * 2 + 1 }, groups: 1)
    for part in [right, left] {
      let partials = [UInt32(0)].withList { part.partials($0) }
      let zero: [UInt32] = [0]
      zero.withUnsafeBufferPointer { zero in
        guard let base = zero.baseAddress else { return }
        sum.merge(GroupRows(groups: base, rows: base, count: 1), partials)
      }
    }
    guard case .text(let list) = Self.result(sum, 0) else {
      Issue.record("no list")
      return
    }
    let values = list.split(separator: ",").map { $0.split(separator: " ")[1] }
    #expect(values == ["0", "1", "2"])
  }
}
