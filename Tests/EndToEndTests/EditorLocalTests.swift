import Foundation
import Testing

/// Names that only a part of a definition knows: found from each of their places, and changed at
/// all of them. `§` marks the places, `¤` other words that look like them.
struct EditorLocalTests {
  private static let head = """
    param least: int = 1
    type Event { id: string, n: int, items: list<int>, at: timestamp }
    source src: Event from file { path: "in", event_time: at, on_error: skip }

    """

  private static let uri = "file:///tmp/no-such/locals.raudal"

  private func session(_ text: String) throws -> EditorClient {
    let client = try EditorClient()
    _ = try client.ask("initialize", ["capabilities": [:]])
    try client.notify("initialized", [:])
    try client.notify(
      "textDocument/didOpen",
      ["textDocument": ["uri": Self.uri, "languageId": "raudal", "version": 1, "text": text]])
    return client
  }

  /// The text without its marks, and where each stood.
  private func unmarked(_ marked: String) -> (text: String, places: [EditorClient.Message]) {
    var places: [EditorClient.Message] = []
    var (line, column, text) = (0, 0, "")
    for character in marked {
      if character == "§" {
        places.append(["line": line, "character": column])
        continue
      }
      (line, column) = character == "\n" ? (line + 1, 0) : (line, column + character.utf16.count)
      text.append(character)
    }
    return (text, places)
  }

  private func starts(_ locations: Any?) -> [[Int]] {
    (locations as? [EditorClient.Message] ?? []).compactMap { location in
      let range = location["range"] as? EditorClient.Message
      let start = range?["start"] as? EditorClient.Message
      guard let line = start?["line"] as? Int, let column = start?["character"] as? Int else {
        return nil
      }
      return [line, column]
    }.sorted { ($0[0], $0[1]) < ($1[0], $1[1]) }
  }

  @Test(arguments: [
    "function f(§x: int, y: int): int = §x * y + §x\nstream o = src | map { n = f(n, 2) }",
    "function f(x: list<int>, §y: int): bool = x.any(x => x > §y)\n"
      + "stream o = src | where f(items, n)",
    "function f(§x: list<int>, y: int): bool = §x.any(x => x > y)\n"
      + "stream o = src | where f(items, n)",
    "stream o = src | where items.any(§i => §i > n and items.all(j => j > §i))",
    "stream o = src | where items.any(i => i > n and items.all(§i => §i > 1))",
    "stream o = src | map { id, t = \"\\(items.map(§i => §i * 2))\" }",
    "stream o = src | with { §a = n } | where §a > 1 | map { id, b = §a, §a }",
    "stream o = src | with { §a = n } | where §a > 1\n"
      + "  | with { a = §a + 1 } on_error skip | map { id, a }",
    "stream o = src | with { a = n } | with { §a = a - 1 } on_error skip | map { id, §a }\n"
      + "  | where §a > 1",
    "stream o = src | rename n as §a | where §a > 1 | rename §a as b",
    "stream o = src | window tumbling 1m by id { §a = count() }\n"
      + "  | top 3 by §a desc per window_start as r | drop §a",
    "stream p = src | with { §a = n }\nstream o = p | where §a > 1 | map { id, §a }",
    "stream o = src | window tumbling 1m by id { §c = count() } | where §c > 1\n"
      + "test \"t\" { given src [ { id: \"a\", n: 1, items: [], at: \"2026-01-01T00:00:00Z\" } ] "
      + "expect o [ { id: \"a\", §c: 1 } ] }",
    "stream p = src | with { §a = n }\nstream o = src | left join p as v on id within 1h\n"
      + "  | where v.§a > 1\ntest \"t\" { expect o [ { v.§a: 1 }, { §a: 2 } ] }",
    "stream o = src | fold by id { §s: int = 0 } { §s = §s + n } on_error skip | where §s > 1",
    "stream o = src | window tumbling 1m by §k = id { c = count() } | where §k == \"a\"",
  ])
  func `A name is found from each of its places and changed at all`(_ marked: String) throws {
    let (text, places) = unmarked(Self.head + marked + "\nsink o to print\n")
    let client = try session(text)
    let wanted = starts(places.map { ["range": ["start": $0]] })
    for place in places {
      let asked: EditorClient.Message = [
        "textDocument": ["uri": Self.uri], "position": place, "newName": "fresh",
        "context": ["includeDeclaration": true],
      ]
      let found = try client.ask("textDocument/references", asked)["result"]
      #expect(starts(found) == wanted, "\(marked)")
      let prepared = try client.ask("textDocument/prepareRename", asked)["result"]
      #expect(prepared is EditorClient.Message, "\(marked)")
      let answer = try client.ask("textDocument/rename", asked)
      let result = answer["result"] as? EditorClient.Message
      let changes = (result?["changes"] as? EditorClient.Message)?[Self.uri]
      #expect(starts(changes) == wanted, "\(marked): \(answer)")
    }
    #expect(try client.end() == 0)
  }

  @Test(arguments: [
    ("function f(§x: int, y: int): int = x * y\nstream o = src | map { n = f(n, 2) }", "y"),
    ("function f(§x: int): int = x * least\nstream o = src | map { n = f(n) }", "least"),
    (
      "function f(§x: int, l: list<int>): bool = l.any(i => i > x)\n"
        + "stream o = src | where f(n, items)", "i"
    ),
    ("stream o = src | where items.any(§i => i > n)", "n"),
    ("stream o = src | where items.any(§i => i > least)", "least"),
    ("stream o = src | with { §a = n } | where a > 1", "id"),
    ("stream o = src | with { §n = n - 1 } on_error skip | where n > 1", "a"),
    ("stream o = src | with { §a = n } | where a > 1 | with { b = least } | where b > a", "least"),
    (
      "stream q = src | with { §a = n }\nstream r = src | with { a = n }\n"
        + "stream o = q | union r", "b"
    ),
    ("stream o = src | map { id, §a = n, b = 1 }", "b"),
    (
      "type R { id: string, a: int }\nstream p = src | map { id, §a = n }\n"
        + "stream o = p | map { id, a }\nsink q: R = p to print", "b"
    ),
    ("stream o = src | where §n > 1", "m"),
  ])
  func `A name that would mean something else is refused`(_ marked: String, _ name: String) throws {
    let (text, places) = unmarked(Self.head + marked + "\nsink o to print\n")
    let client = try session(text)
    let answer = try client.ask(
      "textDocument/rename",
      [
        "textDocument": ["uri": Self.uri], "position": places[0], "newName": name,
      ])
    let error = answer["error"] as? EditorClient.Message
    let message = error?["message"] as? String ?? ""
    #expect(message.contains("`\(name)`") || message.contains("`\(name):"), "\(answer)")
    #expect(try client.end() == 0)
  }
}
