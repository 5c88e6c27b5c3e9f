import Columns
import FormatOracles
import Formats
import Plans
import Schemas
import Testing

/// Documents in the manner of JSONTestSuite: what must be accepted, what refused.
struct JSONVectorTests {
  /// Any JSON value, put behind a name.
  static let goodValues: [String] = [
    "null", "true", "false", "0", "-0", "1", "-1", "10", "123456789012345678", "0.5", "-0.5",
    "1.0", "1e5", "1E5", "1e+5", "1e-5", "1.5e300", "0e0", "0E+1", "123.456e-7", "20e1", "-123",
    "1.000000000000000000000000001", "0.00000000000000000000000000000001", #""""#, #""a""#,
    #""\"""#, #""\\""#, #""\/""#, #""\b\f\n\r\t""#, #""\u0041""#, #""\u00e9""#, #""\u20AC""#,
    #""\uD834\uDD1E""#, #""\ud83d\ude00""#, #""\u0000""#, #""\u0012""#, #""\u2028""#,
    #""\uFFFF""#, #""\uDBFF\uDFFF""#, #""a\u0022b""#, #""\\u0041""#, #""\\\\""#, "\"é\"",
    "\"€\"", "\"𝄞\"", "\"\u{7F}\"", "\"\u{2028}\"", #""//""#, #""/* */""#, #"" ""#, "[]", "{}",
    "[ ]", "{ }", "[null]", "[1]", "[1,2]", "[ 1 , 2 ]", "[[]]", "[[],[[]]]", #"{"a":1}"#,
    #"{"a":{"b":[1,{"c":null}]}}"#, #"{"a":1,"a":2}"#, #"{"":0}"#, #"{"a":[]}"#,
    #"[1,"a",true,null,{}]"#, "[\n1\n,\t2\r]", #"{"a" : 1 , "b" : 2}"#, #"["\u00e9"]"#, "[-0]",
    "[0e+1]", "[1e1]", "[true,false]", #"[""]"#, #"[{"a":"b"},{"c":"d"}]"#,
    #"{"\u0061":1}"#, #"["a","b","c"]"#, "[[[[[[[[[[]]]]]]]]]]", #"{"a":{"a":{"a":{}}}}"#,
  ]

  static let badValues: [String] = [
    "", "nul", "nulll", "tru", "truE", "True", "fals", "falsey", "NaN", "Infinity", "-Infinity",
    "undefined", "00", "01", "-01", "-", "+1", ".5", "-.5", "1.", "1.e1", "1e", "1e+", "1e-",
    "1E", "0x10", "1_000", "1,5", "1 2", "--1", "1-1", "0.1.2", "1e1.5", "1ea", "9.e+", "2.e3",
    "0e", "0e+", "1a", "'a'", "a", #"""#, #""a"#, #""\""#, #""\a""#, #""\x41""#, #""\u""#,
    #""\u0""#, #""\u004""#, #""\u00g0""#, #""\U0041""#, #""\uD800""#, #""\uDC00""#,
    #""\uD800\u0041""#, #""\uD800\uD800""#, #""\uD800a""#, #""\uD800\n""#, "\"\u{0}\"",
    "\"\n\"", "\"\t\"", "\"\u{1F}\"", #""\ ""#, #""a" "b""#, "[", "]", "[1", "[1,", "[1,]", "[,1]",
    "[,]", "[1,,2]", "[1 2]", "[1;2]", "[1}", #"["a"#, #"["a]"#, "[a]", "[[]", "[]]", "[1]x",
    "{", "}", "{]", #"{"a"}"#, #"{"a":}"#, #"{"a":1"#, #"{"a":1,}"#, #"{"a":1 "b":2}"#,
    #"{,"a":1}"#, #"{a:1}"#, #"{'a':1}"#, #"{1:1}"#, #"{"a":1:2}"#, #"{"a"::1}"#, #"{"a",1}"#,
    #"{null:1}"#, #"{"a":1,"b"}"#, #"{"a":"b}"#, #"{"a":1]"#, "{}}", "{}x", "// c", "/**/1",
    "1/**/", "#1", "\u{FEFF}1", "\u{A0}1", "1\u{0C}", "1\u{0B}", "\u{2028}1", "1;", "[1]]",
    #"{"a":[1}"#, #"["\u00A"]"#, #"["\uD834\uDd"]"#, "[-]", "[- 1]", "[1e1e1]", "[0.e1]",
    #"[\n]"#, "[\\u000A\"\"]", "[*]", "[\"a\",\n4\n,1,", "[1:2]",
  ]

  /// Both the decoder with the value wanted, and with it skipped, learned and unlearned.
  private func isAccepted(_ text: String, around: (String, String)) throws -> [Bool] {
    let document = around.0 + text + around.1
    let wanted = [column("v", .json, nullable: true)]
    let skipped = [column("other", .json, nullable: true)]
    let usual = around.0 + #""usual""# + around.1
    return try [wanted, skipped].flatMap { columns in
      let alone = try decode(columns, [document])
      let behind = try decode(columns, [usual, usual, document, usual])
      return [alone.failures.isEmpty, !behind.failures.contains { $0.row == 2 }]
    }
  }

  static let surroundings: [(String, String)] = [
    (#"{"v":"#, "}"), (#"{"a":1,"v":"#, #","z":"y"}"#), (#" { "v" : "#, " } "),
    ("{\n  \"v\": ", ",\n  \"w\": null\n}\n"),
  ]

  @Test(arguments: goodValues) func `a valid document is accepted`(_ value: String) throws {
    for around in Self.surroundings {
      #expect(try isAccepted(value, around: around).allSatisfy { $0 }, "\(around)")
    }
  }

  @Test(arguments: badValues) func `an invalid document is refused`(_ value: String) throws {
    for around in Self.surroundings {
      #expect(try isAccepted(value, around: around).allSatisfy { !$0 }, "\(around)")
    }
  }

  @Test(arguments: goodValues + badValues)
  func `simdjson judges every vector the same`(_ value: String) {
    let document = Array((Self.surroundings[1].0 + value + Self.surroundings[1].1).utf8)
    #expect(SimdJSON().isObject(document) == Self.goodValues.contains(value))
  }

  /// Bytes that are no UTF-8, in a text that is skipped and in one that is wanted.
  static let badUTF8: [[UInt8]] = [
    [0x80], [0xBF], [0xC0, 0x80], [0xC1, 0xBF], [0xC2], [0xC2, 0x20], [0xE0, 0x80, 0x80],
    [0xE0, 0x9F, 0xBF], [0xE2, 0x82], [0xED, 0xA0, 0x80], [0xED, 0xBF, 0xBF],
    [0xF0, 0x80, 0x80, 0x80], [0xF0, 0x8F, 0xBF, 0xBF], [0xF0, 0x9F, 0x98],
    [0xF4, 0x90, 0x80, 0x80],
    [0xF5, 0x80, 0x80, 0x80], [0xFE], [0xFF], [0xC3, 0xC3], [0xE9],
  ]

  @Test(arguments: badUTF8) func `text that is no UTF-8 is refused`(_ bytes: [UInt8]) throws {
    for name in ["v", "w"] {
      let document = Array(#"{"v":"ab"#.utf8) + bytes + Array(#"c","w":1}"#.utf8)
      let decoder = try makeDecoder(
        DecodingSpec(format: .json, columns: [column(name, .json, nullable: true)]))
      let good = Array(#"{"v":"abc","w":1}"#.utf8)
      let decoded = decoder.decode(byteRecords([good, good, document, good]))
      #expect(decoded.failures.map(\.row) == [2])
      #expect(SimdJSON().judge(document) == .refused)
    }
  }

  @Test func `a record must be an object and nothing else`() throws {
    for text in ["1", "\"a\"", "[1]", "null", "[{}]"] {
      #expect(try refusal([], text) == "a JSON object was expected")
    }
    for text in ["", " ", "{} {}", "{}1", "{", "\u{FEFF}{}"] {
      #expect(try refusal([], text) != nil, "\(text)")
    }
    #expect(try refusal([], " {} ") == nil)
  }

  @Test func `the beginning of a usual record is accepted at the beginning alone`() throws {
    let usual = #"{"f":"","x":1}"#
    for bad in [#"{"a":"x"{"f":"","x":1}"#, #"{"a":1{"f":"","x":1}"#, #"{"a":1{"f":2}"#] {
      let decoded = try decode([column("x", .json, nullable: true)], [usual, usual, bad, usual])
      #expect(decoded.failures.map(\.row) == [2], "\(bad)")
    }
  }

  @Test func `nesting is bounded where simdjson bounds it`() throws {
    let simdjson = SimdJSON()
    for depth in [10, 1000, 1021, 1022, 1023, 1024, 1025, 5000, 100_000] {
      let text =
        #"{"v":"# + String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
        + "}"
      let ours = try refusal([column("v", .json)], text) == nil
      #expect(ours == (simdjson.judge(Array(text.utf8)) == .accepted), "\(depth)")
    }
  }

  @Test func `a fault says where it is`() throws {
    #expect(
      try refusal([], #"{"a":1,"b":tru}"#)
        == "no JSON: a word that is not `true`, `false` or `null` at byte 11")
    #expect(try refusal([], #"{"a":"x"#) == "no JSON: the record ends early, at byte 7")
  }
}
