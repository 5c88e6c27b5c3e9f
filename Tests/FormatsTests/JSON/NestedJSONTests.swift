import Columns
import Formats
import Plans
import Schemas
import TestKit
import Testing

/// JSON of lists, maps and structs, in and out.
struct NestedJSONTests {
  static let item = DataType.structure([
    Field("sku", .string), Field("price", .decimal(precision: 12, scale: 2)),
    Field("note", .string, nullable: true),
  ])
  static let items = DataType.list(FieldType(item))

  private func refusal(of type: DataType, _ text: String, coerce: Bool = false) throws -> String? {
    try FormatsTests.refusal([column("v", type)], "{\"v\":\(text)}", coerce: coerce)
  }

  private func cell(
    _ type: DataType, _ text: String, coerce: Bool = false, nullable: Bool = false
  ) throws -> Cell {
    try cells(
      [column("v", type, nullable: nullable)], ["{\"v\":\(text)}"], coerce: coerce)[0][0]
  }

  @Test func `a struct takes its fields in any order, and leaves out what it does not know`() throws
  {
    let text = #"[ {"x":[{}],"price":1.50,"sku":"a\u00e9","sku":"b\n"} , {"sku":"","price":2} ]"#
    #expect(
      try cell(Self.items, text)
        == #"[{"sku":"b\n","price":1.50,"note":null},{"sku":"","price":2.00,"note":null}]"#)
  }

  @Test func `a map holds each key once, the last value wins, keys ascend`() throws {
    let type = DataType.map(FieldType(.int, nullable: true))
    #expect(
      try cell(type, #"{"b":1,"a\u0062":2,"b":null,"ab":3}"#) == #"{"ab":3,"b":null}"#)
    #expect(try cell(type, "{}") == "{}")
  }

  @Test func `few characters that stand for much fail instead of filling the memory`() throws {
    let wide = DataType.structure((0..<60).map { Field("f\($0)", .string, nullable: true) })
    let reading = try NestedReading(.list(FieldType(wide)), longest: 1 << 20)
    func fault(_ text: String) -> String? {
      let document = ByteBuffer(capacity: text.utf8.count + 64)
      document.append(string: text)
      return reading.read(document: document.bytes, to: ByteBuffer(capacity: 64))?.message
    }
    let empty = { (count: Int) in Array(repeating: "{}", count: count).joined(separator: ",") }
    #expect(fault("[\(empty(1_000))]") == nil)
    let reason = try #require(fault("[\(empty(10_000))]"))
    #expect(reason.contains("more than 1 MiB as list<struct {"), "\(reason)")
    let map = try NestedReading(.map(FieldType(wide)), longest: 1 << 20)
    let text = "{\((0..<10_000).map { "\"\($0)\":{}" }.joined(separator: ","))}"
    let document = ByteBuffer(capacity: text.utf8.count + 64)
    document.append(string: text)
    #expect(map.read(document: document.bytes, to: ByteBuffer(capacity: 64)) != nil)
  }

  @Test func `a message names the place`() throws {
    let good = #"{"sku":"a","price":1}"#
    #expect(
      try refusal(of: Self.items, #"[\#(good),{"sku":"a","price":"x"}]"#)
        == "`v[1].price`: decimal(12, 2) was expected, not a text (`x`)")
    #expect(
      try refusal(of: Self.items, #"[\#(good),\#(good),{"sku":"a"}]"#)
        == "`v[2].price` is missing, and its type is not `decimal(12, 2)?`")
    #expect(
      try refusal(of: Self.items, #"[{"sku":null,"price":1}]"#)
        == "`v[0].sku` is null, but its type is not `string?`")
    #expect(
      try refusal(of: Self.items, "[null]")
        == "`v[0]` is null, but its type is not `\(Self.item)?`")
    #expect(
      try refusal(of: .map(FieldType(Self.items)), #"{"k":[7]}"#)
        == #"`v["k"][0]`: an object was expected, not a number (`7`)"#)
    #expect(
      try refusal(of: Self.items, "{}")
        == "`v`: an array was expected, not an object (`{}`)")
  }

  @Test func `parts are read by the rules of columns`() throws {
    let numbers = DataType.list(FieldType(.int))
    #expect(try refusal(of: numbers, "[5.0]") != nil)
    #expect(try refusal(of: numbers, #"["5"]"#) != nil)
    #expect(try cell(numbers, #"[5.0,"6"]"#, coerce: true) == "[5,6]")
    let exact = DataType.list(FieldType(.decimal(precision: 38, scale: 2)))
    #expect(
      try cell(exact, "[123456789012345678901234567890123456.78]")
        == "[123456789012345678901234567890123456.78]")
    #expect(try cell(.list(FieldType(.json)), #"[{"a": [1]}, "x", 2]"#) == #"[{"a": [1]},"x",2]"#)
    #expect(try cell(.list(FieldType(.bytes)), #"["AQI="]"#) == #"["AQI="]"#)
    #expect(try cell(numbers, "null", nullable: true) == nil)
  }

  @Test func `a field of a nested type has its own name and time format`() throws {
    let type = DataType.structure([Field("at", .timestamp)])
    let part = DecodedColumn(
      field: Field("at", .timestamp), origin: .field("ts"), timeFormat: .epochSeconds)
    let whole = DecodedColumn(field: Field("v", type), origin: .field("v"), parts: [part])
    #expect(
      try cells([whole], [#"{"v":{"ts":1.5}}"#])[0][0] == #"{"at":"1970-01-01T00:00:01.5Z"}"#)
  }

  @Test func `a cell of CSV holds JSON`() throws {
    let columns = [column("a", .int), column("v", Self.items, nullable: true)]
    let line = #"1,"[{""sku"":""x"",""price"":1}]""#
    let decoded = try decode(columns, [line, "2,", "3,[", #"4,"{}""#], format: .csv)
    #expect(
      decoded.batch.cells == [
        [1, .text(#"[{"sku":"x","price":1.00,"note":null}]"#)], [2, nil],
      ])
    #expect(decoded.failures.map(\.row) == [2, 3])
    let encoder = try makeEncoder(EncodingSpec(format: .csv), schema: decoded.batch.schema)
    let written = encoder.encode(decoded.batch)
    let first = written.bytes(written.records[0].value).map { String(decoding: $0, as: UTF8.self) }
    #expect(first == #"1,"[{""sku"":""x"",""price"":1.00,""note"":null}]""#)
  }

  @Test func `the sink's options hold inside too, and NaN has no form`() throws {
    let type = DataType.structure([
      Field("d", .decimal(precision: 5, scale: 1), nullable: true),
      Field("t", .timestamp, nullable: true), Field("f", .float, nullable: true),
    ])
    let schema = Schema([Field("v", type)])
    let builder = ColumnBuilder(type)
    for text in [#"{"d":1.5,"t":"1970-01-01T00:00:01Z"}"#, #"{"f":1e300}"#] {
      _ = try NestedReading(type).append(json: text, to: builder)
    }
    let batch = Batch(schema: schema, columns: [builder.finish()], rowCount: 2)
    let spec = EncodingSpec(
      timestamps: .epochMilliseconds, decimalsAsText: true, omitsNulls: true)
    let records = try makeEncoder(spec, schema: schema).encode(batch)
    let texts = records.records.map { record in
      records.bytes(record.value).map { String(decoding: $0, as: UTF8.self) }
    }
    #expect(texts == [#"{"v":{"d":"1.5","t":1000}}"#, #"{"v":{"f":1e+300}}"#])
  }

  @Test func `random values are what a plain tree of JSON says`() throws {
    var made = RandomDocument(random: SeededRandom(seed: 3))
    for _ in 0..<1500 {
      let type = made.type(depth: 3)
      guard type.type.isNested else { continue }
      let (plain, wild) = made.value(FieldType(type.type))
      #expect(try cell(type.type, wild) == .text(plain))
      #expect(try cell(type.type, plain) == .text(plain))
    }
  }
}

/// A random type, and random values of it: as they are written, and with all that may stand in a
/// record and means the same.
private struct RandomDocument {
  var random: SeededRandom

  mutating func pick(_ bound: Int) -> Int { Int.random(in: 0..<bound, using: &random) }

  mutating func type(depth: Int) -> FieldType {
    let kind = depth == 0 ? 3 : pick(5)
    let type: DataType =
      switch kind {
      case 0: .list(self.type(depth: depth - 1))
      case 1: .map(self.type(depth: depth - 1))
      case 2: .structure((0..<pick(4)).map { Field("f\($0)", self.type(depth: depth - 1)) })
      default: [.bool, .int, .decimal(precision: 9, scale: 1), .string, .date][pick(5)]
      }
    return FieldType(type, nullable: pick(2) == 0)
  }

  mutating func value(_ type: FieldType) -> (plain: String, wild: String) {
    if type.isNullable, pick(4) == 0 { return ("null", "null") }
    let space = ["", " ", "\n "][pick(3)]
    switch type.type {
    case .list(let element):
      let all = (0..<pick(4)).map { _ in value(element) }
      return (
        "[\(all.map(\.plain).joined(separator: ","))]",
        "[\(space)\(all.map(\.wild).joined(separator: "\(space),\(space)"))\(space)]"
      )
    case .map(let inner):
      let keys = ["a", "b", "é", "x y"].filter { _ in pick(2) == 0 }
      let all = keys.map { ($0, value(inner)) }
      let sorted = all.sorted { $0.0.utf8.lexicographicallyPrecedes($1.0.utf8) }
      var wild = all.map { "\"\($0.0)\":\($0.1.wild)" }.shuffled(using: &random)
      if let first = all.first { wild.insert("\"\(first.0)\":\(value(inner).wild)", at: 0) }
      return (
        "{\(sorted.map { "\"\($0.0)\":\($0.1.plain)" }.joined(separator: ","))}",
        "{\(wild.joined(separator: ",\(space)"))}"
      )
    case .structure(let fields):
      let all = fields.map { ($0.name, value($0.fieldType)) }
      var wild = all.filter { $0.1.plain != "null" || pick(2) == 0 }
        .map { "\"\($0.0)\"\(space):\(space)\($0.1.wild)" }.shuffled(using: &random)
      if pick(2) == 0 { wild.append("\"unknown\":[1,{\"f0\":[]}]") }
      return (
        "{\(all.map { "\"\($0.0)\":\($0.1.plain)" }.joined(separator: ","))}",
        "{\(wild.joined(separator: ","))}"
      )
    case .bool: return pick(2) == 0 ? ("true", "true") : ("false", "false")
    case .int:
      let text = "\(pick(2000) - 1000)"
      return (text, text)
    case .decimal: return [("1.5", "1.50"), ("-3.0", "-3"), ("100.0", "1e2")][pick(3)]
    case .date: return ("\"2026-01-31\"", "\"2026-01-31\"")
    default:
      let texts = [(#""""#, #""""#), (#""a\n""#, #""\u0061\n""#), (#""é""#, #""\u00e9""#)]
      return texts[pick(3)]
    }
  }
}
