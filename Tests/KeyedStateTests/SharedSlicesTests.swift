import Testing

@testable import KeyedState

/// Windows that share blocks of slices, since a picked value has any size, against plain merging of
/// all slices.
struct SharedSlicesTests {
  private static let slices = Slices(functions: ["count", "sum", "first"], size: 300)
  private static let rows = Slices.rows(of: 0..<600)

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

  @Test func `windows that share blocks give what all of their slices do`() throws {
    let (slices, rows) = (Self.slices, Self.rows)
    let store = try slices.store()
    slices.absorb(rows, into: store)
    slices.check(slices.close(store, 320), rows, closing: 1...320)
    #expect(Self.blocks(store).merged >= 3)
    slices.check(slices.close(store, 900), rows, closing: 321...900)
    #expect(store.isEmpty && store.blocks.isEmpty)
  }

  @Test func `blocks are made again after a restore`() throws {
    let (slices, rows) = (Self.slices, Self.rows)
    let store = try slices.store()
    slices.absorb(rows, into: store)
    _ = slices.close(store, 320)
    let restored = try slices.restored(store, 320)
    #expect(restored.blocks.isEmpty)
    slices.check(slices.close(restored, 400), rows, closing: 321...400)
    #expect(Self.blocks(restored).merged >= 3)
    slices.check(slices.close(restored, 900), rows, closing: 401...900)
  }

  @Test func `rows that came too late for some windows are in the others alone`() throws {
    // Of keys that are in no other row: it would not be clear which is the first.
    let late = Slices.rows(of: 50..<90, behind: 310).filter { $0.key > 4 }
    let (slices, rows) = (Self.slices, Self.rows + late)
    let store = try slices.store()
    slices.absorb(rows, into: store)
    #expect(store.order.contains { $0.from != .min })
    slices.check(slices.close(store, 330), rows, closing: 1...330)
    #expect(Self.blocks(store).merged >= 3)
    slices.check(slices.close(store, 900), rows, closing: 331...900)
  }

  @Test func `slices whose keys never meet are not merged into blocks`() throws {
    let slices = Self.slices
    let store = try slices.store()
    let rows = (0..<600 as Range<Int64>).map { Slices.Row(time: $0, key: $0, number: $0 % 10) }
    slices.absorb(rows, into: store)
    slices.check(slices.close(store, 320), rows, closing: 1...320)
    let found = Self.blocks(store)
    #expect(found.merged == 0 && found.loose >= 3)
    slices.check(slices.close(store, 900), rows, closing: 321...900)
  }
}
