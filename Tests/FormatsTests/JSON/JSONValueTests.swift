import Columns
import Formats
import Plans
import Schemas
import TestKit
import Testing

struct JSONValueTests {
  private func one(
    _ type: DataType, _ value: String, coerce: Bool = false, time: TimeFormat = .standard
  ) throws -> Cell? {
    try cells([column("v", type, time: time)], [#"{"v":\#(value)}"#], coerce: coerce).first?.first
  }

  @Test func `an int is digits alone`() throws {
    #expect(try one(.int, "42") == 42)
    #expect(try one(.int, "-0") == 0)
    #expect(try one(.int, "9223372036854775807") == 9_223_372_036_854_775_807)
    #expect(try one(.int, "-9223372036854775808") == -9_223_372_036_854_775_808)
    for value in ["5.0", "\"5\"", "5e0", "true", "[]", "9223372036854775808", "1e30"] {
      #expect(try one(.int, value) == nil, "\(value)")
    }
    #expect(
      try refusal([column("v", .int)], #"{"v":9223372036854775808}"#)
        == "`v`: 9223372036854775808 is out of an int's range")
  }

  @Test func `coercion takes what says the same`() throws {
    #expect(try one(.int, "5.0", coerce: true) == 5)
    #expect(try one(.int, "\"5\"", coerce: true) == 5)
    #expect(try one(.int, "5e2", coerce: true) == 500)
    #expect(try one(.int, "5.5", coerce: true) == nil)
    #expect(try one(.string, "5.50", coerce: true) == "5.50")
    #expect(try one(.bool, "\"true\"", coerce: true) == true)
    #expect(try one(.bool, "0", coerce: true) == false)
    #expect(try one(.float, "\"1.5\"", coerce: true) == 1.5)
    #expect(try one(.string, "5") == nil)
    #expect(try one(.bool, "1") == nil)
  }

  @Test func `decimals keep their digits`() throws {
    let type = DataType.decimal(precision: 38, scale: 10)
    #expect(
      try one(type, "1234567890123456789012345678.0123456789")
        == .decimal(unscaled: 12_345_678_901_234_567_890_123_456_780_123_456_789, scale: 10))
    let small = DataType.decimal(precision: 5, scale: 2)
    #expect(try one(small, "0.1") == .decimal(unscaled: 10, scale: 2))
    #expect(try one(small, "999.99") == .decimal(unscaled: 99999, scale: 2))
    #expect(try one(small, "1000") == nil)
    #expect(try one(small, "-1.5e1") == .decimal(unscaled: -1500, scale: 2))
  }

  @Test func `times are read in every form`() throws {
    #expect(try one(.timestamp, "\"1970-01-01T00:00:01.5Z\"") == 1_500_000)
    #expect(try one(.timestamp, "\"1970-01-01T01:00:00+01:00\"") == 0)
    #expect(try one(.timestamp, "\"1970-01-01T00:00:00\"") == 0)
    #expect(try one(.timestamp, "1500") == 1_500_000)
    #expect(try one(.timestamp, "1500.25") == 1_500_250)
    #expect(try one(.timestamp, "1.5", time: .epochSeconds) == 1_500_000)
    #expect(try one(.timestamp, "15", time: .epochMicroseconds) == 15)
    #expect(try one(.timestamp, "\"x\"") == nil)
    #expect(try one(.timestamp, "\"2026-02-29T00:00:00Z\"") == nil)
    let pattern = TimeFormat.pattern("yyyy-MM-dd HH:mm:ss", zone: "+02:00")
    #expect(try one(.timestamp, "\"1970-01-01 02:00:01\"", time: pattern) == 1_000_000)
    #expect(try one(.timestamp, "\"1970-01-01 02:00\"", time: pattern) == nil)
    let madrid = TimeFormat.pattern("yyyy-MM-dd HH:mm:ss", zone: "Europe/Madrid")
    #expect(try one(.timestamp, "\"2026-07-01 02:00:00\"", time: madrid) == 1_782_864_000_000_000)
    #expect(throws: FormatError.self) {
      try one(.timestamp, "0", time: .pattern("yyyy", zone: "Nowhere/Land"))
    }
    #expect(try one(.date, "\"1970-01-31\"") == 30)
    #expect(try one(.duration, "\"1m30s\"") == 90_000_000)
  }

  @Test func `the usual form of a timestamp agrees with the exact parser`() throws {
    var random = SeededRandom(seed: 11)
    for _ in 0..<400 {
      let micros = Int64(bitPattern: random.next()) % 4_000_000_000_000_000
      let buffer = ByteBuffer()
      TimestampText.write(micros, to: buffer)
      var text = buffer.string
      if random.next() % 3 == 0 {
        var bytes = Array(text.utf8)
        bytes[Int(random.next() % UInt64(bytes.count))] = UInt8(48 + random.next() % 12)
        text = String(decoding: bytes, as: UTF8.self)
      }
      let expected = Array(text.utf8).withUnsafeBufferPointer { TimestampText.parse($0) }
      #expect(try one(.timestamp, "\"\(text)\"") == expected.map { .int($0) }, "\(text)")
    }
  }

  @Test func `texts are read with their escapes`() throws {
    #expect(try one(.string, #""a\"\\\/\b\f\n\r\t\u0041""#) == .text("a\"\\/\u{8}\u{C}\n\r\tA"))
    #expect(try one(.string, #""\ud83d\ude00é""#) == "😀é")
    #expect(try one(.bytes, #""aGk=""#) == "hi")
    #expect(try one(.bytes, #""?""#) == nil)
    #expect(try one(.json, #"{"a": [1, "\u0041"]}"#) == #"{"a": [1, "\u0041"]}"#)
    #expect(try one(.json, #""a\n""#) == #""a\n""#)
    let long = String(repeating: "0123456789", count: 1000)
    #expect(try one(.string, "\"\(long)\"") == .text(long))
  }

  @Test func `missing and null values are null or fail`() throws {
    let columns = [column("a", .int, nullable: true), column("b", .string)]
    #expect(
      try cells(columns, [#"{"b":"x"}"#, #"{"a":null,"b":"y"}"#]) == [[nil, "x"], [nil, "y"]])
    #expect(
      try refusal(columns, #"{"a":1}"#) == "`b` is missing, and its type is not `string?`")
    #expect(
      try refusal(columns, #"{"b":null}"#) == "`b` is null, but its type is not `string?`")
  }

  @Test func `of equal names the last wins`() throws {
    let text = #"{"a":1,"b":2,"a":3}"#
    #expect(try cells([column("a", .int)], [text, text, text]) == [[3], [3], [3]])
    #expect(try cells([column("a", .int)], [#"{"a":1,"\u0061":4}"#]) == [[4]])
  }

  @Test func `a field may have another name, and serve two columns`() throws {
    let columns = [column("x", .int, from: "userId"), column("y", .json, from: "userId")]
    #expect(try cells(columns, [#"{"userId":7}"#]) == [[7, "7"]])
  }

  @Test func `records in changing shapes are read the same`() throws {
    var random = SeededRandom(seed: 5)
    let columns = [
      column("a", .int, nullable: true), column("b", .string, nullable: true),
      column("c", .json, nullable: true),
    ]
    var texts: [String] = []
    var expected: [[Cell]] = []
    for i in 0..<3000 {
      var members: [(String, String)] = []
      var row: [Cell] = [nil, nil, nil]
      if random.next() % 4 != 0 {
        members.append(("a", "\(i)"))
        row[0] = .int(Int64(i))
      }
      if random.next() % 4 != 0 {
        let escaped = random.next() % 3 == 0
        members.append(("b", escaped ? "\"x\\n\(i)\"" : "\"x\(i)\""))
        row[1] = .text(escaped ? "x\n\(i)" : "x\(i)")
      }
      if random.next() % 4 != 0 {
        members.append(("c", #"{"k":[\#(i)]}"#))
        row[2] = .text(#"{"k":[\#(i)]}"#)
      }
      if random.next() % 4 == 0 { members.append(("z\(i % 7)", "[{\"a\":1}]")) }
      if random.next() % 5 == 0 { members.shuffle(using: &random) }
      let space = random.next() % 7 == 0 ? " " : ""
      texts.append(
        "{" + members.map { "\"\($0.0)\":\(space)\($0.1)" }.joined(separator: ",\(space)") + "}")
      expected.append(row)
    }
    let decoded = try decode(columns, texts)
    #expect(decoded.failures == [])
    #expect(difference(decoded.batch, expected) == nil)
  }

  @Test func `failed records leave the others alone`() throws {
    let decoded = try decode(
      [column("a", .int)], [#"{"a":1}"#, "x", #"{"a":"b"}"#, #"{"a":4}"#, nil])
    #expect(decoded.batch.cells == [[1], [4]])
    #expect(decoded.batch.rowCount == 5)
    #expect(decoded.failures.map(\.row) == [1, 2, 4])
    #expect(decoded.batch.hidden.records != nil)
  }

  @Test func `what surrounds a record is read too`() throws {
    let batch = RecordBatch(
      partition: PartitionID(source: "s", topic: "events", number: 3), capacity: 2,
      byteCapacity: 16)
    let headers = ByteBuffer()
    RecordHeaders.append(Array("trace".utf8), nil, to: headers)
    Array("t1".utf8).withUnsafeBufferPointer {
      RecordHeaders.append(Array("trace".utf8), $0, to: headers)
    }
    Array("{}".utf8).withUnsafeBytes { value in
      Array("k".utf8).withUnsafeBytes { key in
        batch.append(
          value: value, key: key, headers: UnsafeRawBufferPointer(headers.bytes), timestamp: 5,
          offset: 9)
        batch.append(value: value, key: nil, timestamp: .min, offset: 10)
      }
    }
    func meta(_ name: String, _ type: DataType, _ origin: DecodedColumn.Origin) -> DecodedColumn {
      DecodedColumn(field: Field(name, type, nullable: true), origin: origin)
    }
    let decoder = try makeDecoder(
      DecodingSpec(
        format: .json,
        columns: [
          meta("t", .string, .topic), meta("p", .int, .partition), meta("o", .int, .offset),
          meta("ts", .timestamp, .timestamp), meta("k", .string, .key),
          meta("h", .string, .header("trace")),
        ]))
    #expect(
      decoder.decode(batch).batch.cells
        == [["events", 3, 9, 5, "k", "t1"], ["events", 3, 10, nil, nil, nil]])
  }

  @Test func `ten megabytes are one record`() throws {
    let long = String(repeating: "0123456789abcdef", count: 640 * 1024)
    let got = try cells(
      [column("a", .string), column("b", .int)],
      [#"{"a":"s","b":1}"#, #"{"a":"\#(long)","b":2}"#, #"{"a":"t","b":3}"#])
    #expect(got.map { $0[1] } == [1, 2, 3])
    #expect(got[1][0] == .text(long))
  }
}
