import TestKit
import Testing

@testable import KeyedState

/// Cells in pages that a snapshot shares.
struct CellsTests {
  @Test func `a copy keeps its values while the cells grow and change`() {
    var random = SeededRandom(seed: 11)
    let cells = Cells<Int64>(-1)
    var model: [Int64] = []
    var kept: [(copy: Cells<Int64>, values: [Int64])] = []
    for round in 0..<60 {
      let groups = model.count + Int(random.next() % 400)
      cells.grow(to: groups)
      model += Array(repeating: -1, count: groups - model.count)
      guard groups > 0 else { continue }
      for _ in 0..<50 {
        let group = UInt32(random.next() % UInt64(groups))
        cells.set(group, Int64(round))
        model[Int(group)] = Int64(round)
      }
      if round % 3 == 0 { kept.append((cells.share(), model)) }
      if round % 7 == 0 { kept.removeFirst(min(2, kept.count)) }
    }
    #expect(model.count > 8_192)
    for (copy, values) in kept + [(cells, model)] {
      #expect(values.indices.allSatisfy { copy[UInt32($0)] == values[$0] })
    }
  }

  @Test func `what a dropped copy shared is written in place`() {
    let cells = Cells<Int64>(0)
    cells.grow(to: 5_000)
    let before = cells.table[1]
    _ = cells.share()
    cells.set(4_500, 7)
    #expect(cells.table[1] == before)
    let copy = cells.share()
    cells.set(4_500, 8)
    #expect(cells.table[1] != before)
    #expect(copy[4_500] == 7 && cells[4_500] == 8)
  }

  @Test func `bytes are equal only where all are`() {
    var random = SeededRandom(seed: 2)
    for length in 0...40 {
      let arena = ByteArena()
      var bytes = (0..<length).map { _ in UInt8(truncatingIfNeeded: random.next()) }
      let first = arena.append(bytes, length)
      let same = arena.append(bytes, length)
      #expect(equalBytes(arena.address(first), arena.address(same), length))
      for place in 0..<length {
        bytes[place] ^= 1
        let other = arena.append(bytes, length)
        #expect(!equalBytes(arena.address(first), arena.address(other), length))
        bytes[place] ^= 1
      }
    }
  }
}
