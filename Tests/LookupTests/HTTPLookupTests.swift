import Columns
import Connectors
import HTTPConnector
import Plans
import Platform
import Schemas
import Synchronization
import TestKit
import Testing

/// Tables of an HTTP service, against a server that answers rightly and wrongly, and nginx.
@Suite("Look-ups in HTTP services", .serialized)
struct HTTPLookupTests {
  private static let environment = ConnectorEnvironment(
    pipeline: "test", clock: SystemClock(), lanes: ThreadLanes(), workers: 1,
    checkpointInterval: 1_000_000)

  private static let fields = [
    Field("sku", .string), Field("price", .float), Field("stock", .int, nullable: true),
  ]

  private static func client(
    _ options: [String: ResolvedValue], fields: [Field] = fields, keys: [String] = ["sku"],
    timeout: Int64 = 3_000_000
  ) throws -> any LookupClient {
    var policy = LookupPolicy()
    policy.timeout = timeout
    let table = TableSpec(
      name: "prices", keys: keys, connector: ConnectorSpec(connector: "http", options: []),
      decoding: DecodingSpec(
        format: .json, columns: fields.map { DecodedColumn(field: $0, origin: .field($0.name)) }),
      lookup: policy)
    let client = try HTTPConnectorFactory().makeLookup(
      table, options: ResolvedOptions(options), environment: environment)
    try client.start()
    return client
  }

  private static func url(_ server: FaultyService, _ path: String) -> ResolvedValue {
    .template([.text(server.url + path), .key("sku")])
  }

  private static func skus(_ skus: String...) -> Batch {
    Batch(Schema([Field("sku", .string)]), skus.map { [.text($0)] })
  }

  private static func ask(
    _ client: any LookupClient, _ keys: Batch
  ) throws -> LookupAnswer {
    let box = Mutex<Result<LookupAnswer, LookupFailure>?>(nil)
    let parker = Parker()
    client.ask(keys) { answer in
      box.withLock { $0 = answer }
      parker.wake()
    }
    while true {
      if let answer = box.withLock({ $0 }) { return try answer.get() }
      parker.wait(nanoseconds: 100_000_000)
    }
  }

  private static func rows(
    _ client: any LookupClient, _ keys: Batch
  ) throws -> [Int: [Cell]] {
    let found = try ask(client, keys)
    #expect(found.unreadable == [:])
    return Dictionary(zip(found.keys, found.rows.cells)) { _, last in last }
  }

  private static func failure(
    _ client: any LookupClient, _ key: String = "a"
  ) -> LookupFailure? {
    do {
      _ = try ask(client, skus(key))
      return nil
    } catch {
      return error as? LookupFailure
    }
  }

  private static func unreadable(_ client: any LookupClient, _ key: String = "a") throws -> String {
    try ask(client, skus(key)).unreadable[0] ?? ""
  }

  @Test func `one key a request: a row, none, and keys that mean themselves`() throws {
    let server = try FaultyService()
    for path in ["data.items[0]", "data.items"] {
      let client = try Self.client(["url": Self.url(server, "/item/"), "path": .text(path)])
      #expect(
        try Self.rows(client, Self.skus("abc")) == [0: [.text("abc"), .float(3.5), .int(3)]])
      #expect(try Self.rows(client, Self.skus("nab"))[0] == [.text("nab"), .float(3.5), .null])
      // A 404, whatever stands in it.
      #expect(try Self.rows(client, Self.skus("xyz")) == [:])
      for odd in ["a/../b", "a b&c=d?e#f", "é%2F\u{1F600}", "\"\\\n", "...", "a;b=c+d"] {
        #expect(try Self.rows(client, Self.skus(odd))[0]?.first == .text(odd))
      }
      for refused in ["", ".", ".."] {
        #expect(try Self.unreadable(client, refused).contains("can't be a part of the path"))
      }
      client.close()
    }
    let absent = try Self.client(["url": Self.url(server, "/item/"), "path": .text("data.other.x")])
    #expect(try Self.rows(absent, Self.skus("abc")) == [:])
  }

  @Test func `all keys of a call in one request are told apart by the key in each object`() throws {
    let server = try FaultyService()
    let path = ResolvedValue.text("data.items")
    let get = try Self.client([
      "url": .template([.text(server.url + "/items?ids="), .keys]), "path": path,
    ])
    let post = try Self.client([
      "url": .text(server.url + "/graphql"), "path": path,
      "graphql": .object([
        "query": .text("query($skus: [ID!]) { items(skus: $skus) { sku price } }"),
        "variables": .object(["skus": .keys]),
      ]),
    ])
    let keys = Self.skus("a b", "nb", "c&d\"")
    let expected: [Int: [Cell]] = [
      0: [.text("a b"), .float(3.5), .int(3)], 1: [.text("nb"), .float(2.5), .null],
      2: [.text("c&d\""), .float(4.5), .int(3)],
    ]
    for client in [get, post] { #expect(try Self.rows(client, keys) == expected) }
    #expect(try Self.rows(get, Self.skus("xa", "b")) == [1: [.text("b"), .float(1.5), .int(3)]])
    #expect(try Self.rows(get, Self.skus("xa")) == [:])
    // An object that names no key is nobody's.
    let nameless = try Self.client([
      "url": .template([.text(server.url + "/echo?ids="), .keys])
    ])
    #expect(throws: LookupFailure.self) { try Self.ask(nameless, keys) }
  }

  @Test func `bodies hold keys as values of their types`() throws {
    let server = try FaultyService()
    let fields = [
      Field("n", .int), Field("s", .string), Field("body", .string), Field("method", .string),
    ]
    let keys = Batch(
      Schema([Field("n", .int), Field("s", .string)]), [[.int(5), .text("a\"}")]])
    func sent(_ body: ResolvedValue) throws -> Cell? {
      let client = try Self.client(
        ["url": .text(server.url + "/echo"), "body": body], fields: fields, keys: ["n", "s"])
      let row = try Self.rows(client, keys)[0]
      #expect(row?[3] == .text("POST"))
      return row?[2]
    }
    #expect(
      try sent(.object(["id": .key("n"), "of": .list([.key("s"), .bool(true), .null])]))
        == .text(#"{"id":5,"of":["a\"}",true,null]}"#))
    #expect(
      try sent(.template([.text(#"{"id": "#), .key("s"), .text("}")])) == .text(#"{"id": "a\"}"}"#))
    #expect(
      try sent(.object(["k": .template([.text("n-"), .key("n")])])) == .text(#"{"k":"n-5"}"#))
    #expect(try sent(.object(["k": .keys])) == .text(#"{"k":[{"n":5,"s":"a\"}"}]}"#))
  }

  @Test func `a status says whether to ask again, and when`() throws {
    let server = try FaultyService()
    func failed(_ path: String) throws -> LookupFailure? {
      let address = ResolvedValue.template([.text(server.url + path + "x="), .key("sku")])
      return Self.failure(try Self.client(["url": address]))
    }
    for status in [500, 502, 503, 408, 429] {
      #expect(try failed("/status/\(status)?")?.isRetriable == true)
    }
    for status in [400, 401, 403, 422, 501, 302] {
      #expect(try failed("/status/\(status)?")?.isRetriable == false)
    }
    #expect(try failed("/status/429?after=7&")?.retryAfter == 7_000_000)
    #expect(try failed("/status/503?")?.retryAfter == nil)
    #expect(
      try failed("/status/400?")?.reason
        == "table `prices`: the service answers with status 400: <p>no</p>")
    let gone = try Self.client([
      "url": .template([.text(server.url + "/status/410?"), .key("sku")]),
      "missing": .list([.int(404), .int(410)]),
    ])
    #expect(try Self.rows(gone, Self.skus("a")) == [:])
  }

  @Test func `what cannot be read says what came`() throws {
    let server = try FaultyService()
    func unreadable(_ path: String) throws -> String {
      let address = ResolvedValue.template([.text(server.url + path), .key("sku")])
      return try Self.unreadable(try Self.client(["url": address]))
    }
    #expect(
      try unreadable("/html/")
        == "table `prices`: the answer (text/html) is no JSON at byte 0: <html>welcome</html>")
    for wrong in ["%7B%22sku%22:", "nothing", "%5B1,", "%7B%7D%7D"] {
      #expect(try unreadable("/words/\(wrong)?").contains("is no JSON at byte"), "\(wrong)")
    }
    #expect(try unreadable("/words/3.5?").contains("a row of table `prices`"))
    #expect(try unreadable("/words/%7B%22price%22:%22x%22%7D?").contains("price"))
  }

  @Test func `servers that fail are told as that, and the client goes on`() throws {
    let server = try FaultyService()
    func failed(_ path: String, _ timeout: Int64 = 20_000_000) throws -> LookupFailure? {
      let address = ResolvedValue.template([.text(server.url + path), .key("sku")])
      return Self.failure(try Self.client(["url": address], timeout: timeout))
    }
    #expect(try failed("/hang/", 200_000)?.reason.contains("no answer in time") == true)
    for path in ["/reset/", "/cut/", "/garbage/"] {
      #expect(try failed(path)?.isRetriable == true)
    }
    let huge = try failed("/huge/")
    #expect(huge?.reason.contains("longer than 16777216 bytes") == true)
    #expect(huge?.isRetriable == false)
    let client = try Self.client(["url": Self.url(server, "/gzip/")])
    #expect(try Self.rows(client, Self.skus("abc"))[0]?[1] == .float(3.5))
    server.stop()
    #expect(Self.failure(client)?.isRetriable == true)
    let again = try FaultyService(port: server.port)
    #expect(try Self.rows(client, Self.skus("abc"))[0]?[1] == .float(3.5))
    again.stop()
  }

  @Test func `a token is fetched at the start, and once more where it is not taken`() throws {
    let server = try FaultyService()
    func client(_ secret: String) throws -> any LookupClient {
      try Self.client([
        "url": Self.url(server, "/locked/"),
        "oauth": .object([
          "url": .text(server.url + "/token"), "id": .text("me"), "secret": .text(secret),
          "scope": .text("read"),
        ]),
      ])
    }
    let error = #expect(throws: ConnectorError.self) { try client("wrong") }
    #expect(error?.kind == .configuration && error?.message.contains("invalid_client") == true)
    let good = try client("let me in")
    #expect(try Self.rows(good, Self.skus("abc"))[0]?[1] == .float(3.5))
    let forget = try Self.client([
      "url": .template([.text(server.url + "/forget?"), .key("sku")])
    ])
    _ = try Self.ask(forget, Self.skus("a"))
    #expect(try Self.rows(good, Self.skus("abc"))[0]?[1] == .float(3.5))
    let unlocked = try Self.client(["url": Self.url(server, "/locked/")])
    #expect(Self.failure(unlocked)?.reason.contains("status 401") == true)
  }

  @Test func `certificates are held against the declared authority`() throws {
    let authority = try Authority("of the shop")
    let server = try WebServer(
      #"location / { return 200 '{"sku":"a","price":2.5}'; }"#,
      identity: try authority.identity("localhost"))
    func client(_ host: String, ca: String?) throws -> any LookupClient {
      var options: [String: ResolvedValue] = [
        "url": .template([.text("https://\(host):\(server.securePort)/"), .key("sku")])
      ]
      options["ca"] = ca.map { .text($0) }
      return try Self.client(options)
    }
    let good = try client("localhost", ca: authority.certificate)
    #expect(try Self.rows(good, Self.skus("a"))[0]?[1] == .float(2.5))
    for (host, ca) in [("127.0.0.1", authority.certificate), ("localhost", nil)] {
      let failure = Self.failure(try client(host, ca: ca))
      #expect(failure?.reason.contains("its certificate is not right") == true)
      #expect(failure?.isRetriable == false)
    }
    #expect(throws: ConnectorError.self) { try client("localhost", ca: "/nowhere.pem") }
  }

  @Test func `addresses that come from outside are looked at when the table is made`() throws {
    for text in ["ftp://a/", "http://", "http:///a", "a/b"] {
      #expect(throws: ConnectorError.self) {
        try Self.client(["url": .template([.text(text), .key("sku")])])
      }
    }
    // A key would choose the server.
    #expect(throws: ConnectorError.self) {
      try Self.client(["url": .template([.text("http://a."), .key("sku"), .text("/b")])])
    }
    let split = ResolvedValue.object(["x-key": .text("a\r\nb: c")])
    #expect(throws: ConnectorError.self) {
      try Self.client(["url": .text("http://a/"), "headers": split])
    }
  }

  @Test func `errors of GraphQL are no missing rows`() throws {
    let server = try WebServer(
      #"""
      location /busy { return 200 '{"data":null,"errors":[{"message":"rate limited"}]}'; }
      location /part {
        return 200 '{"data":{"item":{"sku":"a","price":2.5}},"errors":[{"message":"no stock"}]}';
      }
      location /good { return 200 '{"data":{"item":{"sku":"a","price":2.5}},"errors":[]}'; }
      location /none { return 200 '{"data":{"item":null}}'; }
      """#)
    func client(_ place: String) throws -> any LookupClient {
      try Self.client([
        "url": .text("http://127.0.0.1:\(server.port)/\(place)"), "path": .text("data.item"),
        "graphql": .object([
          "query": .text("query($sku: ID!) { item(sku: $sku) { sku price } }"),
          "variables": .object(["sku": .key("sku")]),
        ]),
      ])
    }
    for place in ["busy", "part"] {
      let failure = Self.failure(try client(place))
      #expect(failure?.isRetriable == true)
      #expect(failure?.reason.contains("GraphQL answers with errors") == true)
    }
    #expect(try Self.rows(try client("good"), Self.skus("a"))[0]?[1] == .float(2.5))
    #expect(try Self.rows(try client("none"), Self.skus("a")) == [:])
  }
}
