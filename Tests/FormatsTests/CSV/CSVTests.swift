import Columns
import Formats
import Plans
import Schemas
import TestKit
import Testing

struct CSVTests {
  private let columns = [column("a", .int, nullable: true), column("b", .string)]

  @Test func `cells stand under their heading`() throws {
    let decoded = try decode(
      columns, ["x,1", "\"y,\"\"z\"\"\nw\",2", ",", "v,"], format: .csv, heading: ["b", "a"])
    #expect(decoded.failures == [])
    #expect(decoded.batch.cells == [[1, "x"], [2, "y,\"z\"\nw"], [nil, ""], [nil, "v"]])
  }

  @Test func `an empty cell is null where it may be, a quoted one is not`() throws {
    let cells = try decode(
      [column("s", .string, nullable: true), column("n", .int, nullable: true)],
      [",", "\"\",", "a,3\r\n"], format: .csv
    ).batch.cells
    #expect(cells == [[nil, nil], ["", nil], ["a", 3]])
  }

  @Test func `what is no CSV fails its record`() throws {
    let decoded = try decode(
      columns, ["1,a", "1,\"a", "1,a\"b", "1,\"a\"b", "1,a,c", "1", "x,a"], format: .csv,
      heading: ["a", "b"])
    #expect(decoded.failures.map(\.row) == [1, 2, 3, 4, 5, 6])
    #expect(decoded.failures[3].reason == "no CSV: 3 cells instead of 2")
    #expect(decoded.failures[4].reason == "no CSV: 1 cell instead of 2")
    #expect(decoded.failures[5].reason == "`a`: int was expected, not `x`")
  }

  @Test func `a bad record of several lines says where its quote opens, and how many they are`()
    throws
  {
    let decoded = try decode(
      columns,
      [
        "1,\"a\n2,b\n3,\"c\"", "\"x\",\"a\n\",2", "1,a\nb\"\n", "1,\"a\n2,b\n3,c\n",
        "1,a,2\n",
      ],
      format: .csv, heading: ["a", "b"])
    let lines = "; the quote that opens in its line 1 may not be closed: the record has"
    #expect(
      decoded.failures.map(\.reason) == [
        "no CSV: a quote out of place at byte 12\(lines) 3 lines",
        "no CSV: 3 cells instead of 2\(lines) 2 lines",
        "no CSV: a quote out of place at byte 5",
        "no CSV: a quote out of place at byte 12\(lines) 3 lines",
        "no CSV: 3 cells instead of 2",
      ])
  }

  @Test func `a heading that names a column twice fails the records, where the column is read`()
    throws
  {
    let twice = try decode(columns, ["1,x,2"], format: .csv, heading: ["a", "b", "a"])
    #expect(twice.failures.map(\.reason) == ["the heading names the column `a` twice"])
    let unread = try decode(columns, ["1,x,2,3"], format: .csv, heading: ["a", "b", "c", "c"])
    #expect(unread.batch.cells == [[1, "x"]])
  }

  @Test func `options say the separator and the columns`() throws {
    let decoded = try decode(
      [column("b", .string)], ["1;x", "2;y"], format: .csv,
      options: [
        Option("separator", .string(";")), Option("columns", .list([.word("a"), .word("b")])),
      ])
    #expect(decoded.batch.cells == [["x"], ["y"]])
    #expect(throws: FormatError.self) {
      try decode(columns, [], format: .csv, options: [Option("separator", .string("ab"))])
    }
  }

  @Test func `text and raw records are one value`() throws {
    let text = try decode([column("line", .string)], ["a", "", nil], format: .text)
    #expect(text.batch.cells == [["a"], [""]])
    #expect(text.failures.map(\.row) == [2])
    let raw = try makeDecoder(DecodingSpec(format: .raw, columns: [column("r", .bytes)]))
    #expect(raw.decode(byteRecords([[0xFF, 1]])).batch.cells == [[.bytes([0xFF, 1])]])
  }
}
