import Columns
import Instruments
import KeyedState
import Plans
import Schemas
import TestKit
import Testing

@testable import Operators

/// Rows that change others through steps that leave rows out: what is behind such a step holds the
/// rows that the step makes of those before it.
struct ChangeTests {
  private static let schema = Schema([Field("key", .int), Field("n", .int)])

  /// Changes of rows by key, in batches; and what is left.
  private static func changes(_ seed: UInt64) -> (batches: [Batch], rows: [Int64: Int64]) {
    var random = SeededRandom(seed: seed)
    var rows: [Int64: Int64] = [:]
    var batches: [Batch] = []
    for _ in 0..<12 {
      var cells: [[Cell]] = []
      var kinds: [RowKind] = []
      for _ in 0..<1 + random.next() % 20 {
        let key = Int64(random.next() % 6)
        let new = random.next() % 4 == 0 ? nil : Int64(random.next() % 5)
        if let old = rows[key] {
          cells.append([.int(key), .int(old)])
          kinds.append(new == nil ? .delete : .updateBefore)
        }
        if let new {
          cells.append([.int(key), .int(new)])
          kinds.append(rows[key] == nil ? .insert : .updateAfter)
        }
        rows[key] = new
      }
      guard !cells.isEmpty else { continue }
      let batch = Batch(schema, cells)
      batch.hidden.rowKinds = Column(.int, kinds.map { .int($0.rawValue) })
      batches.append(batch)
    }
    return (batches, rows)
  }

  private static let n = Expression.column(schema[1])

  /// Fails of zeros.
  private static let share = Expression(
    .call("div", [.literal(.int(12), .int), n]), FieldType(.int))

  @Test(arguments: UInt64(1)...40)
  func `a filter leaves the rows that pass`(seed: UInt64) throws {
    let condition = Expression(
      .call("greater", [Self.n, .literal(.int(1), .int)]), FieldType(.bool))
    let stage = try StatelessTests.stage(
      StatelessTests.step(.filter(condition), Self.schema), inputs: [Self.schema])
    let (table, rows) = try run(stage, seed)
    #expect(table == rows.filter { $0.value > 1 }.mapValues { [.int($0)] })
  }

  @Test(arguments: UInt64(1)...40)
  func `a row that fails is told once, and is there no more`(seed: UInt64) throws {
    let columns = [
      NamedExpression("key", .column(Self.schema[0])), NamedExpression("x", Self.share),
    ]
    let made = Schema([Self.schema[0], Field("x", .int)])
    let stage = try StatelessTests.stage(
      StatelessTests.step(.project(columns), made, .output), inputs: [Self.schema])
    let (table, rows) = try run(stage, seed)
    #expect(table == rows.filter { $0.value != 0 }.mapValues { [.int(12 / $0)] })
    var failing: Int64 = 0
    for batch in Self.changes(seed).batches {
      for (row, cells) in batch.cells.enumerated() where cells[1] == .int(0) {
        failing += batch.takesBack(row) ? 0 : 1
      }
    }
    #expect(stage.context.metrics.failed.value == failing)
    #expect(stage.sumHolds)
  }

  /// Through the stage and an envelope; what its changes come to.
  private func run(
    _ stage: Stage, _ seed: UInt64
  ) throws -> (table: [Int64: [Cell]], rows: [Int64: Int64]) {
    let (batches, rows) = Self.changes(seed)
    var table = ChangedTable()
    for batch in batches {
      try stage.process(batch)
      for batch in stage.output.take() { table.apply(batch) }
    }
    #expect(table.problems.filter { !$0.hasPrefix("nothing changed") } == [])
    var left: [Int64: [Cell]] = [:]
    for (key, cells) in table.rows {
      if case .int(let key) = key { left[key] = Array(cells.dropFirst()) }
    }
    return (left, rows)
  }

  @Test(arguments: UInt64(1)...20)
  func `an envelope holds each change once`(seed: UInt64) throws {
    let type = DataType.structure([Field("n", .int)])
    let row = Field("$row", type, hidden: true)
    let columns = [
      NamedExpression("$row", Expression(.structure([Self.n]), FieldType(type))),
      NamedExpression("key", .column(Self.schema[0])),
    ]
    let input = Schema([row, Self.schema[0]])
    let project = try StatelessTests.stage(
      StatelessTests.step(.project(columns), input), inputs: [Self.schema])
    let envelope = Schema([
      Field("before", type, nullable: true), Field("after", type, nullable: true),
      Field("op", .string), Self.schema[0],
    ])
    let stage = try StatelessTests.stage(
      StatelessTests.step(.changes(.envelope(row: "$row")), envelope), inputs: [input])
    let (batches, rows) = Self.changes(seed)
    var table: [Cell: Cell] = [:]
    for batch in batches {
      try project.process(batch)
      for batch in project.output.take() { try stage.process(batch) }
      for batch in stage.output.take() {
        #expect(batch.hidden.rowKinds == nil)
        for cells in batch.cells {
          #expect(cells[0] == table[cells[3]] ?? .null)
          let op: Cell = cells[0] == .null ? "c" : cells[1] == .null ? "d" : "u"
          #expect(cells[2] == op)
          table.removeValue(forKey: cells[3])
          if op != "d" { table[cells[3]] = cells[1] }
        }
      }
    }
    #expect(stage.sumHolds)
    let left = rows.map { (Cell.int($0.key), Cell.text("{\"n\":\($0.value)}")) }
    #expect(table == Dictionary(uniqueKeysWithValues: left))
  }
}
