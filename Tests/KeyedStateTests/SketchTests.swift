import Columns
import Foundation
import Schemas
import TestKit
import Testing

@testable import KeyedState

/// Sketches against what is computed of all values: their stated bounds, that neither the order of
/// rows nor that of merges counts, and that a snapshot stays as it was.
struct SketchTests {
  private static func rows(_ count: Int, _ body: (GroupRows) -> Void) {
    let groups = [UInt32](repeating: 0, count: count)
    let rows = Array(0..<UInt32(count))
    groups.withUnsafeBufferPointer { groups in
      rows.withUnsafeBufferPointer { rows in
        guard let a = groups.baseAddress, let b = rows.baseAddress else { return }
        body(GroupRows(groups: a, rows: b, count: rows.count))
      }
    }
  }

  private static func spec(
    _ function: String, _ type: DataType, share: Double = 0.5, limit: Int = 5
  ) -> AggregateSpec {
    let result: DataType =
      switch function {
      case "approx_count_distinct": .int
      case "approx_percentile": .float
      default:
        .list(
          FieldType(
            .structure([Field("value", type), Field("count", .int), Field("error", .int)])))
      }
    var spec = AggregateSpec(
      name: "a", function: function, arguments: [FieldType(type)], share: share,
      resultType: result)
    spec.limit = limit
    return spec
  }

  private static func state(_ spec: AggregateSpec, _ values: [Cell]) throws -> any AggregateState {
    let state = try #require(spec.makeState())
    state.grow(to: 1)
    give(state, spec, values)
    return state
  }

  private static func give(_ state: any AggregateState, _ spec: AggregateSpec, _ values: [Cell]) {
    for start in stride(from: 0, to: values.count, by: 4096) {
      let part = Array(values[start..<min(start + 4096, values.count)])
      let input = AggregateInput(
        columns: [Column(spec.arguments[0].type, part)], times: nil, lanes: nil, places: nil)
      rows(part.count) { state.update($0, input) }
    }
  }

  private static func partials(_ state: any AggregateState) -> [Column] {
    [UInt32(0)].withList { state.partials($0) }
  }

  private static func result(_ state: any AggregateState) -> Cell {
    [UInt32(0)].withList { state.result($0).column.cell(0) }
  }

  /// The values on some states that are merged in any order, as a tree.
  private static func merged(
    _ spec: AggregateSpec, _ values: [Cell], _ random: inout SeededRandom
  ) throws -> any AggregateState {
    let parts = Int(1 + random.next() % 5)
    var split = Array(repeating: [Cell](), count: parts)
    for value in values { split[Int(random.next() % UInt64(parts))].append(value) }
    var states = try split.map { try state(spec, $0) }
    while states.count > 1 {
      let other = states.remove(at: Int(random.next() % UInt64(states.count)))
      let target = Int(random.next() % UInt64(states.count))
      let columns = partials(other)
      rows(1) { states[target].merge($0, columns) }
    }
    return states[0]
  }

  private static func sizes(_ random: inout SeededRandom) -> Int {
    [0, 1, 3, 100, 1_535, 1_536, 1_537, 5_000, 60_000][Int(random.next() % 9)]
  }

  @Test(arguments: UInt64(1)...40)
  func `distinct values are exact where they are few and within five deviations beyond`(
    seed: UInt64
  ) throws {
    var random = SeededRandom(seed: seed)
    let spec = Self.spec("approx_count_distinct", .int)
    let count = Self.sizes(&random)
    let first = Int64(random.next() % 1_000_000)
    let step = Int64(1 + random.next() % 1_000)
    let distinct = (0..<Int64(count)).map { Cell.int(first + $0 * step) }
    let values = distinct + distinct.shuffled(using: &random).prefix(count / 2)
    let plain = Self.result(try Self.state(spec, values))
    guard case .int(let estimate) = plain else { return #expect(Bool(false), "\(plain)") }
    if count <= DistinctSketch.mostHashes {
      #expect(estimate == Int64(count))
    } else {
      #expect(abs(Double(estimate) / Double(count) - 1) < 5 * 1.04 / 128, "\(count): \(estimate)")
    }
    let other = try Self.merged(spec, values.shuffled(using: &random), &random)
    #expect(Self.result(other) == plain)
  }

  @Test func `the mean error of many distinct counts is no more than stated`() throws {
    let spec = Self.spec("approx_count_distinct", .string)
    var squares = 0.0
    var sum = 0.0
    let runs = 60
    for run in 0..<runs {
      let values = (0..<20_000).map { Cell.text("user-\(run)-\($0)") }
      guard case .int(let estimate) = Self.result(try Self.state(spec, values)) else { continue }
      let error = Double(estimate) / 20_000 - 1
      squares += error * error
      sum += error
    }
    #expect((squares / Double(runs)).squareRoot() < 0.0081 * 1.3)
    #expect(abs(sum / Double(runs)) < 0.0035)
  }

  @Test(arguments: UInt64(1)...40)
  func `a percentile is within one in a hundred, in any order of rows and merges`(
    seed: UInt64
  ) throws {
    var random = SeededRandom(seed: seed)
    let shares = [0, 0.01, 0.25, 0.5, 0.9, 0.99, 1]
    let count = [1, 2, 10, 999, 20_000][Int(random.next() % 5)]
    let values = (0..<count).map { _ in Self.number(&random) }
    let sorted = values.sorted { orderedWord($0) < orderedWord($1) }
    for share in shares {
      let spec = Self.spec("approx_percentile", .float, share: share)
      let cells = values.map { Cell.float($0) }
      let plain = Self.result(try Self.state(spec, cells))
      let exact = sorted[Int(share * Double(count - 1))]
      guard case .float(let found) = plain else { return #expect(Bool(false), "\(plain)") }
      let isNear =
        exact.isFinite
        ? abs(found - exact) <= 0.010_000_1 * abs(exact) : orderedWord(found) == orderedWord(exact)
      #expect(isNear, "\(share) of \(count): \(found), not \(exact)")
      let other = try Self.merged(spec, cells.shuffled(using: &random), &random)
      #expect("\(Self.result(other))" == "\(plain)")
    }
    let none = try Self.state(Self.spec("approx_percentile", .float), [])
    #expect(Self.result(none) == .null)
  }

  /// Of any magnitude, and what floats are besides numbers.
  private static func number(_ random: inout SeededRandom) -> Double {
    switch random.next() % 40 {
    case 0: return 0
    case 1: return -0.0
    case 2: return .infinity
    case 3: return -.infinity
    case 4: return .nan
    case 5: return .greatestFiniteMagnitude
    case 6: return -.leastNormalMagnitude
    default:
      let digits = Double(random.next() % 1_000_000) / 1_000
      let scaled = digits * pow(10, Double(random.next() % 7) - 3)
      return random.next() % 3 == 0 ? -scaled : scaled
    }
  }

  @Test(arguments: UInt64(1)...40)
  func `counts of the most frequent are exact below the room, and within their error beyond`(
    seed: UInt64
  ) throws {
    var random = SeededRandom(seed: seed)
    let limit = Int(1 + random.next() % 100)
    let spec = Self.spec("approx_top", .string, limit: limit)
    let room = TopSketch.room(for: limit)
    let kinds = [3, room - 1, room, room + 1, 4 * room][Int(random.next() % 5)]
    var values: [Cell] = (0..<kinds).map { .text("k\($0)") }
    for _ in 0..<20_000 {
      // Skewed: the square of a uniform number.
      let share = Double(random.next() % 1_000_000) / 1_000_000
      values.append(.text("k\(Int(share * share * Double(kinds)))"))
    }
    values.shuffle(using: &random)
    var counts: [Cell: Int] = [:]
    for value in values { counts[value, default: 0] += 1 }
    let plain = try Self.state(spec, values)
    let merged = try Self.merged(spec, values, &random)
    if kinds <= room { #expect(Self.result(plain) == Self.result(merged)) }
    for state in [plain, merged] {
      let entries = try Self.entries(Self.result(state))
      #expect(entries.count == min(limit, counts.count) || kinds > room)
      for entry in entries {
        let real = counts[.text(entry.value)] ?? 0
        #expect(real <= entry.count && real >= entry.count - entry.error)
        #expect(entry.error <= values.count / (room / 2))
        if kinds <= room { #expect(entry.error == 0) }
      }
      let order = entries.map { ($0.count, $0.value) }
      #expect(
        zip(order, order.dropFirst()).allSatisfy {
          $0.0 > $1.0 || ($0.0 == $1.0 && $0.1.utf8.lexicographicallyPrecedes($1.1.utf8))
        })
    }
  }

  @Test(arguments: UInt64(1)...24)
  func `counts of long texts are bounded in bytes, and within the error of that`(
    seed: UInt64
  ) throws {
    var random = SeededRandom(seed: seed)
    let limit = 5
    let spec = Self.spec("approx_top", .string, limit: limit)
    let (room, byteRoom) = (TopSketch.room(for: limit), TopSketch.byteRoom(for: limit))
    let longest = [100, 2_000, 60_000][Int(random.next() % 3)]
    let kinds = [40, 400, 1_200][Int(random.next() % 3)]
    var texts = (0..<kinds).map { number in
      "k\(number)" + String(repeating: "x", count: Int(random.next() % UInt64(longest)))
    }
    if Bool.random(using: &random) { texts[kinds - 1] += String(repeating: "y", count: 3 << 20) }
    var values: [Cell] = texts.map { .text($0) }
    for _ in 0..<1_000 {
      let share = Double(random.next() % 1_000_000) / 1_000_000
      values.append(.text(texts[Int(share * share * share * Double(kinds - 1))]))
    }
    values.shuffle(using: &random)
    var counts: [String: Int] = [:]
    var bytes = 0
    for case .text(let text) in values {
      counts[text, default: 0] += 1
      bytes += text.utf8.count
    }
    let isExact = kinds <= room && texts.reduce(0) { $0 + $1.utf8.count } <= byteRoom
    for state in [try Self.state(spec, values), try Self.merged(spec, values, &random)] {
      #expect(Self.partials(state)[0].textBytes <= byteRoom + room * 20 + 8)
      #expect(state.valueBytes <= 4 * byteRoom)
      for entry in try Self.entries(Self.result(state)) {
        let real = counts[entry.value] ?? 0
        #expect(real <= entry.count && real >= entry.count - entry.error)
        let bound = Double(values.count) / Double(room / 2) + Double(bytes) / Double(byteRoom / 2)
        #expect(Double(entry.error) <= bound)
        if isExact { #expect(entry.error == 0) }
      }
    }
  }

  private struct Entry: Decodable {
    var value: String
    var count: Int
    var error: Int
  }

  private static func entries(_ cell: Cell) throws -> [Entry] {
    guard case .text(let text) = cell else { return [] }
    return try JSONDecoder().decode([Entry].self, from: Data(text.utf8))
  }

  @Test(arguments: ["approx_count_distinct", "approx_percentile", "approx_top"])
  func `a snapshot's copy stays as it was, and bytes of no sketch are borne`(
    function: String
  ) throws {
    let spec = Self.spec(function, .float)
    var random = SeededRandom(seed: 9)
    for count in [1, 700, 3_000] {
      let values = (0..<count).map { _ in Cell.float(Double(random.next() % 100_000)) }
      let state = try Self.state(spec, values)
      let copy = state.share()
      let before = Self.result(copy)
      #expect(Self.result(state) == before)
      Self.give(state, spec, (0..<5_000).map { Cell.float(Double($0) * 7) })
      state.grow(to: 200)
      #expect(Self.result(copy) == before)
      #expect(Self.result(state) != before)
      let restored = try Self.state(spec, [])
      let columns = Self.partials(copy)
      Self.rows(1) { restored.merge($0, columns) }
      #expect(Self.result(restored) == before)
      restored.clear(0)
      #expect(restored.valueBytes == 0)
      for length in [0, 1, 2, 9, 17, 40] {
        let noise = (0..<length).map { _ in UInt8(truncatingIfNeeded: random.next()) }
        let column = Column(.bytes, [.bytes(noise)])
        Self.rows(1) { restored.merge($0, [column]) }
        _ = Self.result(restored)
      }
    }
  }
}
