import Foundation
import Testing

/// Sessions of an editor with the real server.
struct LanguageServerTests {
  private static let uri = "file:///tmp/no%20such/views.raudal"

  private static let text = """
    /// Views by campaign.
    pipeline views

    param least: int = 1

    type Event {
      /// Who saw it.
      user: string
      campaign: string
      cost: decimal(12, 2)?
      at: timestamp
    }

    source events: Event from file { path: "in.jsonl", format: json, event_time: at, on_error: skip }

    /// What was seen.
    stream seen = events
      | where cost is not null
      | with { double = cost * 2, größe = char_length(user) }
      | where double > least

    stream totals = seen
      | window tumbling 10s by campaign { views = count(), spend = sum(double) }

    sink totals to file { path: "out" }
    sink seen to file { path: "seen" }

    """

  /// A session with the text opened in it.
  private func session(_ text: String = text) throws -> EditorClient {
    let client = try EditorClient()
    let answer = try client.ask("initialize", ["capabilities": [:]])
    let result = try #require(answer["result"] as? EditorClient.Message)
    let capabilities = try #require(result["capabilities"] as? EditorClient.Message)
    #expect(capabilities["hoverProvider"] as? Bool == true)
    try client.notify("initialized", [:])
    try client.notify(
      "textDocument/didOpen",
      ["textDocument": ["uri": Self.uri, "languageId": "raudal", "version": 1, "text": text]])
    return client
  }

  /// The codes of the next published diagnostics.
  private func codes(_ client: EditorClient, version: Int?) throws -> [String] {
    let message = try client.nextNotification()
    #expect(message["method"] as? String == "textDocument/publishDiagnostics")
    let parameters = try #require(message["params"] as? EditorClient.Message)
    #expect(parameters["uri"] as? String == Self.uri)
    #expect(parameters["version"] as? Int == version)
    let diagnostics = parameters["diagnostics"] as? [EditorClient.Message] ?? []
    return diagnostics.compactMap { $0["code"] as? String }
  }

  /// The place of the Nth occurrence of a word, `behind` code units into it.
  private func place(_ word: String, _ number: Int = 1, behind: Int = 1) -> EditorClient.Message {
    var found = 0
    for (line, text) in Self.text.components(separatedBy: "\n").enumerated() {
      var rest = text.startIndex..<text.endIndex
      while let range = text.range(of: word, range: rest) {
        found += 1
        if found == number {
          let column = text[..<range.lowerBound].utf16.count + behind
          return ["line": line, "character": column]
        }
        rest = range.upperBound..<text.endIndex
      }
    }
    return [:]
  }

  private func ask(
    _ client: EditorClient, _ method: String, _ more: EditorClient.Message
  ) throws -> Any? {
    let parameters = more.merging(["textDocument": ["uri": Self.uri]]) { old, _ in old }
    return try client.ask("textDocument/\(method)", parameters)["result"]
  }

  private func hover(_ client: EditorClient, _ place: EditorClient.Message) throws -> String {
    let result = try ask(client, "hover", ["position": place]) as? EditorClient.Message
    return (result?["contents"] as? EditorClient.Message)?["value"] as? String ?? ""
  }

  private func labels(_ client: EditorClient, _ place: EditorClient.Message) throws -> [String] {
    let items = try ask(client, "completion", ["position": place]) as? [EditorClient.Message]
    return items?.compactMap { $0["label"] as? String } ?? []
  }

  private func lines(_ result: Any?) -> [Int] {
    (result as? [EditorClient.Message] ?? []).compactMap { location in
      let range = location["range"] as? EditorClient.Message
      return (range?["start"] as? EditorClient.Message)?["line"] as? Int
    }
  }

  @Test func `mistakes are told as they are typed, and are gone when they are mended`() throws {
    let client = try session()
    #expect(try codes(client, version: 1) == [])
    // `seen` in the second stream becomes `sene`, by two edits of ranges.
    let start = place("= seen", behind: 2)
    let line = try #require(start["line"] as? Int)
    let column = try #require(start["character"] as? Int)
    func change(_ version: Int, _ from: Int, _ to: Int, _ text: String) throws {
      let range: EditorClient.Message = [
        "start": ["line": line, "character": from], "end": ["line": line, "character": to],
      ]
      try client.notify(
        "textDocument/didChange",
        [
          "textDocument": ["uri": Self.uri, "version": version],
          "contentChanges": [["range": range, "text": text]],
        ])
    }
    try change(2, column + 2, column + 4, "ne")
    #expect(try codes(client, version: 2).contains("E0101"))
    let actions = try ask(
      client, "codeAction",
      ["range": ["start": start, "end": start], "context": ["diagnostics": []]])
    let titles = (actions as? [EditorClient.Message] ?? []).compactMap { $0["title"] as? String }
    #expect(titles.contains { $0.contains("seen") }, "\(titles)")
    try change(3, column, column + 4, "seen")
    #expect(try codes(client, version: 3) == [])
    try client.notify("textDocument/didClose", ["textDocument": ["uri": Self.uri]])
    #expect(try codes(client, version: nil) == [])
    #expect(try client.end() == 0)
  }

  @Test func `an action is called by what it does`() throws {
    let client = try session(
      """
      type E { id: int, name: string }
      source e: E from file { path: "in" }
      stream idle = e | where id > 1
      stream s = e | map { n = cast(name as int) };
      sink s to print

      """)
    let whole: EditorClient.Message = [
      "start": ["line": 0, "character": 0], "end": ["line": 5, "character": 0],
    ]
    func titles() throws -> [String] {
      let actions = try ask(client, "codeAction", ["range": whole, "context": ["diagnostics": []]])
      return (actions as? [EditorClient.Message] ?? []).compactMap { $0["title"] as? String }
    }
    let before = try titles()
    #expect(before.contains("E0004: remove `;`"), "\(before)")
    try client.notify(
      "textDocument/didChange",
      [
        "textDocument": ["uri": Self.uri, "version": 2],
        "contentChanges": [
          [
            "range": [
              "start": ["line": 3, "character": 44], "end": ["line": 3, "character": 45],
            ], "text": "",
          ]
        ],
      ])
    let after = try titles()
    #expect(after.contains("W0102: remove `stream idle = e | where id > 1`"), "\(after)")
    #expect(after.contains("W0302: add `on_error skip`"), "\(after)")
    #expect(!after.contains { $0.hasPrefix("E") }, "\(after)")
    #expect(try client.end() == 0)
  }

  @Test func `a hover tells types and documentation`() throws {
    let client = try session()
    #expect(try hover(client, place("cost * 2")).contains("cost: decimal(12, 2)\n"))
    #expect(try hover(client, place("cost is not")).contains("decimal(12, 2)?"))
    #expect(try hover(client, place("(user)", behind: 2)).contains("Who saw it."))
    let seen = try hover(client, place("= seen", behind: 3))
    #expect(seen.contains("What was seen.") && seen.contains("appends"), "\(seen)")
    #expect(seen.contains("größe: int"), "\(seen)")
    #expect(try hover(client, place("char_length")).contains("char_length("))
    #expect(try hover(client, place("count()")).contains("aggregate"))
    #expect(try hover(client, place("least", 2)).contains("param least: int = 1"))
    #expect(try hover(client, place("| window", behind: 3)).contains("double: "))
    #expect(try hover(client, ["line": 2, "character": 0]) == "")
    #expect(try client.end() == 0)
  }

  @Test func `a completion knows the columns of the row at its place`() throws {
    let client = try session()
    let early = try labels(client, place("cost is not", behind: 0))
    #expect(early.contains("cost") && !early.contains("double"), "\(early)")
    let late = try labels(client, place("double > least", behind: 2))
    #expect(late.contains("double") && late.contains("char_length") && late.contains("least"))
    #expect(!late.contains("percentile"))
    #expect(try labels(client, place("count()", behind: 0)).contains("percentile"))
    #expect(try labels(client, place("| where", behind: 2)).contains("enrich"))
    #expect(try labels(client, place("= seen", behind: 2)).contains("events"))
    let formats = try labels(client, place("format: json", behind: 8))
    #expect(formats.contains("csv") && !formats.contains("cost"), "\(formats)")
    #expect(try labels(client, place("at: timestamp", behind: 4)).contains("duration"))
    #expect(try client.end() == 0)
  }

  @Test func `a completion knows the states of a fold`() throws {
    let fold = "  | fold by user expire after 1d { total: int = 0 } { total = tot + 1 }"
    let text = Self.text + "stream sums = seen\n\(fold)\nsink sums to file { path: \"sums\" }\n"
    let client = try session(text)
    let before = try #require(fold.range(of: "= tot +"))
    let place: EditorClient.Message = [
      "line": Self.text.components(separatedBy: "\n").count,
      "character": fold[..<before.lowerBound].utf16.count + 4,
    ]
    let labels = try labels(client, place)
    #expect(labels.contains("total") && labels.contains("double"), "\(labels)")
    #expect(try client.end() == 0)
  }

  @Test func `a completion knows the tasks and the tables that steer them`() throws {
    let stages = ["  | execute send as r", "  | execute send as r steered by jobs on user"]
    let text =
      Self.text + """
        type Job { job: string, state: string }
        table jobs: Job key job from file { path: "jobs.csv" }
        task send using http { url: "https://x.example/", idempotency_key: user }
        stream sent = seen
        \(stages[0])
        stream steered = seen
        \(stages[1])

        """
    let client = try session(text)
    func labels(_ stage: String, at part: String) throws -> [String] {
      let start = try #require(text.range(of: stage)?.lowerBound)
      let line = text[..<start].components(separatedBy: "\n").count - 1
      let before = try #require(stage.range(of: part)).lowerBound
      let character = stage[..<before].utf16.count + 1
      return try self.labels(client, ["line": line, "character": character])
    }
    #expect(try labels(stages[0] + "\n", at: "send") == ["send"])
    #expect(try labels(stages[1], at: "jobs") == ["jobs"])
    #expect(try client.end() == 0)
  }

  @Test func `names are found, followed and changed with their backticks`() throws {
    let client = try session()
    let events = try ask(client, "definition", ["position": place("= events", behind: 3)])
    #expect(lines([events].compactMap(\.self)) == [13])
    let column = try ask(client, "definition", ["position": place("sum(double)", behind: 5)])
    #expect(lines([column].compactMap(\.self)) == [18])
    let field = try ask(client, "definition", ["position": place("cost * 2")])
    #expect(lines([field].compactMap(\.self)) == [9])
    let uses = try ask(
      client, "references",
      ["position": place("stream seen", behind: 8), "context": ["includeDeclaration": true]])
    #expect(lines(uses) == [16, 21, 25])
    let renamed =
      try ask(
        client, "rename", ["position": place("least", 2), "newName": "at least"])
      as? EditorClient.Message
    let changes = (renamed?["changes"] as? EditorClient.Message)?[Self.uri]
    #expect(lines(changes) == [3, 19])
    let texts = (changes as? [EditorClient.Message])?.compactMap { $0["newText"] as? String }
    #expect(texts == ["`at least`", "`at least`"])
    let taken = try client.ask(
      "textDocument/rename",
      [
        "textDocument": ["uri": Self.uri], "position": place("stream seen", behind: 8),
        "newName": "events",
      ])
    #expect(taken["error"] != nil)
    #expect(try client.end() == 0)
  }

  @Test func `a function gets no name that the language has`() throws {
    let client = try session("function twice(x: int): int = x * 2\n")
    func refusal(_ name: String) throws -> String? {
      let answer = try client.ask(
        "textDocument/rename",
        [
          "textDocument": ["uri": Self.uri], "position": ["line": 0, "character": 11],
          "newName": name,
        ])
      return (answer["error"] as? EditorClient.Message)?["message"] as? String
    }
    #expect(try refusal("doubled") == nil)
    for (name, owner) in [
      ("lower", "a function of the language"), ("try_cast", "a function of the language"),
      ("count", "an aggregate"), ("filter", "a method of lists"), ("if", "a word of the language"),
    ] { #expect(try refusal(name) == "`\(name)` is \(owner)") }
    #expect(try client.end() == 0)
  }

  @Test func `a document is laid out and has an outline`() throws {
    let client = try session("stream  größe=b\nsink größe   to print\n")
    let edits = try ask(client, "formatting", ["options": [:]]) as? [EditorClient.Message]
    let text = edits?.first?["newText"] as? String
    #expect(text == "stream größe = b\nsink größe to print\n")
    let symbols = try ask(client, "documentSymbol", [:]) as? [EditorClient.Message]
    #expect(symbols?.compactMap { $0["name"] as? String } == ["größe", "größe"])
    #expect(symbols?.compactMap { $0["detail"] as? String } == ["stream", "sink"])
    #expect(try client.end() == 0)
  }

  @Test func `what is no message does not end the session`() throws {
    let client = try EditorClient()
    func code(_ message: EditorClient.Message) -> Int? {
      (message["error"] as? EditorClient.Message)?["code"] as? Int
    }
    #expect(code(try client.ask("textDocument/hover")) == -32002)
    client.send(raw: Data("nonsense\r\n\r\nContent-Length: 9\r\n\r\n{\"a\": 1,}".utf8))
    #expect(code(try client.receive()) == -32700)
    client.send(raw: Data("Content-Length: 2\r\n\r\n{}".utf8))
    #expect(code(try client.receive()) == -32600)
    client.send(raw: Data("Content-Length: 9999999999\r\n\r\n".utf8))
    _ = try client.hangUp()

    let other = try session()
    _ = try codes(other, version: 1)
    #expect(code(try other.ask("no/such/method")) == -32601)
    #expect(code(try other.ask("textDocument/hover", ["textDocument": ["uri": "x"]])) == -32602)
    let far: EditorClient.Message = ["line": 99_999, "character": 99_999]
    #expect(try hover(other, far) == "")
    _ = try labels(other, far)
    #expect(
      code(try other.ask("textDocument/hover", ["textDocument": ["uri": Self.uri]])) == -32602)
    try other.notify("textDocument/didChange", ["textDocument": ["uri": "x"]])
    try other.notify("$/setTrace", ["value": "off"])
    #expect(try other.end() == 0)
  }

  @Test func `an answer about a thousand lines comes at once`() throws {
    var text = "type Event { id: int, name: string, at: timestamp }\n"
    text += "source s0: Event from file { path: \"in\", event_time: at, idle: 1s }\n"
    for number in 1...330 {
      text += "stream s\(number) = s\(number - 1)\n  | where id > \(number)\n"
      text += "  | with { id = id + 1, name = upper(name) }\n"
    }
    text += "sink s330 to print\n"
    let client = try session(text)
    _ = try codes(client, version: 1)
    var slowest = Duration.zero
    for version in 2..<12 {
      let time = try ContinuousClock().measure {
        try client.notify(
          "textDocument/didChange",
          [
            "textDocument": ["uri": Self.uri, "version": version],
            "contentChanges": [
              [
                "range": [
                  "start": ["line": 500, "character": 0], "end": ["line": 500, "character": 0],
                ], "text": " ",
              ]
            ],
          ])
        let found = try labels(client, ["line": 900, "character": 12])
        #expect(found.contains("name"))
      }
      slowest = max(slowest, time)
    }
    #expect(slowest < .seconds(2), "\(slowest)")
    #expect(try client.end() == 0)
  }
}
