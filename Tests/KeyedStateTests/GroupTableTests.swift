import Columns
import Schemas
import TestKit
import Testing

@testable import KeyedState

/// The table that gives keys their groups, against a dictionary.
struct GroupTableTests {
  @Test(arguments: [1, 40, 5_000])
  func `every key has one group, and keeps it while the table grows`(_ distinct: Int) {
    var random = SeededRandom(seed: UInt64(distinct))
    let table = GroupTable()
    let codec = KeyCodec([.string])
    let identity = IdentityRows()
    let scratch = KeyScratch()
    var known: [String?: UInt32] = [:]
    for _ in 0..<20 {
      let keys: [String?] = (0..<700).map { _ in
        let number = Int(random.next() % UInt64(distinct))
        return number % 97 == 13 ? nil : String(repeating: "k", count: number % 19) + "\(number)"
      }
      let column = Column(.string, keys.map { key in key.map { .text($0) } ?? .null })
      var hashes = Array(repeating: UInt64(0), count: keys.count)
      var groups = Array(repeating: UInt32(0), count: keys.count)
      KeyHasher.hash(columns: [column], rowCount: keys.count, selection: nil, into: &hashes)
      let list = RowList(rows: identity.first(keys.count), count: keys.count)
      let bytes = codec.bytes(of: [column], list, rowCount: keys.count, scratch: scratch)
      table.find(bytes, hashes, list, into: &groups)
      for (key, group) in zip(keys, groups) {
        #expect(known[key, default: group] == group)
        known[key] = group
      }
    }
    #expect(known.count == table.count)
    #expect(Set(known.values).count == table.count)
  }

  /// The address sanitizer sees what else goes wrong silently.
  @Test func `a null key that makes the table grow leaves the keys before it where they are`() {
    let table = GroupTable(slotCount: 16, entryCapacity: 4)
    let keys: [Cell] = ["a", "b", "c", "d", nil, "a", "b", "c", "d", "e", "e", nil]
    let column = Column(.string, keys)
    var hashes = Array(repeating: UInt64(0), count: keys.count)
    var groups = Array(repeating: UInt32(0), count: keys.count)
    KeyHasher.hash(columns: [column], rowCount: keys.count, selection: nil, into: &hashes)
    let identity = IdentityRows()
    let list = RowList(rows: identity.first(keys.count), count: keys.count)
    let bytes = KeyCodec([.string]).bytes(
      of: [column], list, rowCount: keys.count, scratch: KeyScratch())
    table.find(bytes, hashes, list, into: &groups)
    withExtendedLifetime((identity, column)) {}
    #expect(groups == [0, 1, 2, 3, 4, 0, 1, 2, 3, 5, 5, 4])
  }

  @Test func `keys of several columns come back as they went in`() {
    let types: [DataType] = [.string, .int, .float, .bool, .decimal(precision: 38, scale: 2)]
    let codec = KeyCodec(types)
    let rows: [[Cell]] = [
      ["a", 1, 0.5, true, "1.25"], [nil, nil, nil, nil, nil], ["", -1, -2.5, false, "-3.00"],
      ["a", 1, 0.5, true, "1.26"],
    ]
    let schema = Schema(types.enumerated().map { Field("c\($0)", $1, nullable: true) })
    let batch = Batch(schema, rows)
    let table = GroupTable()
    var hashes = Array(repeating: UInt64(0), count: 4)
    var groups = Array(repeating: UInt32(0), count: 4)
    KeyHasher.hash(columns: batch.columns, rowCount: 4, selection: nil, into: &hashes)
    let identity = IdentityRows()
    let scratch = KeyScratch()
    let list = RowList(rows: identity.first(4), count: 4)
    let bytes = codec.bytes(of: batch.columns, list, rowCount: 4, scratch: scratch)
    table.find(bytes, hashes, list, into: &groups)
    #expect(groups == [0, 1, 2, 3])
    let columns = codec.columns(groups.count) { table.key(groups[$0]) }
    let decoded = Batch(schema: schema, columns: columns, rowCount: 4)
    #expect(decoded.cells == batch.cells)
  }

  @Test func `both zeros and all NaNs are one key`() {
    let codec = KeyCodec([.float])
    let values: [Cell] = [0.0, .float(-0.0), .float(.nan), .float(-.nan), 1.0]
    let column = Column(.float, values)
    let table = GroupTable()
    var hashes = Array(repeating: UInt64(0), count: 5)
    var groups = Array(repeating: UInt32(0), count: 5)
    KeyHasher.hash(columns: [column], rowCount: 5, selection: nil, into: &hashes)
    let identity = IdentityRows()
    let scratch = KeyScratch()
    let list = RowList(rows: identity.first(5), count: 5)
    let bytes = codec.bytes(of: [column], list, rowCount: 5, scratch: scratch)
    table.find(bytes, hashes, list, into: &groups)
    #expect(groups == [0, 0, 1, 1, 2])
  }
}
