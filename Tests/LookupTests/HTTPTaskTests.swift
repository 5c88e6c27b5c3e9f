import Columns
import Connectors
import HTTPConnector
import Plans
import Platform
import Schemas
import Synchronization
import TestKit
import Testing

/// Calls of `task … using http`: what is sent, and what becomes of what comes back.
@Suite("Tasks that are HTTP requests", .serialized)
struct HTTPTaskTests {
  private static let environment = ConnectorEnvironment(
    pipeline: "test", clock: SystemClock(), lanes: ThreadLanes(), workers: 1,
    checkpointInterval: 1_000_000)

  private static let input = Schema([
    Field("id", .string), Field("name", .string, nullable: true),
    Field("sum", .decimal(precision: 10, scale: 2)), Field("extra", .json, nullable: true),
    Field("score", .float), Field("at", .timestamp),
  ])

  private static let row: [Cell] = [
    "a b", "Ana \"x\"", .decimal(unscaled: 1250, scale: 2), #"{"k":[1,2]}"#, 0.5,
    .int(1_700_000_000_000_000),
  ]

  private static func client(
    _ options: [String: ResolvedValue], timeout: Int64 = 3_000_000,
    response: [Field] = [], secrets: [String] = []
  ) throws -> any TaskClient {
    let task = TaskSpec(
      name: "send", kind: "http", options: [],
      response: response.map { DecodedColumn(field: $0, origin: .field($0.name)) },
      idempotencyKey: "id", timeout: timeout)
    var resolved = ResolvedOptions(options)
    resolved.secrets = secrets
    let client = try HTTPConnectorFactory().makeTask(
      task, input: input, options: resolved, environment: environment)
    try client.start()
    return client
  }

  private static func call(
    _ client: any TaskClient, _ row: [Cell] = row, key: String = "key-1"
  ) -> TaskAnswer {
    let box = Mutex<TaskAnswer?>(nil)
    let parker = Parker()
    let attempt = TaskAttempt(
      rows: Batch(input, [Self.row, row]), row: 1, idempotencyKey: key, number: 1)
    client.perform(attempt) { answer in
      box.withLock { $0 = answer }
      parker.wake()
    }
    while true {
      if let answer = box.withLock({ $0 }) { return answer }
      parker.wait(nanoseconds: 100_000_000)
    }
  }

  private static func url(_ server: TaskServer, _ what: String) -> ResolvedValue {
    .text("\(server.url)/do/\(what)")
  }

  @Test("A request says what the template says, each value by its type")
  func request() throws {
    let server = try FaultyService()
    let client = try Self.client(
      [
        "url": .template([.text(server.url + "/echo/"), .key("id"), .text("?n="), .key("name")]),
        "method": .text("PUT"),
        "headers": .object([
          "x-name": .template([.text("to "), .key("id")]), "Accept": .text("text/plain"),
        ]),
        "body": .object([
          "name": .key("name"), "sum": .key("sum"), "extra": .key("extra"), "score": .key("score"),
          "at": .key("at"), "text": .template([.text("Dear "), .key("name"), .text("!")]),
          "list": .list([.int(1), .key("id")]),
        ]),
      ], response: [Field("method", .string), Field("target", .string), Field("body", .string)])
    let answer = Self.call(client)
    #expect(answer.end == .done)
    #expect(answer.status == 200)
    let said = String(decoding: answer.response, as: UTF8.self)
    #expect(said.contains("PUT"))
    #expect(said.contains("/echo/a%20b?n=Ana%20%22x%22"))
    #expect(said.contains(#""idempotency-key": "key-1""#), "\(said)")
    for part in [
      #""sum":12.50"#, #""extra":{"k":[1,2]}"#, #""score":0.5"#,
      #""at":"2023-11-14T22:13:20"#, #""text":"Dear Ana \"x\"!""#, #""list":[1,"a b"]"#,
    ] {
      let escaped = part.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
      #expect(said.contains(part) || said.contains(escaped), "\(part) in \(said)")
    }
    client.close()
  }

  @Test("A scheme is the same in any case, also of an address in a row")
  func schemes() throws {
    let server = try FaultyService()
    let big = server.url.replacing("http://", with: "HTTP://")
    for url in [
      ResolvedValue.template([.text("\(big)/echo/"), .key("id")]), .text("\(big)/echo/x"),
      .key("name"),
    ] {
      let client = try Self.client(["url": url])
      defer { client.close() }
      var row = Self.row
      row[1] = .text("\(big)/echo/y")
      #expect(Self.call(client, row).status == 200, "\(url)")
    }
  }

  @Test("A header whose value is null is told by its name, and no call is made")
  func nullHeader() throws {
    let client = try Self.client(
      [
        "url": .text("http://127.0.0.1:9/"),
        "headers": .object(["x-name": .template([.text("to "), .key("name")])]),
      ])
    defer { client.close() }
    var row = Self.row
    row[1] = .null
    let end = Self.call(client, row).end
    #expect("\(end)".contains("header `x-name`: `name` is null"), "\(end)")
  }

  @Test("Ends are told apart: done, refused, out of time, broken, not reached, no call at all")
  func ends() throws {
    let server = try TaskServer()
    func call(_ what: String, timeout: Int64 = 3_000_000) throws -> TaskAnswer {
      let client = try Self.client(["url": Self.url(server, what)], timeout: timeout)
      defer { client.close() }
      return Self.call(client, key: what)
    }
    #expect(try call("ok").end == .done)
    let limited = try call("429-2")
    guard case .refused(let reason) = limited.end else {
      Issue.record("429 is \(limited)")
      return
    }
    #expect(reason.contains("status 429") && reason.contains("no"))
    #expect(limited.status == 429 && limited.retryAfter == 2_000_000)
    let broken = try [call("cut"), call("reset")]
    for answer in broken {
      guard case .broken = answer.end else {
        Issue.record("a connection that ends is \(answer)")
        continue
      }
      #expect(answer.status == nil)
    }
    guard case .timedOut = try call("hang", timeout: 200_000).end else {
      Issue.record("no end of time")
      return
    }
    server.stop()
    guard case .unreached = try call("ok").end else {
      Issue.record("a server that is away was reached")
      return
    }
  }

  @Test(
    "No task is called twice by the client itself", arguments: ["PUT", "DELETE", "GET", "POST"])
  func once(_ method: String) throws {
    let server = try ForgetfulServer()
    let client = try Self.client([
      "url": .text("http://127.0.0.1:\(server.port)/"), "method": .text(method),
    ])
    #expect(Self.call(client).end == .done)
    // Its connection ends under it, and it may have been heard.
    let second = Self.call(client)
    guard case .broken = second.end else {
      Issue.record("a connection that ends is \(second)")
      return
    }
    #expect(server.methods == [method, method])
    client.close()
  }

  @Test("What a server points to is told without what in it may be secret")
  func location() throws {
    let place = "https://me:hidden@a.test/\u{1B}b?token=hidden#access_token=hidden"
    let server = try ScriptedServer(
      "HTTP/1.1 302 Found\r\nLocation: \(place)\r\nContent-Length: 0\r\n\r\n")
    let client = try Self.client(["url": .text("http://127.0.0.1:\(server.port)/")])
    guard case .refused(let reason) = Self.call(client).end else {
      Issue.record("a redirect was followed")
      return
    }
    #expect(reason == "status 302, which points to https://a.test/ b")
    client.close()
  }

  @Test("A secret that a server says back is not told, at the end of what is told neither")
  func echo() throws {
    let secret = "hidden-word"
    let text = "no key \(secret): \(String(repeating: "x", count: 95))\(secret)\(secret)"
    func server(_ status: String) throws -> ScriptedServer {
      try ScriptedServer(
        "HTTP/1.1 \(status)\r\nContent-Length: \(text.utf8.count)\r\n\r\n\(text)")
    }
    for (status, more) in [("403 Forbidden", false), ("200 OK", true)] {
      let service = try server(status)
      let client = try Self.client(
        [
          "url": .text("http://127.0.0.1:\(service.port)/"), "path": .text("data"),
          "headers": .object(["authorization": .text("Bearer \(secret)")]),
        ], response: more ? [Field("id", .string)] : [], secrets: [secret])
      let answer = Self.call(client)
      let told = if case .refused(let reason) = answer.end { reason } else { answer.unread ?? "" }
      #expect(told.contains("no key ***: xxx"), "\(told)")
      #expect(!told.contains("hid"), "\(told)")
      client.close()
    }
  }

  @Test("A request that is sent again with a new token is counted")
  func secondToken() throws {
    let server = try FaultyService()
    let client = try Self.client([
      "url": .text("\(server.url)/locked/a"),
      "oauth": .object([
        "url": .text(server.url + "/token"), "id": .text("me"), "secret": .text("let me in"),
      ]),
    ])
    let first = Self.call(client)
    #expect(first.end == .done && first.calls == 1)
    let forgetful = try Self.client(["url": .text("\(server.url)/forget")])
    #expect(Self.call(forgetful).end == .done)
    let second = Self.call(client)
    #expect(second.end == .done && second.calls == 2)
    client.close()
    forgetful.close()
  }

  @Test("A row that makes no request is never sent", arguments: ["null", "line end", "scheme"])
  func invalid(_ kind: String) throws {
    let server = try TaskServer()
    var row = Self.row
    let client: any TaskClient
    switch kind {
    case "null":
      row[1] = nil
      client = try Self.client([
        "url": .template([.text("\(server.url)/do/ok?"), .key("name")])
      ])
    case "line end":
      row[1] = "a\r\nx-evil: 1"
      client = try Self.client([
        "url": Self.url(server, "ok"), "headers": .object(["x-name": .key("name")]),
      ])
    default:
      row[1] = "file:///etc/passwd"
      client = try Self.client(["url": .key("name")])
    }
    guard case .invalid = Self.call(client, row).end else {
      Issue.record("it was sent")
      return
    }
    #expect(try server.account().calls == 0)
    client.close()
  }

  @Test("Columns of the response are read, and null where they are not")
  func response() throws {
    let server = try TaskServer()
    let fields = [Field("id", .string), Field("n", .int), Field("more", .float)]
    let client = try Self.client(["url": Self.url(server, "ok")], response: fields)
    let first = Self.call(client, key: "k1")
    let second = Self.call(client, key: "k2")
    let read = client.read([first.response, nil, second.response, Array("<html>".utf8), []])
    let rows = Batch(schema: Schema(fields), columns: read.columns, rowCount: 5).cells
    #expect(rows[0] == ["k1", 1, nil] && rows[2] == ["k2", 1, nil])
    for row in [1, 3, 4] { #expect(rows[row] == [nil, nil, nil]) }
    #expect(Array(read.unreadable.keys) == [3])
    client.close()
  }

  @Test("A value of a response that can't be read takes no other with it, and is told once")
  func oddValue() throws {
    let fields = [
      Field("id", .string), Field("n", .int), Field("more", .float),
      Field("tags", .list(FieldType(.string))),
    ]
    let client = try Self.client(["url": .text("http://127.0.0.1:9/")], response: fields)
    let read = client.read([
      Array(#"{"id":"a","n":"seven","more":0.5,"tags":["x"]}"#.utf8),
      Array(#"{"id":17.50,"n":2,"more":1.5}"#.utf8),
      Array(#"{"id":"c","n":3,"more":2.5}"#.utf8), Array("<html>".utf8), nil,
      Array(#"{"id":true,"n":[],"more":{},"tags":[1]}"#.utf8),
    ])
    let rows = Batch(schema: Schema(fields), columns: read.columns, rowCount: 6).cells
    #expect(rows[0][0] == "a" && rows[0][1] == nil && rows[0][2] == 0.5 && rows[0][3] != nil)
    #expect(rows[1] == ["17.50", 2, 1.5, nil] && rows[2] == ["c", 3, 2.5, nil])
    for row in [3, 4] { #expect(rows[row] == [nil, nil, nil, nil]) }
    #expect(rows[5] == ["true", nil, nil, nil])
    #expect(read.unreadable.keys.sorted() == [0, 3, 5], "\(read.unreadable)")
    #expect(read.unreadable[0] == "`n`: int was expected, not a text (`seven`)")
    #expect(read.unreadable[3]?.contains("; ") == false)
    let reasons = read.unreadable[5]?.split(separator: "; ") ?? []
    #expect(reasons.map { $0.prefix(4) } == ["`n`:", "`mor", "`tag"], "\(reasons)")
    client.close()
  }
}
