import Columns
import Expressions
import Plans
import Schemas
import TestKit
import Testing

/// One value as a row of a batch has it: so that functions run on rows, and not beforehand.
private let textSchema = Schema([
  Field("a", .string, nullable: true), Field("b", .string, nullable: true),
  Field("n", .int, nullable: true), Field("m", .int, nullable: true),
])

@Suite("Functions of text")
struct TextFunctionTests {
  /// Calls a function with texts `a`, `b` and ints `n`, `m` from columns, in that order.
  func apply(
    _ name: String, _ result: DataType, _ texts: [String?], _ ints: [Int64] = [],
    constants: [Expression] = []
  ) throws -> Cell {
    let names = ["a", "b"]
    let operands =
      texts.indices.map { column(names[$0], .string) }
      + ints.indices.map { column(["n", "m"][$0], .int) } + constants
    let row: [Cell] =
      (0..<2).map { $0 < texts.count ? texts[$0].map { .text($0) } ?? .null : .null }
      + (0..<2).map { $0 < ints.count ? .int(ints[$0]) : .null }
    let expression = Expression(.call(name, operands), FieldType(result, nullable: true))
    let (cells, failures) = try evaluate(expression, textSchema, [row])
    if let failure = failures.first { throw failure }
    return cells[0]
  }

  @Test("Pieces of text are counted in code points from 1")
  func pieces() throws {
    for (text, position, length, expected) in [
      ("abcd", 2, 2, "bc"), ("ñandú", 2, 9, "andú"), ("abcd", -2, 1, "c"), ("abcd", 0, 2, "ab"),
      ("abcd", 5, 1, ""), ("abcd", -5, 2, ""), ("abcd", 1, 0, ""), ("abcd", 1, -1, ""),
      ("añb", -2, 2, "ñb"), ("", 1, 1, ""), ("😀x", 2, 1, "x"),
    ] as [(String, Int64, Int64, Cell)] {
      #expect(try apply("substring", .string, [text], [position, length]) == expected, "\(text)")
    }
    #expect(try apply("substring", .string, ["abcd"], [3]) == "cd")
    #expect(try apply("substring", .string, ["abcd"], [.max, .max]) == "")
    #expect(try apply("substring", .string, ["abcd"], [.min, .max]) == "")
    #expect(try apply("left", .string, ["ñandú"], [2]) == "ña")
    #expect(try apply("left", .string, ["abc"], [-1]) == "")
    #expect(try apply("right", .string, ["ñandú"], [2]) == "dú")
    #expect(try apply("right", .string, ["abc"], [.max]) == "abc")
    #expect(try apply("split_index", .string, ["a/b/c", "/"], [1]) == "b")
    #expect(try apply("split_index", .string, ["a/b/c", "/"], [3]) == nil)
    #expect(try apply("split_index", .string, ["a/b/c", "/"], [-1]) == nil)
    #expect(try apply("split_index", .string, ["a//c", "//"], [1]) == "c")
    #expect(try apply("concat", .string, ["a", "b"]) == "ab")
    #expect(try apply("concat", .string, ["a", nil]) == nil)
    #expect(try apply("concat_ws", .string, ["-", nil]) == "")
    #expect(try apply("concat_ws", .string, ["-", "a"], constants: [literal("b")]) == "a-b")
    #expect(try apply("concat_ws", .string, [nil, "a"]) == nil)
  }

  @Test("Case follows Unicode's simple mappings")
  func cases() throws {
    for (text, lower, upper, capital) in [
      ("AbC", "abc", "ABC", "Abc"),
      ("hello WORLD 3d", "hello world 3d", "HELLO WORLD 3D", "Hello World 3d"),
      ("ÑANDÚ straße", "ñandú straße", "ÑANDÚ STRAßE", "Ñandú Straße"), ("", "", "", ""),
      ("a-b_c", "a-b_c", "A-B_C", "A-B_C"), ("Ωmega", "ωmega", "ΩMEGA", "Ωmega"),
    ] as [(String, Cell, Cell, Cell)] {
      #expect(try apply("lower", .string, [text]) == lower)
      #expect(try apply("upper", .string, [text]) == upper)
      #expect(try apply("initcap", .string, [text]) == capital)
    }
  }

  @Test("Text is trimmed, padded, repeated, turned and replaced")
  func shapes() throws {
    #expect(try apply("trim", .string, ["  a b "]) == "a b")
    #expect(try apply("ltrim", .string, ["  a "]) == "a ")
    #expect(try apply("rtrim", .string, ["  a "]) == "  a")
    #expect(try apply("trim", .string, ["ñxañ", "ñx"]) == "a")
    #expect(try apply("trim", .string, ["xx", "x"]) == "")
    #expect(try apply("lpad", .string, ["7"], [3], constants: [literal("0")]) == "007")
    #expect(try apply("rpad", .string, ["7"], [4], constants: [literal("añ")]) == "7aña")
    #expect(try apply("lpad", .string, ["ñandú"], [2], constants: [literal("0")]) == "ña")
    #expect(try apply("lpad", .string, ["7"], [-1], constants: [literal("0")]) == nil)
    #expect(try apply("lpad", .string, ["7"], [3], constants: [literal("")]) == nil)
    #expect(try apply("repeat", .string, ["ab"], [2]) == "abab")
    #expect(try apply("repeat", .string, ["ab"], [0]) == "")
    #expect(try apply("reverse", .string, ["añ😀"]) == "😀ña")
    #expect(try apply("replace", .string, ["abcb", "b"], constants: [literal("xy")]) == "axycxy")
    #expect(try apply("replace", .string, ["abc", ""], constants: [literal("x")]) == "abc")
  }

  @Test("Text that would grow without measure fails its row")
  func bounds() throws {
    #expect(throws: RowFailure(row: 0, reason: .textTooLong(operation: "repeat"))) {
      try apply("repeat", .string, ["ab"], [.max])
    }
    #expect(throws: RowFailure(row: 0, reason: .textTooLong(operation: "lpad"))) {
      try apply("lpad", .string, ["ab"], [.max], constants: [literal("x")])
    }
  }

  @Test("Searches find what is there")
  func searches() throws {
    #expect(try apply("char_length", .int, ["ñandú😀"]) == 6)
    #expect(try apply("position", .int, ["ú", "ñandú"]) == 5)
    #expect(try apply("position", .int, ["x", "ñandú"]) == 0)
    #expect(try apply("position", .int, ["", "abc"]) == 1)
    for (text, needle, starts, ends, contains) in [
      ("abc", "ab", true, false, true), ("abc", "bc", false, true, true),
      ("abc", "", true, true, true), ("ab", "abc", false, false, false),
      ("aab", "ab", false, true, true), ("abc", "x", false, false, false),
    ] {
      #expect(try apply("starts_with", .bool, [text, needle]) == .bool(starts))
      #expect(try apply("ends_with", .bool, [text, needle]) == .bool(ends))
      #expect(try apply("contains", .bool, [text, needle]) == .bool(contains))
    }
  }

  @Test("like agrees with a matcher that tries everything")
  func like() throws {
    func naive(_ text: ArraySlice<Character>, _ pattern: ArraySlice<Character>) -> Bool {
      guard let first = pattern.first else { return text.isEmpty }
      switch first {
      case "%":
        return naive(text, pattern.dropFirst()) || !text.isEmpty && naive(text.dropFirst(), pattern)
      case "_": return !text.isEmpty && naive(text.dropFirst(), pattern.dropFirst())
      default: return text.first == first && naive(text.dropFirst(), pattern.dropFirst())
      }
    }
    var random = SeededRandom(state: 5)
    let letters = Array("aañ")
    let signs = Array("aañ%%_")
    for _ in 0..<600 {
      let text = (0..<Int.random(in: 0...7, using: &random)).map { _ in
        letters.randomElement(using: &random)!
      }
      let pattern = (0..<Int.random(in: 0...5, using: &random)).map { _ in
        signs.randomElement(using: &random)!
      }
      #expect(
        try apply("like", .bool, [String(text)], constants: [literal(String(pattern))])
          == .bool(naive(text[...], pattern[...])), "\(String(text)) like \(String(pattern))")
    }
    #expect(try apply("like", .bool, ["50%"], constants: [literal("50\\%")]) == true)
    #expect(try apply("like", .bool, ["50x"], constants: [literal("50\\%")]) == false)
    #expect(try apply("like", .bool, ["a\\b"], constants: [literal("a\\b")]) == true)
  }

  @Test("Regular expressions search, extract and replace")
  func regular() throws {
    #expect(try apply("matches", .bool, ["apple"], constants: [literal("p+l")]) == true)
    #expect(try apply("matches", .bool, ["apple"], constants: [literal("^p")]) == false)
    #expect(try apply("matches", .bool, [""], constants: [literal("^$")]) == true)
    #expect(try apply("regexp_extract", .string, ["a12b"], constants: [literal("[0-9]+")]) == "12")
    #expect(
      try apply(
        "regexp_extract", .string, ["a12b"], constants: [literal("([a-z])([0-9])"), literal(2)])
        == "1")
    #expect(try apply("regexp_extract", .string, ["ab"], constants: [literal("[0-9]")]) == nil)
    let groups = [literal("(b)|(a)"), literal(1)]
    #expect(try apply("regexp_extract", .string, ["a"], constants: groups) == nil)
    for (text, pattern, by, expected) in [
      ("a12", "[0-9]", "x", "axx"), ("abc", "(.)", "<$1>", "<a><b><c>"), ("ñú", "x*", "-", "-ñ-ú-"),
      ("aaa", "^a", "b", "baa"), ("abc", "b", "\\$1", "a$1c"), ("", "^", "x", "x"),
    ] as [(String, String, String, Cell)] {
      #expect(
        try apply("regexp_replace", .string, [text], constants: [literal(pattern), literal(by)])
          == expected, "\(text)")
    }
  }

  @Test("A pattern that explodes fails its row, a broken one is refused before the first row")
  func patternLimits() throws {
    let text = String(repeating: "a", count: 5000) + "b"
    #expect(throws: RowFailure.self) {
      try apply("matches", .bool, [text], constants: [literal("(a+)+$")])
    }
    #expect(throws: BindingError.self) {
      try apply("matches", .bool, ["a"], constants: [literal("(a")])
    }
    #expect(throws: BindingError.self) {
      try apply("regexp_extract", .string, ["a"], constants: [literal("a"), literal(1)])
    }
  }

  @Test("Digests are the standards' own examples")
  func digests() throws {
    #expect(try apply("md5", .string, [""]) == "d41d8cd98f00b204e9800998ecf8427e")
    #expect(
      try apply("md5", .string, [String(repeating: "1234567890", count: 8)])
        == "57edf4a22be3c955ac49da2e2107b67a")
    #expect(
      try apply("sha256", .string, ["abc"])
        == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    #expect(
      try apply("sha256", .string, ["abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"])
        == "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1")
  }

  @Test("JSON is read by path, escapes and all")
  func json() throws {
    let document = #"{"a": {"b": [1, "x\nñ\ud83d\ude00", null, {}]}, "odd name": 2.50, "a ": true}"#
    for (path, value, query, exists) in [
      ("$.a.b[0]", "1", nil, true), ("$.a.b[1]", "x\nñ😀", nil, true), ("$.a.b[2]", nil, nil, true),
      ("$.a.b[3]", nil, "{}", true), ("$.a.b[4]", nil, nil, false),
      ("$[\"odd name\"]", "2.50", nil, true),
      ("$.a.b", nil, #"[1, "x\nñ\ud83d\ude00", null, {}]"#, true), ("$['a ']", "true", nil, true),
      ("$.c", nil, nil, false), ("$.a.b.c", nil, nil, false),
      ("lax $.\"odd name\"", "2.50", nil, true),
    ] as [(String, Cell, Cell, Bool)] {
      #expect(
        try apply("json_value", .string, [document], constants: [literal(path)]) == value, "\(path)"
      )
      #expect(
        try apply("json_query", .json, [document], constants: [literal(path)]) == query, "\(path)")
      #expect(
        try apply("json_exists", .bool, [document], constants: [literal(path)]) == .bool(exists))
    }
    #expect(
      try apply("json_value", .string, [#"{"a":1,"a":2}"#], constants: [literal("$.a")]) == "2")
    #expect(try apply("json_value", .string, [#"{"a":1"#], constants: [literal("$.a")]) == nil)
    for path in ["a", "$.", "$[", "$[x]", "$.a b", "$[1", "$['a]"] {
      #expect(throws: BindingError.self, "\(path)") {
        try apply("json_value", .string, ["{}"], constants: [literal(path)])
      }
    }
  }

  @Test("is_json knows JSON from what only looks like it")
  func isJSON() throws {
    let good = ["[1]", "{}", " null ", "-0.5e+10", "\"\\u00e9\"", "[[],{\"a\":[1,2]}]", "true"]
    let bad = [
      "", "[1,]", "{a:1}", "01", "1.", "\"\t\"", "\"\\x\"", "nul", "[1] 2", "{\"a\"}", "-", "\"a",
      "+1",
    ]
    for text in good { #expect(try apply("is_json", .bool, [text]) == true, "\(text)") }
    for text in bad { #expect(try apply("is_json", .bool, [text]) == false, "\(text)") }
    #expect(try apply("is_json", .bool, [nil]) == false)
    let deep = String(repeating: "[", count: 100_000)
    #expect(try apply("is_json", .bool, [deep]) == false)
  }

  @Test("URLs come apart as Java takes them apart")
  func urls() throws {
    let url = "https://me:pw@shop.example:8080/a/b.html?x=1&y=2#top"
    for (part, expected) in [
      ("HOST", "shop.example"), ("PATH", "/a/b.html"), ("QUERY", "x=1&y=2"), ("REF", "top"),
      ("PROTOCOL", "https"), ("AUTHORITY", "me:pw@shop.example:8080"),
      ("FILE", "/a/b.html?x=1&y=2"), ("USERINFO", "me:pw"),
    ] as [(String, Cell)] {
      #expect(try apply("parse_url", .string, [url], constants: [literal(part)]) == expected)
    }
    let query = literal("QUERY")
    #expect(try apply("parse_url", .string, [url], constants: [query, literal("y")]) == "2")
    #expect(try apply("parse_url", .string, [url], constants: [query, literal("z")]) == nil)
    #expect(try apply("parse_url", .string, ["http://a"], constants: [literal("QUERY")]) == nil)
    #expect(try apply("parse_url", .string, ["http://a"], constants: [literal("PATH")]) == "")
    #expect(
      try apply("parse_url", .string, ["http://[::1]:80/"], constants: [literal("HOST")]) == "[::1]"
    )
    #expect(try apply("parse_url", .string, ["no url"], constants: [literal("HOST")]) == nil)
  }
}

/// SplitMix64, so that a failing run repeats.
struct SeededRandom: RandomNumberGenerator {
  var state: UInt64
  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}
