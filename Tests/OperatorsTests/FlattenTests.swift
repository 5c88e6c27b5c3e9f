import Columns
import KeyedState
import Plans
import Schemas
import TestKit
import Testing

@testable import Operators

/// A row for each element of a list, held against a plain loop.
struct FlattenTests {
  static let list = DataType.list(FieldType(.int, nullable: true))
  static let schema = Schema([
    Field("id", .string), Field("list", list, nullable: true), Field("n", .int),
  ])

  static func column(_ lists: [[Int64?]?]) -> Column {
    let builder = ColumnBuilder(list)
    for elements in lists {
      guard let elements else {
        builder.appendNull()
        continue
      }
      let cells = elements.map { $0.map { Cell.int($0) } ?? .null }
      let values = Column(.int, cells + [0])
      let buffer = ByteBuffer()
      NestedWriter.list(cells.indices.map { values.element($0) }, of: .int, to: buffer)
      builder.append(text: buffer.bytes)
    }
    return builder.finish()
  }

  static func batch(_ lists: [[Int64?]?], selecting rows: [Int]) -> Batch {
    let count = lists.count
    let batch = Batch(
      schema: schema,
      columns: [
        Column(.string, (0..<count).map { .text("row \($0)") }), column(lists),
        Column(.int, (0..<count).map { .int(Int64($0)) }),
      ], rowCount: count, selection: Selection(rows: rows))
    batch.hidden.eventTimes = Column.counting(from: 100, rowCount: count)
    batch.hidden.rowKinds = Column.repeating(RowKind.delete.rawValue, .int, rowCount: count)
    return batch
  }

  static let spec = FlattenSpec(
    list: Expression(.column("list"), FieldType(list, nullable: true)), name: "x")

  @Test(arguments: [UInt64(1), 3], [(1, 1000), (2, 1000), (3, 1), (4096, 40), (4096, 1 << 20)])
  func `rows are those of a plain loop, with time and kind, whatever the credit and the limits`(
    _ scarcity: UInt64, _ limits: (Int, Int)
  ) throws {
    let (rowLimit, byteLimit) = limits
    let step = StatelessTests.step(.flatten(Self.spec), Self.spec.schema(of: Self.schema))
    let op = try FlattenOperator(
      step, Self.spec, input: Self.schema, rowLimit: rowLimit, byteLimit: byteLimit)
    let stage = try Stage(op, output: CollectingOutput(scarcity: scarcity))
    var random = SeededRandom(seed: scarcity &+ UInt64(rowLimit))
    for _ in 0..<40 {
      let lists: [[Int64?]?] = (0..<Int.random(in: 1...6, using: &random)).map { _ in
        if Int.random(in: 0..<5, using: &random) == 0 { return nil }
        return (0..<Int.random(in: 0...4, using: &random)).map { _ in
          Int.random(in: 0..<4, using: &random) == 0 ? nil : Int64.random(in: 0...9, using: &random)
        }
      }
      let rows = lists.indices.filter { _ in Int.random(in: 0..<4, using: &random) > 0 }
      var expected: [[Cell]] = []
      var times: [Cell] = []
      for row in rows {
        for element in lists[row] ?? [] {
          expected.append([
            .text("row \(row)"), .int(Int64(row)), element.map { .int($0) } ?? .null,
          ])
          times.append(.int(100 + Int64(row)))
        }
      }
      try stage.process(Self.batch(lists, selecting: rows))
      let out = stage.output.take()
      #expect(out.flatMap(\.cells) == expected)
      #expect(out.flatMap { $0.hidden.eventTimes?.cells ?? [] } == times)
      #expect(out.allSatisfy { $0.hidden.rowKinds?.ints[0] == RowKind.delete.rawValue })
      #expect(out.allSatisfy { $0.rowCount <= rowLimit && $0.rowCount > 0 })
    }
    #expect(stage.output.violations == 0)
  }

  @Test func `a list that can't be computed takes the error route, the others go on`() throws {
    let text = Schema([Field("id", .string)])
    let list = Expression(
      .cast(Expression(.column("id"), FieldType(.string)), isTry: false), FieldType(Self.list))
    let spec = FlattenSpec(list: list, name: "x")
    let step = StatelessTests.step(.flatten(spec), spec.schema(of: text), .output)
    let stage = try StatelessTests.stage(step, inputs: [text])
    try stage.process(Batch(text, [["[1,2]"], ["["], ["[3,null]"]]))
    #expect(
      stage.output.take().flatMap(\.cells) == [
        ["[1,2]", 1], ["[1,2]", 2], ["[3,null]", 3], ["[3,null]", nil],
      ])
    #expect(stage.output.take(.errors).reduce(0) { $0 + $1.rowCount } == 1)
  }
}
