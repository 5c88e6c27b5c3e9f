import Foundation
import TestKit
import Testing

/// Whatever a file holds, `check` says something about it within a second, from start to exit.
@Suite(.serialized) struct HostileDefinitionTests {
  private static let head = """
    pipeline p
    type E { id: int, name: string, at: timestamp }
    source e: E from memory { event_time: at, on_error: skip }

    """

  /// Nearly as large as a file may be.
  private static let bytes = 1_048_576 - 256

  static let names = [
    "random bytes", "random words", "10 MB", "nothing but nulls", "parentheses", "brackets",
    "braces", "quotes", "interpolations", "ifs", "pipes", "streams forward", "streams in order",
    "stages", "conditions", "functions forward", "functions in order", "unknown names",
    "unknown types", "sinks", "unions", "columns", "or", "tests", "params", "imports", "windows",
    "records in records", "types twice in types", "types in types", "values twice in values",
    "unknown params", "unknown streams", "wide conditions", "wide columns", "wide names",
    "wide samples", "wide streams", "wide joins", "joins", "join keys", "join conditions",
    "joins of windows", "unions of unions", "fold keys", "fold states", "fold columns", "folds",
    "funnels", "funnel steps", "overs", "over columns", "window columns", "tops",
  ]

  private static func repeated(_ piece: String) -> Data {
    Data(String(repeating: piece, count: bytes / piece.utf8.count).utf8)
  }

  private static func filled(
    _ first: String = "", _ last: String = "", _ line: (Int) -> String
  ) -> Data {
    var text = head + first
    var number = 0
    while text.utf8.count < bytes {
      text += line(number)
      number += 1
    }
    return Data((text + last).utf8)
  }

  private static func random(_ words: [String]) -> Data {
    var random = SeededRandom(seed: 11)
    var text = head
    while text.utf8.count < bytes {
      text += words[Int(random.next() % UInt64(words.count))]
      text += random.next() % 9 == 0 ? "\n" : " "
    }
    return Data(text.utf8)
  }

  private static func nesting(_ name: String) -> Data? {
    switch name {
    case "random bytes":
      var random = SeededRandom(seed: 7)
      return Data((0..<bytes).map { _ in UInt8(truncatingIfNeeded: random.next()) })
    case "random words":
      return random([
        "stream", "sink", "|", "where", "map", "{", "}", "(", ")", "=", ":", ",", "id", "e", "to",
        "window", "tumbling", "1m", "by", "\"x\"", "import", "function", "case", "=>", "1", "%",
      ])
    case "10 MB": return Data(repeating: 0x78, count: 10_000_000)
    case "nothing but nulls": return Data(repeating: 0, count: bytes)
    case "parentheses": return Data("param p: int = ".utf8) + repeated("(")
    case "brackets": return Data("param p: int = ".utf8) + repeated("[")
    case "braces": return repeated("{")
    case "quotes": return repeated("\"")
    case "interpolations": return Data("param p: string = ".utf8) + repeated("\"\\(")
    case "ifs": return Data("param p: int = ".utf8) + repeated("if ")
    case "pipes": return Data("stream s = e ".utf8) + repeated("| ")
    default: return nil
    }
  }

  private static func declarations(_ name: String) -> Data? {
    switch name {
    case "streams forward": filled { "stream s\($0) = s\($0 + 1) | where id > 1\n" }
    case "streams in order":
      filled("stream s0 = e | where id > 0\n") { "stream s\($0 + 1) = s\($0) | where id > 1\n" }
    case "stages": filled("stream s = e\n") { "  | with { c\($0 % 50) = id + \($0) }\n" }
    case "conditions": filled("stream s = e\n", "sink s to print\n") { "  | where id > \($0)\n" }
    case "functions forward": filled { "function f\($0)(n: int): int = f\($0 + 1)(n)\n" }
    case "functions in order":
      filled("function f0(n: int): int = n\n") {
        "function f\($0 + 1)(n: int): int = f\($0)(n) + 1\n"
      }
    case "unknown names": filled { "stream s\($0) = e | where nme\($0) > 1\n" }
    case "unknown types": filled { "type T\($0) { a: int, b: strng\($0) }\n" }
    case "sinks": filled { _ in "sink e to print\n" }
    case "unions": filled("", "sink s1 to print\n") { "stream s\($0) = e | union e, e, e\n" }
    case "columns":
      filled("stream s = e | map {\n", "}\nsink s to print\n") { "c\($0) = id + \($0)\n" }
    case "or": filled("stream s = e | where id == 0", "\nsink s to print\n") { " or id == \($0)" }
    case "tests": filled("sink e to print\n") { "test \"\($0)\" {\n given e []\n expect e []\n}\n" }
    case "params": filled("sink e to print\n") { "param p\($0): int = \($0)\n" }
    case "imports": filled { "import \"x\($0).raudal\"\n" }
    case "windows":
      filled("stream s0 = e | map { id, at }\n") {
        "stream s\($0 + 1) = s\($0) | window tumbling 1m by id { n = count() }\n"
      }
    default: types(name)
    }
  }

  private static func types(_ name: String) -> Data? {
    switch name {
    case "records in records":
      filled { number in
        let depth = 190
        let open = String(repeating: "struct { a: ", count: depth)
        return "type T\(number) { a: \(open)int\(String(repeating: " }", count: depth)) }\n"
      }
    case "types twice in types":
      filled("type T0 { a: int }\n") { "type T\($0 + 1) { a: T\($0), b: T\($0) }\n" }
    case "values twice in values":
      filled("stream s = e | map { x = id }\n", "sink s to print\n") { _ in
        "  | map { x = { a: x, b: x } }\n"
      }
    case "types in types": filled { "type T\($0) { a: T\($0 + 1) }\n" }
    case "unknown params": filled { "param p\($0): int = q\($0) + r\($0)\n" }
    case "unknown streams": filled { "stream s\($0) = t\($0)\n" }
    default: stateful(name) ?? wide(name)
    }
  }

  /// Stages that keep something.
  private static func stateful(_ name: String) -> Data? {
    let (end, join) = ("\nsink s to print\n", "stream s = e | join e as n on id == n.id")
    switch name {
    case "joins":
      return filled("", "sink s1 to print\n") {
        "stream s\($0) = e | join e as n on id within 1h\n"
      }
    case "join keys": return filled(join, " within 1h" + end) { " and id + \($0) == n.id" }
    case "join conditions": return filled(join, " within 1h" + end) { " and id + \($0) < n.id" }
    case "joins of windows":
      return filled(
        "stream s0 = e | window tumbling 1m by id { n = count() }\n", "sink s9 to print\n"
      ) {
        "stream s\($0 + 1) = s\($0) | semi join s0 on id within same window\n"
      }
    case "unions of unions":
      let last = "stream j = s4000 | join s0 as o on id within same window\nsink j to print\n"
      return filled("stream s0 = e | window tumbling 1m by id { n = count() }\n", last) {
        "stream s\($0 + 1) = s\($0) | union s\($0)\n"
      }
    case "fold keys":
      return filled("stream s = e | fold by id", " { n: int = 0 } { n = n + 1 }" + end) {
        ", id + \($0)"
      }
    case "fold states":
      return filled("stream s = e | fold by id {\n", "} { n1 = n1 + 1 }" + end) {
        "n\($0): int = 0\n"
      }
    case "fold columns":
      return filled("stream s = e | fold by id { n: int = 0 } {\n", "n = n + 1 }" + end) {
        "c\($0) = n + \($0)\n"
      }
    case "folds":
      return filled("stream s = e\n", end) {
        "  | fold by id { n\($0): int = 0 } { n\($0) = n\($0) + 1 }\n"
      }
    default: return ofFrames(name)
    }
  }

  private static func ofFrames(_ name: String) -> Data? {
    let end = "\nsink s to print\n"
    switch name {
    case "funnels":
      return filled("", "sink s1 to print\n") {
        "stream s\($0) = e | funnel by id within 1h { a: id == 1, b: id == \($0) }\n"
      }
    case "funnel steps":
      return filled("stream s = e | funnel by id within 1h {\n", "}" + end) {
        "a\($0): id == \($0)\n"
      }
    case "overs":
      return filled("stream s = e\n", end) {
        "  | over by id rows 3 preceding { c\($0) = sum(id) }\n"
      }
    case "over columns":
      return filled("stream s = e | over by id 1h preceding {\n", "}" + end) {
        "c\($0) = sum(id + \($0))\n"
      }
    case "window columns":
      return filled("stream s = e | window tumbling 1h by id { c = [0", "].sum() }" + end) {
        ", sum(id + \($0))"
      }
    case "tops":
      return filled("stream s = e | window tumbling 1m by id { n = count() }\n", end) { _ in
        "  | top 5 by n per window_start\n"
      }
    default: return nil
    }
  }

  /// As many columns as a row may have, through as many stages as fit, or as may be.
  private static func wide(_ name: String) -> Data? {
    let columns = (0..<1_990).map { "c\($0): int" }.joined(separator: ", ")
    let start = """
      pipeline p
      type E { \(columns), at: timestamp }
      source e: E from memory { event_time: at, on_error: skip }

      """
    func stages(_ count: Int, _ stage: (Int) -> String) -> Data {
      let all = (0..<count).map { "  | \(stage($0))\n" }.joined()
      return Data("\(start)stream s = e\n\(all)sink s to print\n".utf8)
    }
    switch name {
    case "wide conditions": return stages(3_000) { "where c\($0 % 1_990) > 1" }
    case "wide columns": return stages(120) { "with { c\($0) = c\($0 * 7) + 1 }" }
    case "wide names": return stages(120) { "rename c\($0) as d\($0)" }
    case "wide samples": return stages(120) { _ in "sample 50%" }
    case "wide joins": return stages(120) { "semi join e on c\($0) within 1h" }
    case "wide streams":
      let streams = (1..<120).map { "stream s\($0) = s\($0 - 1) | limit 5\n" }.joined()
      return Data("\(start)stream s0 = e | limit 5\n\(streams)sink s119 to print\n".utf8)
    default: return nil
    }
  }

  @Test(arguments: names)
  func `check answers within a second`(_ name: String) throws {
    let data = try #require(Self.nesting(name) ?? Self.declarations(name))
    let place = try Workplace()
    try place.write("hostile.raudal", data)
    // Of processor time, for the machine has other things to do; and twice the second, for then it
    // goes slower too. What grows with the square of a definition takes minutes.
    let result = try Commands.run(
      URL(fileURLWithPath: "/bin/bash"),
      [
        "-c", "ulimit -t 2; exec \"$0\" check \"$1\"", Commands.raudal.path,
        place.path("hostile.raudal").path,
      ])
    #expect(result.status == 0 || result.status == 1, "\(name): status \(result.status)")
    #expect(result.status == 0 || result.errors.contains("error["), "\(name): \(result.errors)")
  }
}
