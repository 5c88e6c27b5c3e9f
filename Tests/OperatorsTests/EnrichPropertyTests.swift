import Columns
import Foundation
import KeyedState
import Plans
import Schemas
import TestKit
import Testing

@testable import Operators

/// `enrich` against a model that looks through all rows of the table for each row.
struct EnrichPropertyTests {
  /// `RAUDAL_SEEDS` says how many.
  static let seeds: Range<UInt64> = {
    let wanted = ProcessInfo.processInfo.environment["RAUDAL_SEEDS"].flatMap(UInt64.init) ?? 60
    return 0..<min(wanted, 2_000)
  }()

  private struct Table {
    static let schema = Schema([
      Field("key", .string, nullable: true), Field("part", .int, nullable: true),
      Field("name", .string, nullable: true), Field("rank", .int),
    ])
    var rows: [[Cell]] = []

    init(_ random: inout SeededRandom) {
      for _ in 0..<Int.random(in: 0...30, using: &random) {
        rows.append([
          EnrichPropertyTests.key(&random), EnrichPropertyTests.part(&random),
          Bool.random(using: &random) ? nil : .text("n\(random.next() % 5)"),
          .int(Int64(random.next() % 9)),
        ])
      }
    }

    /// In batches of any size.
    func replicated(
      keys: [String], _ random: inout SeededRandom
    ) throws -> ReplicatedTable {
      let batches = EnrichPropertyTests.cut(rows, &random).map { part in
        EnrichPropertyTests.batch(Self.schema, part, &random)
      }
      return try ReplicatedTable(schema: Self.schema, keys: keys, batches: batches)
    }

    /// The last row whose keys are all there and equal.
    func match(_ wanted: [Cell]) -> [Cell]? {
      guard !wanted.contains(.null) else { return nil }
      return rows.last { Array($0.prefix(wanted.count)) == wanted }
    }
  }

  private static let input = Schema([
    Field("id", .string, nullable: true), Field("section", .int, nullable: true), Field("n", .int),
  ])

  private static func key(_ random: inout SeededRandom) -> Cell {
    let keys: [Cell] = [nil, "", "a", "b", "c", "a key longer than eight bytes"]
    return keys[Int(random.next() % 6)]
  }

  private static func part(_ random: inout SeededRandom) -> Cell {
    random.next() % 5 == 0 ? nil : .int(Int64(random.next() % 3))
  }

  private static func cut(_ rows: [[Cell]], _ random: inout SeededRandom) -> [[[Cell]]] {
    var parts: [[[Cell]]] = []
    var rest = rows[...]
    while !rest.isEmpty {
      let size = Int.random(in: 1...12, using: &random)
      parts.append(Array(rest.prefix(size)))
      rest = rest.dropFirst(size)
    }
    return parts
  }

  /// Texts plain, or as codes of a dictionary.
  private static func batch(
    _ schema: Schema, _ rows: [[Cell]], _ random: inout SeededRandom
  ) -> Batch {
    let columns = schema.fields.enumerated().map { index, field in
      let cells = rows.map { $0[index] }
      let isCoded = field.type == .string && Bool.random(using: &random)
      return isCoded ? .dictionary(field.type, cells) : Column(field.type, cells)
    }
    return Batch(schema: schema, columns: columns, rowCount: rows.count)
  }

  @Test(arguments: seeds)
  func `enrich gives what the model gives`(seed: UInt64) throws {
    var random = SeededRandom(seed: seed)
    let hasTwoKeys = Bool.random(using: &random)
    let isRequired = Bool.random(using: &random)
    let table = Table(&random)
    // `as n`: under names of their own.
    let prefix = Bool.random(using: &random) ? "" : "n."
    let added = [
      Field("\(prefix)name", .string, nullable: true),
      Field("\(prefix)rank", .int, nullable: !isRequired),
    ]
    let kind = PhysicalKind.enrich(
      table: 0, keys: hasTwoKeys ? ["id", "section"] : ["id"],
      columns: [
        EnrichedColumn(tableColumn: "name", name: "\(prefix)name"),
        EnrichedColumn(tableColumn: "rank", name: "\(prefix)rank"),
      ], isRequired: isRequired)
    let replicated = try table.replicated(
      keys: hasTwoKeys ? ["key", "part"] : ["key"], &random)
    let stage = try StatelessTests.stage(
      StatelessTests.step(kind, Schema(Self.input.fields + added)), inputs: [Self.input],
      tables: [replicated], scarcity: 1 + random.next() % 7)
    let rows = (0..<Int.random(in: 0...80, using: &random)).map { number in
      [Self.key(&random), Self.part(&random), .int(Int64(number))]
    }
    var (expected, unmatched): ([[Cell]], [[Cell]]) = ([], [])
    for part in Self.cut(rows, &random) {
      let batch = Self.batch(Self.input, part, &random)
      // Some rows were filtered out before.
      let chosen = part.indices.filter { _ in random.next() % 5 > 0 }
      if chosen.count < part.count { batch.selection = Selection(rows: chosen) }
      for row in chosen.map({ part[$0] }) {
        if let match = table.match(Array(row.prefix(hasTwoKeys ? 2 : 1))) {
          expected.append(row + [match[2], match[3]])
        } else if isRequired {
          unmatched.append(row)
        } else {
          expected.append(row + [nil, nil])
        }
      }
      try stage.process(batch)
    }
    #expect(stage.output.take().flatMap(\.cells) == expected)
    #expect(stage.output.take(.unmatched).flatMap(\.cells) == unmatched)
    #expect(stage.sumHolds && stage.output.violations == 0)
  }

  @Test func `A large text that all rows find is held once`() throws {
    let large = String(repeating: "x", count: 2 << 20)
    var rows: [[Cell]] = (0...65_536).map {
      [.text("k\($0)"), 1, .text("n\($0)"), .int(Int64($0))]
    }
    rows.append(["none", 1, nil, 1])
    rows.append(["large", 1, .text(large), 2])
    let table = try ReplicatedTable(
      schema: Table.schema, keys: ["key"], batches: [Batch(Table.schema, rows)])
    let added = Field("name", .string, nullable: true)
    let kind = PhysicalKind.enrich(
      table: 0, keys: ["id"], columns: [EnrichedColumn(tableColumn: "name", name: "name")],
      isRequired: false)
    let stage = try StatelessTests.stage(
      StatelessTests.step(kind, Schema(Self.input.fields + [added])), inputs: [Self.input],
      tables: [table])
    // As copies these were more than the 4 GiB of a column.
    let keys: [Cell] = ["large", "k7", nil, "none", "nobody", "large"]
    let input = (0..<4_096).map { [keys[$0 % 6], nil, .int(Int64($0))] }
    try stage.process(Batch(Self.input, input))
    let output = try #require(stage.output.take().first)
    let names = output.columns[3]
    #expect(output.rowCount == input.count)
    let wanted: [String?] = [large, "n7", nil, nil, nil, large]
    for row in 0..<output.rowCount where row % 6 == 0 || row < 12 {
      let length = names.isValid(row) ? names.text(row).count : nil
      #expect(length == wanted[row % 6]?.utf8.count)
    }
  }
}
