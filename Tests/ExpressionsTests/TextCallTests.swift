import Columns
import Schemas
import TestKit
import Testing

@testable import Expressions

struct TextCallTests {
  /// The text once more.
  private struct Copy: TextFunction {
    private var texts: Column?

    mutating func prepare(_ arguments: [Column]) { texts = arguments[0] }

    func write(_ row: Int, to buffer: ByteBuffer, _ frame: Frame) -> Bool {
      guard let texts else { return false }
      buffer.append(texts.text(row))
      return true
    }
  }

  @Test func `rows fail behind what a column may hold`() {
    let batch = Batch(Schema([Field("a", .string)]), [["abc"], ["def"], ["ghi"], ["jkl"]])
    let copy = TextCall(Copy(), .string, [ColumnReader(index: 0, .string)], limit: 5)
    let frame = Frame(columns: batch.columns, rowCount: batch.rowCount)
    let copied = copy.evaluate(frame, nil)
    #expect((0..<4).map { copied.cell($0) } == ["abc", "def", nil, nil])
    #expect(frame.failuresByRow.map(\.row) == [2, 3])
    #expect(frame.failuresByRow.allSatisfy { $0.reason == .batchTooLarge })
  }

  @Test func `a row that alone is more than a column holds fails alone`() {
    let batch = Batch(Schema([Field("a", .string)]), [["abc"], ["defghi"], ["jkl"]])
    let copy = TextCall(Copy(), .string, [ColumnReader(index: 0, .string)], limit: 5, most: 8)
    let frame = Frame(columns: batch.columns, rowCount: batch.rowCount)
    let copied = copy.evaluate(frame, nil)
    #expect((0..<3).map { copied.cell($0) } == ["abc", nil, "jkl"])
    #expect(frame.failuresByRow.map(\.row) == [1])
    #expect(frame.failuresByRow.allSatisfy { $0.reason == .batchTooLarge })
  }
}
