import Foundation
import Testing

/// Sessions of an editor with files that import each other.
struct EditorImportTests {
  private static let main = """
    pipeline p
    import "shared/types.raudal"
    source events: Event from memory { on_error: skip }
    stream out = events | map { id, size = twice(id), total = twice(size_of(id)) }
    function size_of(n: int): int = n
    sink out to print

    """

  private static let types = """
    import "more.raudal"
    /// What happens.
    type Event { id: Number, size: int }

    """

  private static let more = "type Number { n: int }\nfunction twice(n: int): int = n + n\n"

  private func place() throws -> Workplace {
    let place = try Workplace()
    try FileManager.default.createDirectory(
      at: place.path("shared"), withIntermediateDirectories: false)
    try place.write("p.raudal", Self.main)
    try place.write("shared/types.raudal", Self.types.replacing(": Number", with: ": int"))
    try place.write("shared/more.raudal", Self.more)
    return place
  }

  private func uri(_ place: Workplace, _ name: String) -> String {
    "file://" + place.path(name).path
  }

  private func session() throws -> EditorClient {
    let client = try EditorClient()
    _ = try client.ask("initialize", ["capabilities": [:]])
    try client.notify("initialized", [:])
    return client
  }

  private func open(
    _ client: EditorClient, _ place: Workplace, _ name: String, _ text: String? = nil
  ) throws {
    let text = try text ?? String(contentsOf: place.path(name), encoding: .utf8)
    try client.notify(
      "textDocument/didOpen",
      [
        "textDocument": [
          "uri": uri(place, name), "languageId": "raudal", "version": 1, "text": text,
        ]
      ])
  }

  private func change(_ client: EditorClient, _ uri: String, _ text: String) throws {
    try client.notify(
      "textDocument/didChange",
      ["textDocument": ["uri": uri, "version": 2], "contentChanges": [["text": text]]])
  }

  /// The next published diagnostics: of which file, and their codes.
  private func told(_ client: EditorClient) throws -> (uri: String, codes: [String]) {
    let message = try client.nextNotification()
    let parameters = try #require(message["params"] as? EditorClient.Message)
    let diagnostics = parameters["diagnostics"] as? [EditorClient.Message] ?? []
    return (
      try #require(parameters["uri"] as? String), diagnostics.compactMap { $0["code"] as? String }
    )
  }

  /// Where a word stands in a text, a unit behind its start.
  private func position(_ word: String, in text: String) throws -> EditorClient.Message {
    let range = try #require(text.range(of: word))
    let before = text[..<range.lowerBound]
    let line = before.split(separator: "\n", omittingEmptySubsequences: false)
    return ["line": line.count - 1, "character": (line.last?.utf16.count ?? 0) + 1]
  }

  private func ask(
    _ client: EditorClient, _ method: String, _ uri: String, _ position: EditorClient.Message,
    _ more: EditorClient.Message = [:]
  ) throws -> EditorClient.Message {
    let parameters: EditorClient.Message = ["textDocument": ["uri": uri], "position": position]
    return try client.ask("textDocument/\(method)", parameters.merging(more) { old, _ in old })
  }

  /// `types.raudal:2`, by the last part of the file's name.
  private func places(_ result: Any?) -> [String] {
    let locations = (result as? [EditorClient.Message]) ?? [result as? EditorClient.Message ?? [:]]
    return locations.map { location in
      let range = location["range"] as? EditorClient.Message
      let line = (range?["start"] as? EditorClient.Message)?["line"] as? Int
      let uri = location["uri"] as? String ?? "nowhere"
      return "\(uri.split(separator: "/").last ?? ""):\(line ?? -1)"
    }
  }

  @Test func `what is wrong with an imported file stands in that file`() throws {
    let place = try place()
    try place.write("shared/types.raudal", "type Event { id: itn, size: int }\n")
    let client = try session()
    try open(client, place, "p.raudal")
    let (main, types) = (uri(place, "p.raudal"), uri(place, "shared/types.raudal"))
    var (first, second) = (try told(client), try told(client))
    #expect(first.uri == main)
    #expect(second == (types, ["E0103"]))
    // Opened and mended in the editor, not on the disk.
    try open(client, place, "shared/types.raudal")
    #expect(try told(client).uri == main)
    #expect(try told(client) == (types, ["E0103"]))
    let mended = "import \"more.raudal\"\ntype Event { id: int, size: int }\n"
    try change(client, types, mended)
    (first, second) = (try told(client), try told(client))
    #expect(first == (main, []))
    #expect(second == (types, []))
    // Closed, it is again what lies on the disk.
    try client.notify("textDocument/didClose", ["textDocument": ["uri": types]])
    #expect(try told(client) == (types, []))
    (first, second) = (try told(client), try told(client))
    #expect(first.uri == main)
    #expect(second == (types, ["E0103"]))
    try place.write("shared/types.raudal", mended)
    try client.notify("workspace/didChangeWatchedFiles", ["changes": [Any]()])
    (first, second) = (try told(client), try told(client))
    #expect(first == (main, []))
    #expect(second == (types, []))
    try client.notify("textDocument/didClose", ["textDocument": ["uri": main]])
    #expect(try told(client) == (main, []))
    #expect(try client.end() == 0)
  }

  @Test func `a file that comes to be in the editor is found by imports`() throws {
    let place = try place()
    try FileManager.default.removeItem(at: place.path("shared/more.raudal"))
    let client = try session()
    try open(client, place, "p.raudal")
    let types = uri(place, "shared/types.raudal")
    _ = try told(client)
    #expect(try told(client) == (types, ["E0120"]))
    try open(client, place, "shared/more.raudal", Self.more)
    #expect(try told(client) == (uri(place, "p.raudal"), []))
    #expect(try told(client).uri == uri(place, "shared/more.raudal"))
    #expect(try told(client) == (types, []))
    #expect(try client.end() == 0)
  }

  @Test func `names are followed into imported files`() throws {
    let place = try place()
    let client = try session()
    try open(client, place, "p.raudal")
    let main = uri(place, "p.raudal")
    _ = try told(client)
    func definition(_ word: String) throws -> [String] {
      places(try ask(client, "definition", main, position(word, in: Self.main))["result"])
    }
    #expect(try definition("Event from") == ["types.raudal:2"])
    #expect(try definition("twice(id)") == ["more.raudal:1"])
    #expect(try definition("size_of(id)") == ["p.raudal:4"])
    // A column, to the field of an imported type.
    #expect(try definition("id, size") == ["types.raudal:2"])
    let hover = try ask(client, "hover", main, position("Event from", in: Self.main))["result"]
    let contents = (hover as? EditorClient.Message)?["contents"] as? EditorClient.Message
    let text = contents?["value"] as? String ?? ""
    #expect(text.contains("type Event") && text.contains("What happens."), "\(text)")
    let items = try ask(
      client, "completion", main, position("size = twice", in: Self.main))["result"]
    let labels = (items as? [EditorClient.Message])?.compactMap { $0["label"] as? String } ?? []
    #expect(labels.contains("twice"), "\(labels)")
    #expect(try client.end() == 0)
  }

  @Test func `a name changes in all files that are known to use it`() throws {
    let place = try place()
    try place.write(
      "q.raudal",
      "pipeline q\n"
        + Self.main.split(separator: "\n").dropFirst()
        .joined(separator: "\n") + "\n")
    try place.write("other.raudal", "function twice(n: int): int = n\n")
    let client = try session()
    for name in ["p.raudal", "q.raudal", "other.raudal", "shared/more.raudal"] {
      try open(client, place, name)
    }
    let more = uri(place, "shared/more.raudal")
    let at = try position("twice(n", in: Self.more)
    let uses = try ask(
      client, "references", more, at, ["context": ["includeDeclaration": true]])["result"]
    #expect(
      places(uses).sorted() == [
        "more.raudal:1", "p.raudal:3", "p.raudal:3", "q.raudal:3", "q.raudal:3",
      ])
    let answer = try ask(client, "rename", more, at, ["newName": "doubled"])
    let changes = (answer["result"] as? EditorClient.Message)?["changes"] as? [String: [Any]]
    #expect(
      changes?.mapValues(\.count) == [
        more: 1, uri(place, "p.raudal"): 2, uri(place, "q.raudal"): 2,
      ])
    // A name that one of them has is refused.
    let taken = try ask(client, "rename", more, at, ["newName": "size_of"])
    let message = (taken["error"] as? EditorClient.Message)?["message"] as? String
    #expect(message == "`size_of` is declared already")
    // From where it is used, the declaration changes too, in a file that is not open.
    let type = try ask(
      client, "rename", uri(place, "p.raudal"), position("Event from", in: Self.main),
      ["newName": "Occurrence"])
    let renamed = (type["result"] as? EditorClient.Message)?["changes"] as? [String: [Any]]
    #expect(renamed?[uri(place, "shared/types.raudal")]?.count == 1)
    #expect(try client.end() == 0)
  }
}
