import Foundation
import Testing

/// What an editor is offered at a place, written `§`, and which names it may not change.
struct EditorCompletionTests {
  private static let head = """
    param least: int = 1
    type Address { street: string, city: string? }
    type Item { sku: string, price: int }
    type Event { id: string, addr: Address, items: list<Item>, n: int, at: timestamp }
    source src: Event from file { path: "in", event_time: at, on_error: skip }
    function up(x: string): string = upper(x)
    stream late_too = src | window tumbling 1m by id { c = count() } as w
    sink late_too to print
    sink late_too.late to print

    """

  private func session() throws -> EditorClient {
    let client = try EditorClient()
    _ = try client.ask("initialize", ["capabilities": [:]])
    try client.notify("initialized", [:])
    return client
  }

  /// What is offered at the `§` of a text.
  private func offers(_ client: EditorClient, _ marked: String) throws -> Set<String> {
    Set(try items(client, marked).compactMap { $0["label"] as? String })
  }

  private func items(
    _ client: EditorClient, _ marked: String
  ) throws -> [EditorClient.Message] {
    let uri = "file:///tmp/no-such/\(UUID().uuidString).raudal"
    let before = Self.head + marked.components(separatedBy: "§")[0]
    let lines = before.components(separatedBy: "\n")
    let text = (Self.head + marked).replacingOccurrences(of: "§", with: "")
    try client.notify(
      "textDocument/didOpen",
      ["textDocument": ["uri": uri, "languageId": "raudal", "version": 1, "text": text]])
    let place = ["line": lines.count - 1, "character": lines[lines.count - 1].utf16.count]
    let answer = try client.ask(
      "textDocument/completion", ["textDocument": ["uri": uri], "position": place])
    return answer["result"] as? [EditorClient.Message] ?? []
  }

  @Test(arguments: [
    ("stream o = src | where §\nsink o to print", "n", "stream"),
    ("stream o = src\n  | where n == §\nsink o to print", "n", "stream"),
    ("stream o = src\n  | where n > 1 and\n    §\nsink o to print", "n", "stream"),
    ("stream o = §\nsink o to print", "src", "stream"),
    ("stream o = src\n  | window §\nsink o to print", "tumbling", "stream"),
    ("stream o = src\n  | map {\n    x = n\n    §\n  }\nsink o to print", "addr", "stream"),
    ("test \"t\" {\n  §\n}\nsink src to print", "given", "stream"),
    ("stream o = src\n§\nsink o to print", "sink", "n"),
    ("stream o = src | where n > 1\n§", "stream", "n"),
  ])
  func `The next line says nothing about what may stand at the end of one`(
    _ text: String, _ wanted: String, _ unwanted: String
  ) throws {
    let client = try session()
    let found = try offers(client, text)
    #expect(found.contains(wanted) && !found.contains(unwanted), "\(found.sorted())")
    #expect(try client.end() == 0)
  }

  @Test(arguments: [
    ("stream o = src | window tumbling 1m by § { c = count() }\nsink o to print", "id", "median"),
    ("stream o = src | aggregate by id, § { c = count() }\nsink o to print", "n", "median"),
    ("stream o = src | window tumbling 1m by id { c = § }\nsink o to print", "median", "hopping"),
  ])
  func `Aggregates are offered in the block of their stage`(
    _ text: String, _ wanted: String, _ unwanted: String
  ) throws {
    let client = try session()
    let found = try offers(client, text)
    #expect(found.contains(wanted) && !found.contains(unwanted), "\(found.sorted())")
    #expect(try client.end() == 0)
  }

  @Test(arguments: [
    ("stream o = src | where addr.§\nsink o to print", "city", "n"),
    ("stream o = src | where items[0].§\nsink o to print", "sku", "n"),
    ("stream o = src | map { p = items.map(i => i.§) }\nsink o to print", "price", "n"),
    ("stream o = src | map { p = items.§ }\nsink o to print", "filter", "upper"),
    ("stream o = src | map { p = items.§ }\nsink o to print", "array_distinct", "n"),
    ("stream o = src | map { p = id.up§ }\nsink o to print", "up", "filter"),
    ("stream o = src | map { p = id.§ }\nsink o to print", "upper", "array_distinct"),
    ("stream o = src | map { p = (n + 1).§ }\nsink o to print", "abs", "upper"),
    ("stream o = src | map { p = utm(id).§ }\nsink o to print", "source", "n"),
    ("stream o = src | where n > param.§\nsink o to print", "least", "n"),
    ("stream o = late_too.§\nsink o to print", "late", "errors"),
    ("sink late_too.§ to print", "w", "errors"),
    ("sink late_too.w.§ to print", "late", "w"),
    ("test \"t\" { expect late_too.§ [] }", "late", "given"),
    ("stream o = src | join src as r on id == r.§ within 1h\nsink o to print", "addr", "upper"),
    ("stream o = src | join late_too as w on id within 1h | map { w.§ }", "c", "addr"),
    (
      "stream p = src | join late_too as w on id within 1h\nstream o = p | where w.§\nsink o to print",
      "c", "n"
    ),
  ])
  func `Behind a dot stands what its value has`(
    _ text: String, _ wanted: String, _ unwanted: String
  ) throws {
    let client = try session()
    let found = try offers(client, text)
    #expect(found.contains(wanted) && !found.contains(unwanted), "\(found.sorted())")
    #expect(try client.end() == 0)
  }

  @Test(arguments: [
    ("test \"t\" { given src [ { § } ] }", "addr", "given"),
    ("test \"t\" { given src [ { id: \"a\", § } ] }", "n", "id"),
    ("test \"t\" { given src [ { addr: { § } } ] }", "city", "n"),
    ("test \"t\" {\n  given src [\n    {\n      §\n    }\n  ]\n}", "n", "given"),
    ("test \"t\" { expect late_too contains [ { § } ] }", "window_start", "n"),
    ("test \"t\" { expect late_too.late [ { § } ] }", "n", "window_start"),
    (
      "stream p = src | join src as r on id within 1h\nsink p to print\n"
        + "test \"t\" { expect p [ { r.addr: null, § } ] }", "r.n", "r.addr"
    ),
    (
      "stream p = src | join src as r on id within 1h\nsink p to print\n"
        + "test \"t\" { expect p [ { r.§ } ] }", "addr", "r.addr"
    ),
    ("test \"t\" { § }", "given", "stream"),
    ("test \"t\" { then § }", "crash and restore", "given"),
    ("settings { § }", "on_error", "every"),
    ("settings {\n  §\n}\n", "kafka", "stream"),
    ("settings { on_error: § }", "skip", "kafka"),
    ("settings { kafka: { § } }", "brokers", "kafka"),
    ("checkpoint { § }", "every", "kafka"),
    ("source other: Event from file { format: §", "csv", "Event"),
    ("source other: Event from file { path: \"x\", §", "format", "path"),
    (
      "source other: Event from file { path: \"x\", on_error: dead_letter to file { § } }", "path",
      "n"
    ),
  ])
  func `Blocks are offered what they may hold`(
    _ text: String, _ wanted: String, _ unwanted: String
  ) throws {
    let client = try session()
    let found = try offers(client, text)
    #expect(found.contains(wanted) && !found.contains(unwanted), "\(found.sorted())")
    #expect(try client.end() == 0)
  }

  @Test(arguments: [
    ("fold by id { tot: § }", "int", "n"),
    ("fold by id { tot: int = § }", "least", "n"),
    ("fold by id { tot: int = 0 } { tot = § }", "tot", "int"),
    ("fold by id { tot: int = 0 } { § }", "tot", "int"),
    ("funnel by id within 1h §", "strict", "n"),
    ("funnel by id within 1h § { a: n == 1 }", "strict", "n"),
    ("dedupe by id keep § within 1h", "last", "n"),
    ("over by id rows 3 §", "preceding", "n"),
    ("over by id 1h §\n    { c = count() }", "preceding", "n"),
    ("join late_too as w on id == § within 1h", "w.id", "strict"),
    ("execute send as r §", "steered", "required"),
    ("execute send as r steered by bounds on id §", "required", "steered"),
    ("execute send as r steered by bounds on id requ§", "required", "n"),
  ])
  func `Stages are offered what goes on with them`(
    _ stage: String, _ wanted: String, _ unwanted: String
  ) throws {
    let client = try session()
    let found = try offers(client, "stream o = src\n  | \(stage)\nsink o to print")
    #expect(found.contains(wanted) && !found.contains(unwanted), "\(found.sorted())")
    #expect(try client.end() == 0)
  }

  @Test(arguments: ["§", "§tot: int = 0", "to§t: int = 0", "a: int = 1, § tot: int = 0"])
  func `The name of a state is new`(_ block: String) throws {
    let client = try session()
    let text = "stream o = src | fold by id { \(block) } { tot = tot + 1 }\nsink o to print"
    #expect(try offers(client, text).isEmpty)
    #expect(try client.end() == 0)
  }

  @Test(arguments: [("w", "w.id"), ("`so so`", "`so so`.id")])
  func `A column of a side is written as two names`(_ side: String, _ wanted: String) throws {
    let client = try session()
    let text = "stream o = src | join late_too as \(side) on id == § within 1h\nsink o to print"
    let found = try items(client, text).compactMap { $0["insertText"] as? String }
    #expect(found.contains(wanted), "\(found)")
    #expect(try client.end() == 0)
  }

  private static let match = """
    stream o = src
      | match by id within 1h {
          sequence: low+, §1, not gone
          skip: §2
          low = n < least and §3
          high = n > 5
          gone = n == 0
          emit { id, a = §4, b = low.§5, c = last(high.§6) }
        }
    sink o to print
    """

  @Test(arguments: [
    ("§1", "high", "n"), ("§1", "not", "count"), ("§2", "to_next", "high"),
    ("§3", "n", "past_last"), ("§3", "least", "tumbling"), ("§3", "high", "match_start"),
    ("§3", "prev", "tumbling"),
    ("§4", "high", "tumbling"), ("§4", "count", "past_last"),
    ("§4", "match_start", "tumbling"), ("§5", "at", "high"), ("§6", "event_time", "high"),
  ])
  func `A match is offered its names where they may stand`(
    _ place: String, _ wanted: String, _ unwanted: String
  ) throws {
    var text = Self.match.replacingOccurrences(of: place, with: "§")
    for other in ["high", "past_last", "n > 1", "count(low)", "n", "n"].enumerated() {
      text = text.replacingOccurrences(of: "§\(other.offset + 1)", with: other.element)
    }
    let client = try session()
    let found = try offers(client, text)
    #expect(found.contains(wanted) && !found.contains(unwanted), "\(place): \(found.sorted())")
    #expect(try client.end() == 0)
  }

  @Test func `A name of a match is explained, found and followed`() throws {
    let client = try session()
    let uri = "file:///tmp/no-such/match.raudal"
    var text = Self.head + Self.match
    for other in ["high", "to_last low", "n > 1", "count(low)", "n", "n"].enumerated() {
      text = text.replacingOccurrences(of: "§\(other.offset + 1)", with: other.element)
    }
    try client.notify(
      "textDocument/didOpen",
      ["textDocument": ["uri": uri, "languageId": "raudal", "version": 1, "text": text]])
    let lines = text.components(separatedBy: "\n")
    func ask(_ what: String, _ line: String, _ word: String) throws -> Any? {
      let number = try #require(lines.firstIndex { $0.contains(line) })
      let column = try #require(lines[number].range(of: word))
      let character = lines[number].distance(
        from: lines[number].startIndex, to: column.lowerBound)
      let place = ["line": number, "character": character + 1]
      let asked: EditorClient.Message = ["textDocument": ["uri": uri], "position": place]
      return try client.ask("textDocument/\(what)", asked)["result"]
    }
    let hover = "\(try ask("hover", "emit {", "low.") ?? "")"
    #expect(hover.contains("low = n < least and n > 1"))
    let definition = "\(try ask("definition", "skip:", "low") ?? "")"
    let line = try #require(lines.firstIndex { $0.contains("low = n < least") })
    #expect(definition.contains("line = \(line)") || definition.contains("\"line\": \(line)"))
    let places = try #require(try ask("references", "sequence:", "low") as? [Any])
    #expect(places.count == 5)
    #expect(try client.end() == 0)
  }

  @Test func `Within comments, texts and numbers nothing is offered`() throws {
    let client = try session()
    for text in ["// a §", "param x: string = \"a §\"", "param x: int = 12§"] {
      #expect(try offers(client, text).isEmpty)
    }
    #expect(try client.end() == 0)
  }

  @Test func `A param gets no name that a column hides`() throws {
    let text = """
      type S { x: int, items: list<int> }
      param size: int = 10
      source s: S from file { path: "in" }
      function f(y: int): int = y + size
      stream o = s | where x > size and items.any(i => i > size) and f(x) > param.size
      sink o to print

      """
    let uri = "file:///tmp/no-such/rename.raudal"
    let client = try session()
    try client.notify(
      "textDocument/didOpen",
      ["textDocument": ["uri": uri, "languageId": "raudal", "version": 1, "text": text]])
    func answer(_ name: String) throws -> EditorClient.Message {
      try client.ask(
        "textDocument/rename",
        [
          "textDocument": ["uri": uri], "position": ["line": 1, "character": 7],
          "newName": name,
        ])
    }
    for (name, line) in [("x", 5), ("i", 5), ("y", 4)] {
      let error = try answer(name)["error"] as? EditorClient.Message
      let message = error?["message"] as? String ?? ""
      #expect(message.contains("`\(name)`") && message.contains("line \(line)"), "\(message)")
    }
    let result = try answer("largest")["result"] as? EditorClient.Message
    let edits = (result?["changes"] as? EditorClient.Message)?[uri] as? [EditorClient.Message]
    #expect(edits?.count == 5)
    #expect(try client.end() == 0)
  }
}
