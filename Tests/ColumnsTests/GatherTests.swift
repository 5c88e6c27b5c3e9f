import Columns
import Schemas
import TestKit
import Testing

@Suite("Gathering")
struct GatherTests {
  static let schema = Schema([
    Field("b", .bool, nullable: true), Field("i", .int, nullable: true),
    Field("f", .float, nullable: true),
    Field("d", .decimal(precision: 30, scale: 2), nullable: true),
    Field("s", .string, nullable: true),
  ])

  static let rows: [[Cell]] = [
    [true, 1, 1.5, "1.25", "a"],
    [nil, nil, nil, nil, nil],
    [false, -7, -0.5, "-3.10", "a text that is longer than sixteen bytes"],
    [true, 9_000_000_000, 0.0, "123456789012345678901234.99", ""],
    [false, 0, 2.0, "0.00", "ñandú"],
  ]

  @Test("A batch keeps the selected rows in order, whatever the selection")
  func allSelections() {
    for bits in 0..<32 {
      let selected = (0..<5).filter { bits >> $0 & 1 == 1 }
      let batch = Batch(Self.schema, Self.rows, selecting: selected)
      let gathered = batch.gathered()
      #expect(gathered.selection == nil)
      #expect(gathered.rowCount == selected.count)
      #expect(gathered.cells == batch.cells)
    }
  }

  @Test("A batch without selection is itself")
  func identity() {
    let batch = Batch(Self.schema, Self.rows)
    #expect(batch.gathered() === batch)
  }

  @Test("A dictionary column keeps its dictionary")
  func dictionary() {
    let column = Column.dictionary(.string, ["x", nil, "y", "x"])
    let gathered = column.gathered(by: Selection(rows: [1, 2, 3]))
    #expect(gathered.dictionary === column.dictionary)
    #expect(gathered.cells == [nil, "y", "x"])
  }

  @Test("Hidden columns and the place of the original record follow their rows")
  func hidden() {
    let batch = Batch(Self.schema, Self.rows, selecting: [1, 4])
    batch.hidden.eventTimes = Column(.timestamp, [10, 11, 12, 13, 14])
    batch.hidden.records = RecordBatch(
      partition: PartitionID(source: "s", topic: "t", number: 0), capacity: 1, byteCapacity: 1)
    let once = batch.gathered()
    #expect(once.hidden.eventTimes?.cells == [11, 14])
    #expect(once.hidden.recordRows?.cells == [1, 4])
    once.selection = Selection(rows: [1])
    #expect(once.gathered().hidden.recordRows?.cells == [4])
  }

  @Test("A mask becomes a selection of exactly its ones")
  func masks() {
    for count in [0, 1, 5, 7, 8, 9, 15, 16, 17, 100] {
      for step in 1...9 {
        let mask = (0..<count).map { UInt8($0 % step == 0 ? 1 : 0) }
        let expected = (0..<count).filter { $0 % step == 0 }
        #expect(Selection(mask: mask, rowCount: count).rowNumbers == expected)
        let base = Selection(rows: (0..<count).filter { $0 % 2 == 1 })
        #expect(
          Selection(mask: mask, of: base).rowNumbers == expected.filter { $0 % 2 == 1 })
      }
    }
  }
}
