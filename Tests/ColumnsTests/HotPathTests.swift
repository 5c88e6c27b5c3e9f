import Columns
import Schemas
import Testing

/// Fast forms of loops, held against the plain ones.
@Suite struct HotPathTests {
  @Test(arguments: [0, 1, 700, 1_000_000] as [Int64], [0, 1, 5, 3_000])
  func `a partition's watermark goes over a batch as it goes over single rows`(
    lateness: Int64, disorder: Int
  ) {
    var random = SystemRandomNumberGenerator()
    var fast = PartitionWatermark(lateness: lateness)
    var slow = PartitionWatermark(lateness: lateness)
    for batch in 0..<4 {
      let times = Column(fixed: .timestamp, rowCount: 3_000)
      for row in 0..<3_000 {
        let late = disorder == 0 ? 0 : Int64(Int.random(in: 0...disorder, using: &random))
        times.ints[row] = Int64(batch * 3_000 + row) - late
      }
      let marks = fast.advance(over: times, rowCount: 3_000, selection: nil)
      for row in 0..<3_000 {
        let before = slow.time.microseconds
        let one = Selection(rows: [row])
        _ = slow.advance(over: times, rowCount: 3_000, selection: one)
        let expected = times.ints[row] < before ? before : Int64.min
        #expect((marks?.ints[row] ?? .min) == expected)
      }
      #expect(fast.time == slow.time)
    }
  }

  @Test func `a text is found in a dictionary column in the rows of its codes`() {
    let builder = ColumnBuilder(.string)
    for text in ["click", "view", "", "purchase of more than sixteen"] {
      builder.append(string: text)
    }
    let column = Column(dictionary: builder.finish(), rowCount: 9)
    for row in 0..<9 { column.codes[row] = UInt32(row * 7 % 4) }
    for (code, text) in ["click", "view", "", "purchase of more than sixteen"].enumerated() {
      let needle = TextNeedle(Array(text.utf8))
      let expected = (0..<9).filter { $0 * 7 % 4 == code }
      #expect(needle.select(column, RowSet(rowCount: 9)).rowNumbers == expected)
      let odd = Selection(rows: [1, 3, 5, 7])
      let some = needle.select(column, RowSet(rowCount: 9, selection: odd))
      #expect(some.rowNumbers == expected.filter { $0 % 2 == 1 })
    }
    #expect(TextNeedle(Array("vie".utf8)).select(column, RowSet(rowCount: 9)).count == 0)
  }

  @Test func `a large block of memory has the size asked for and slack, and two are never one`() {
    for size in [65_535, 65_536, 65_537, 1 << 20, (1 << 22) - 1, 1 << 22, (1 << 22) + 1] {
      for _ in 0..<3 {
        let first = Memory.allocate(size)
        let second = Memory.allocate(size)
        #expect(first.base != second.base)
        #expect(first.capacity >= size)
        for memory in [first, second] {
          let end = memory.capacity + Memory.slack
          memory.base.initializeMemory(as: UInt8.self, repeating: 0xA5, count: end)
        }
        first.free()
        second.free()
      }
    }
  }
}
