import Columns
import Schemas
import TestKit
import Testing

@testable import KeyedState

/// What snapshots write of rows that lie in several parts.
struct RowBlocksTests {
  private final class Blocks: StateWriter {
    var blocks: [StateBlock] = []
    func write(_ block: StateBlock) throws { blocks.append(block) }
  }

  private static func state(_ fields: [Field]) -> StateDeclaration {
    StateDeclaration(name: "rows", kind: .keyed, schema: Schema(fields), keyColumns: 0)
  }

  @Test func `every row comes once, in its key group, null where a part has no column`()
    throws
  {
    let fields = [Field("k", .string), Field("n", .int), Field("o", .int, nullable: true)]
    let parts: [[Column?]] = [
      [
        Column(.string, (0..<5_000).map { .text("key \($0 % 700)") }),
        Column(.int, (0..<5_000).map { .int($0) }), nil,
      ],
      [
        .dictionary(.string, ["key 1", "b", "key 1"]), Column(.int, [-1, -2, -3]),
        Column(.int, [7, nil, 9]),
      ],
    ]
    let hashes = parts.map { columns in
      let keys = (columns[0] ?? Column(.int, [])).withoutDictionary()
      var hashes = Array(repeating: UInt64(0), count: keys.rowCount)
      KeyHasher.hash(columns: [keys], rowCount: keys.rowCount, selection: nil, into: &hashes)
      return hashes
    }
    let places =
      (0..<5_000).map { PartPlace(part: 0, number: $0) }
      + [PartPlace(part: 1, number: 0), PartPlace(part: 1, number: 2)]
    let writer = Blocks()
    try RowBlocks(Self.state(fields), parts).write(places, hashes, to: writer)
    let cells = writer.blocks.flatMap { $0.rows.cells.map { "\($0)" } }.sorted()
    let first = (0..<Int64(5_000)).map { "\([Cell.text("key \($0 % 700)"), .int($0), .null])" }
    let rest: [[Cell]] = [["key 1", -1, 7], ["key 1", -3, 9]]
    #expect(cells == (first + rest.map { "\($0)" }).sorted())
    for block in writer.blocks {
      guard case .keyGroup(let group) = block.scope else { return #expect(Bool(false)) }
      var hash = [UInt64(0)]
      KeyHasher.hash(
        columns: [block.rows.columns[0]], rowCount: 1, selection: nil, into: &hash)
      #expect(KeyGroup(hash: hash[0]) == group)
    }
  }

  @Test func `a block holds no more than a batch's rows or bytes, or one row`() throws {
    let large = String(repeating: "x", count: TextLimit.batchBytes / 3)
    let huge = String(repeating: "y", count: TextLimit.batchBytes * 2)
    let texts: [Cell] = [.text(large), "a", .text(large), .text(large), "b", .text(huge), "c"]
    let parts: [[Column?]] = [
      [Column(.string, texts)], [Column(.string, Array(repeating: "z", count: 4_100))], [nil],
    ]
    let counts = [7, 4_100, 1]
    let places = counts.enumerated().flatMap { part, count in
      (0..<count).map { PartPlace(part: UInt32(part), number: UInt32($0)) }
    }
    let writer = Blocks()
    try RowBlocks(Self.state([Field("s", .string, nullable: true)]), parts)
      .write(places, counts.map { Array(repeating: 42, count: $0) }, to: writer)
    #expect(writer.blocks.map(\.rows.rowCount).reduce(0, +) == 4_108)
    #expect(writer.blocks.first?.rows.rowCount == 4)
    #expect(writer.blocks.allSatisfy { $0.rows.rowCount <= Batch.rowLimit })
    #expect(writer.blocks.allSatisfy { $0.rows.textBytes <= TextLimit.batchBytes * 2 + 64 })
  }
}
