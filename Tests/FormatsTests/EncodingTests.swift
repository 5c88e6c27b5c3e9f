import Columns
import Formats
import Plans
import Schemas
import TestKit
import Testing

struct EncodingTests {
  static let schema = Schema([
    Field("b", .bool, nullable: true), Field("i", .int, nullable: true),
    Field("f", .float, nullable: true),
    Field("d", .decimal(precision: 30, scale: 4), nullable: true),
    Field("s", .string, nullable: true), Field("y", .bytes, nullable: true),
    Field("t", .timestamp, nullable: true), Field("day", .date, nullable: true),
    Field("span", .duration, nullable: true),
  ])

  static let rows: [[Cell]] = [
    [
      true, -5, 0.1, "12.5", "a\"b\\c\n\u{1}é", .bytes([0xFF, 0x00]), 1_500_000, 31, 90_000_000,
    ],
    [nil, nil, nil, nil, nil, nil, nil, nil, nil],
    [
      false, 9_223_372_036_854_775_807, 1e300, "-0.0001", "", .bytes([]),
      1_767_225_600_000_001, -1, -250_000,
    ],
  ]

  private func texts(
    _ batch: Batch, _ spec: EncodingSpec
  ) throws -> (values: [String?], keys: [String?], failures: [RecordFailure]) {
    let encoder = try makeEncoder(spec, schema: batch.schema)
    let records = encoder.encode(batch)
    func text(_ span: RecordBatch.Span) -> String? {
      records.bytes(span).map { String(decoding: $0, as: UTF8.self) }
    }
    return (
      records.records.map { text($0.value) }, records.records.map { text($0.key) },
      records.failures
    )
  }

  @Test func `JSON has all columns in order`() throws {
    let batch = Batch(Self.schema, Self.rows)
    let values = try texts(batch, EncodingSpec()).values
    #expect(
      values[0] == #"{"b":true,"i":-5,"f":0.1,"d":12.5000,"s":"a\"b\\c\n\u0001é","y":"/wA=","#
        + #""t":"1970-01-01T00:00:01.5Z","day":"1970-02-01","span":"1m30s"}"#)
    #expect(
      values[1] == #"{"b":null,"i":null,"f":null,"d":null,"s":null,"y":null,"t":null,"#
        + #""day":null,"span":null}"#)
  }

  @Test(arguments: [EncodingSpec.Format.json, .csv])
  func `what was encoded is decoded to the same`(_ format: EncodingSpec.Format) throws {
    let batch = Batch(Self.schema, Self.rows)
    let values = try texts(batch, EncodingSpec(format: format)).values
    let columns = Self.schema.fields.map { DecodedColumn(field: $0, origin: .field($0.name)) }
    let decoded = try decode(columns, values, format: format == .json ? .json : .csv)
    #expect(decoded.failures == [])
    #expect(difference(decoded.batch, batch.cells) == nil)
  }

  @Test(arguments: [EncodingSpec.Format.json, .csv])
  func `random rows survive a round trip`(_ format: EncodingSpec.Format) throws {
    var random = SeededRandom(seed: 21)
    let letters = Array("ab\"\\,;\n\r\t é€😀\u{0}\u{1F}'/").map(String.init)
    let rows: [[Cell]] = (0..<500).map { _ in
      let text = (0..<(random.next() % 12)).map { _ in letters.randomElement(using: &random)! }
      return [
        .text(text.joined()), .int(Int64(bitPattern: random.next())),
        .float(Double(bitPattern: random.next() & ~(1 << 62))),
        .int(Int64(bitPattern: random.next()) / 64),
      ].map { random.next() % 6 == 0 ? .null : $0 }
    }
    let schema = Schema([
      Field("s", .string, nullable: true), Field("i", .int, nullable: true),
      Field("f", .float, nullable: true), Field("t", .timestamp, nullable: true),
    ])
    let values = try texts(Batch(schema, rows), EncodingSpec(format: format)).values
    let columns = schema.fields.map { DecodedColumn(field: $0, origin: .field($0.name)) }
    let decoded = try decode(columns, values, format: format == .json ? .json : .csv)
    #expect(decoded.failures == [])
    #expect(difference(decoded.batch, rows) == nil)
  }

  @Test func `options change how values are written`() throws {
    let schema = Schema([
      Field("t", .timestamp), Field("d", .decimal(precision: 6, scale: 2)),
      Field("n", .int, nullable: true), Field("meta.offset", .int, hidden: true),
    ])
    let batch = Batch(schema, [[1_500_250, "1.10", nil, 4]])
    func value(_ spec: EncodingSpec) throws -> String? { try texts(batch, spec).values[0] }
    #expect(
      try value(
        EncodingSpec(timestamps: .epochMilliseconds, decimalsAsText: true, omitsNulls: true))
        == #"{"t":1500.25,"d":"1.10"}"#)
    #expect(
      try value(EncodingSpec(timestamps: .epochMicroseconds)) == #"{"t":1500250,"d":1.10,"n":null}"#
    )
    #expect(
      try value(EncodingSpec(timestamps: .epochSeconds)) == #"{"t":1.50025,"d":1.10,"n":null}"#)
  }

  @Test func `keys are a text or an array, and dictionaries are looked up`() throws {
    let schema = Schema([Field("a", .string, nullable: true), Field("n", .int)])
    let batch = Batch(
      schema: schema,
      columns: [Column.dictionary(.string, ["x", nil, "y\""]), Column(.int, [1, 2, 3])],
      rowCount: 3, selection: Selection(rows: [0, 1, 2]))
    #expect(try texts(batch, EncodingSpec(keys: ["a"])).keys == ["x", nil, "y\""])
    #expect(
      try texts(batch, EncodingSpec(keys: ["a", "n"])).keys
        == [#"["x",1]"#, "[null,2]", #"["y\"",3]"#])
    #expect(try texts(batch, EncodingSpec()).keys == [nil, nil, nil])
  }

  @Test func `a float that JSON cannot say fails its row alone`() throws {
    let batch = Batch(
      Schema([Field("f", .float)]), [[1.0], [.float(.nan)], [.float(.infinity)], [2.5]])
    let result = try texts(batch, EncodingSpec())
    #expect(result.values == [#"{"f":1.0}"#, #"{"f":2.5}"#])
    #expect(result.failures.map(\.row) == [1, 2])
    #expect(result.failures[0].reason == "`f` is nan, for which JSON has no form")
  }

  @Test func `a document stays in one line`() throws {
    let batch = Batch(Schema([Field("j", .json)]), [[.text("{\n \"a\": \"b\\n\"\r\n}")]])
    #expect(try texts(batch, EncodingSpec()).values == ["{\"j\":{  \"a\": \"b\\n\"  }}"])
  }

  @Test func `text of one column among several keeps its bytes, null or not`() throws {
    let schema = Schema([
      Field("error", .string), Field("value", .bytes, nullable: true),
    ])
    let spec = EncodingSpec(
      format: .text, headers: [NamedExpression("why", .column(schema[0]))],
      options: [Option("column", .string("value"))])
    let batch = Batch(schema, [["bad", .bytes([0xFF, 0x00, 0x22])], ["worse", .null]])
    let records = try makeEncoder(spec, schema: schema).encode(batch)
    #expect(records.failures.isEmpty)
    let values = records.records.map { records.bytes($0.value).map(Array.init) }
    #expect(values == [[0xFF, 0x00, 0x22], nil])
    #expect(records.records.allSatisfy { !$0.headers.isNull })
  }

  @Test(arguments: [EncodingSpec.Format.json, .csv, .text])
  func `a deletion has its key and no value, and none without a key`(
    format: EncodingSpec.Format
  ) throws {
    let schema = Schema([
      Field("k", .string, nullable: true), Field("d", .bool, nullable: true, hidden: true),
    ])
    let batch = Batch(
      schema,
      [
        ["a", .bool(true)], ["b", .bool(false)], ["c", .null], [.null, .bool(true)],
        [.null, .bool(false)],
      ])
    func encode(_ tombstone: Expression) throws -> EncodedRecords {
      let spec = EncodingSpec(format: format, keys: ["k"], tombstone: tombstone)
      return try makeEncoder(spec, schema: schema).encode(batch)
    }
    let some = try encode(.column(schema[1]))
    #expect(some.records.map { $0.value.isNull } == [true, false, false, false])
    #expect(some.records.map { $0.key.isNull } == [false, false, false, true])
    #expect(some.failures.map(\.row) == [3])
    let all = try encode(.literal(.bool(true), .bool))
    #expect(all.records.map { $0.value.isNull } == [true, true, true])
    #expect(try encode(.literal(.bool(false), .bool)).records.count == 5)
  }

  @Test func `headers hold columns and constants`() throws {
    let schema = Schema([Field("a", .string, nullable: true)])
    let spec = EncodingSpec(headers: [
      NamedExpression("v", .literal(.string("1"), .string)),
      NamedExpression("a", .column(schema[0])),
    ])
    let records = try makeEncoder(spec, schema: schema).encode(Batch(schema, [["x"], [nil]]))
    func header(_ name: String, _ row: Int) -> String? {
      records.bytes(records.records[row].headers).flatMap {
        RecordHeaders.last(Array(name.utf8), in: $0)
      }.map { String(decoding: $0, as: UTF8.self) }
    }
    #expect(header("v", 0) == "1")
    #expect(header("a", 0) == "x")
    #expect(header("a", 1) == nil)
  }
}
