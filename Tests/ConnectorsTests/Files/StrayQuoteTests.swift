import Columns
import Plans
import Testing

@testable import Connectors

/// A quote opens a CSV cell at its begin only; elsewhere it costs its own record and no other.
struct StrayQuoteTests {
  private let lines = [
    "1,5\" pipe,x", "2,ab\"c", "3,\"a\"b\"", "4,\"a\" \"", "5,a\"\"", "6,\"5\" pipe\"",
    "7,\"a,\n\"\"b\"\"\n\"", "8,\"\"", "9,\"\"\"\n\"", "10,good",
  ]

  @Test func `a file source loses no record behind a stray quote`() throws {
    let scratch = Scratch()
    try scratch.write("a.csv", "id,what\n" + lines.joined(separator: "\n") + "\n")
    #expect(try readAll(try fileSource("\(scratch.path)/a.csv", .csv)).records == lines)
    #expect(try readAll(try fileSource("\(scratch.path)/a.csv", .csv), limit: 1).records == lines)
  }

  @Test func `a cell begins behind the separator that the options say`() throws {
    let scratch = Scratch()
    let file = "id;what\n1;a,\"b\n2;\"c\nd\"\n3;e\n"
    try scratch.write("a.csv", file)
    let source = try fileSource(
      "\(scratch.path)/a.csv", .csv, decoding: [Option("separator", .string(";"))])
    #expect(try readAll(source).records == ["1;a,\"b", "2;\"c\nd\"", "3;e"])
  }

  @Test func `a byte order mark stands before the first cell, not in it`() throws {
    let scratch = Scratch()
    try scratch.write("a.csv", "\u{FEFF}\"i\nd\",what\n1,a\n")
    #expect(try readAll(try fileSource("\(scratch.path)/a.csv", .csv)).records == ["1,a"])
    let file = try RecordFile("\(scratch.path)/a.csv", format: .csv)
    #expect(file.heading?.names == ["i\nd", "what"])
  }

  @Test func `a submitted file loses no record behind a stray quote, and knows its lines`() throws {
    let scratch = Scratch()
    try scratch.write("a.csv", "id,what\n" + lines.joined(separator: "\n") + "\n")
    let file = try RecordFile("\(scratch.path)/a.csv", format: .csv)
    let batch = try #require(try file.next())
    let begun = (0..<batch.count).map { batch.offset(of: $0) }
    #expect(begun == [2, 3, 4, 5, 6, 7, 8, 11, 12, 14])
  }

  @Test func `what holds behind any piece of a record is kept`() {
    let bytes = Array((lines.joined(separator: "\n") + "\n").utf8)
    let splitter = RecordSplitter(.csv, separator: UInt8(ascii: ","))
    for piece in 1...7 {
      var records: [String] = []
      var (from, searched, end) = (0, 0, 0)
      var quoting = RecordSplitter.Quoting.bare
      bytes.withUnsafeBufferPointer { buffer in
        guard let base = buffer.baseAddress else { return }
        while end < bytes.count {
          end = min(end + piece, bytes.count)
          while true {
            let at = splitter.newline(
              base, from: from, searched: &searched, end: end, quoting: &quoting)
            if at < 0 { break }
            records.append(String(decoding: buffer[from..<at], as: UTF8.self))
            (from, searched, quoting) = (at + 1, at + 1, .bare)
          }
        }
      }
      #expect(records == lines, "in pieces of \(piece)")
    }
  }
}
