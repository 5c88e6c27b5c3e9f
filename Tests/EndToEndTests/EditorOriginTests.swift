import Foundation
import Testing

/// Where an editor is led from a column: from `§` to what stands behind `¤`.
struct EditorOriginTests {
  @Test(arguments: [
    "| fold by id { tot: int = 0 } { tot = tot + n, ¤out = tot } | where §out > 1",
    "| fold by id { ¤tot: int = 0 } { tot = §tot + n }",
    "| fold by id { tot: int = 0 } { ¤tot = tot + n } | where §tot > 1",
    "| window count 5 { c = count() } | top 3 by c per window_start as ¤rank | where §rank > 1",
    "| over by id rows 3 preceding { ¤c = sum(n) } | where §c > 1",
    "| funnel by id within 1h { ¤view: n == 1, buy: n == 2 } | where §view_at is not null",
    "| flatten items as ¤item | where §item > 1",
    "| join other as o on id within 1h | where §m > 1",
    "| join other as o on id within 1h | where o.§m > 1",
    "| join other as o on id == o.id and o.§m > 1 within 1h",
    "| join other as o on id within 1h | where o.§at > at",
    "| join doubled as o on id within 1h | where §double > 1",
  ])
  func `A column leads to the stage or type that it comes from`(_ stages: String) throws {
    var other = "type Other { id: string, m: int, at: timestamp }"
    var doubled = "stream doubled = other | with { double = m * 2 }"
    if !stages.contains("¤") {
      if stages.contains("§double") {
        doubled = doubled.replacingOccurrences(of: "double =", with: "¤double =")
      } else {
        let name = stages.contains("§m") ? "m:" : "at:"
        other = other.replacingOccurrences(of: name, with: "¤\(name)")
      }
    }
    let marked = """
      type Event { id: string, n: int, items: list<int>, at: timestamp }
      \(other)
      source src: Event from file { path: "in", event_time: at, on_error: skip }
      source other: Other from file { path: "other", event_time: at, on_error: skip }
      \(doubled)
      stream o = src \(stages)
      sink o to print
      """
    let client = try EditorClient()
    _ = try client.ask("initialize", ["capabilities": [:]])
    try client.notify("initialized", [:])
    let uri = "file:///tmp/no-such/origins.raudal"
    let text = marked.filter { $0 != "§" && $0 != "¤" }
    try client.notify(
      "textDocument/didOpen",
      ["textDocument": ["uri": uri, "languageId": "raudal", "version": 1, "text": text]])
    let (line, column) = Self.place(of: "§", in: marked)
    let answer = try client.ask(
      "textDocument/definition",
      ["textDocument": ["uri": uri], "position": ["line": line, "character": column + 1]])
    let result = answer["result"] as? EditorClient.Message
    let range = result?["range"] as? EditorClient.Message
    let start = range?["start"] as? EditorClient.Message
    let wanted = Self.place(of: "¤", in: marked)
    #expect(start?["line"] as? Int == wanted.line, "\(answer)")
    #expect(start?["character"] as? Int == wanted.column, "\(answer)")
    #expect(try client.end() == 0)
  }

  /// Where the mark would stand in a text without marks.
  private static func place(of mark: Character, in text: String) -> (line: Int, column: Int) {
    let before = text.prefix { $0 != mark }.split(separator: "\n", omittingEmptySubsequences: false)
    let line = before.last?.filter { $0 != "§" && $0 != "¤" } ?? ""
    return (before.count - 1, line.utf16.count)
  }
}
