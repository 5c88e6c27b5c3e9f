import Columns
import Connectors
import Foundation
import Plans
import Schemas
import TestKit
import Testing

/// What is said of servers that cannot be reached, are other ones, or hold something else.
@Suite("What look-ups say of servers that refuse", .serialized)
struct LookupRefusalTests {
  private static let setup = """
    CREATE TABLE users (id bigint PRIMARY KEY, tier text NOT NULL, level int);
    INSERT INTO users VALUES (1, 'gold', 3);
    """

  /// Why a client does not start.
  private static func refusal(_ client: any LookupClient) -> ConnectorError? {
    defer { client.close() }
    return #expect(throws: ConnectorError.self) { try client.start() }
  }

  private static func expect(
    _ error: ConnectorError?, _ kind: ConnectorError.Kind, _ texts: String...,
    at location: SourceLocation = #_sourceLocation
  ) {
    #expect(error?.kind == kind, "\(error?.message ?? "")", sourceLocation: location)
    for text in texts {
      #expect(
        error?.message.contains(text) == true, "\(error?.message ?? "")", sourceLocation: location)
    }
  }

  @Test("PostgreSQL: the advice follows the cause")
  func advice() throws {
    let server = try LookupServer(.postgres, setup: Self.setup)
    func refused(_ url: String, _ options: [String: ResolvedValue] = [:]) throws
      -> ConnectorError?
    {
      let all: [String: ResolvedValue] = ["url": .text(url), "table": .text("users")]
      return Self.refusal(try LookupScene.postgres(server, all.merging(options) { $1 }))
    }
    let address = "host=127.0.0.1 port=\(server.port)"
    let free = try Broker.freePort()
    Self.expect(
      try refused("host=127.0.0.1 port=\(free) user=raudal"), .unreachable, "is the server running")
    Self.expect(
      try refused("host=nowhere.invalid user=raudal"), .unreachable, "look at the host in `url`")
    Self.expect(
      try refused("\(address) dbname=postgres user=raudal", ["password": .text("wrong")]),
      .configuration, "look at `username` and `password`")
    Self.expect(
      try refused("\(address) dbname=nowhere user=raudal"), .configuration,
      "look at the database in `url`")
    Self.expect(
      try refused("\(address) hots=a"), .configuration, "invalid connection option", "look at `url`"
    )
    Self.expect(
      try refused("\(address) dbname=postgres user=raudal sslmode=require"), .configuration,
      "the server has no TLS")
  }

  @Test("PostgreSQL: a query that takes other parameters than the keys is refused at the start")
  func parameters() throws {
    let server = try LookupServer(.postgres, setup: Self.setup)
    func refused(_ query: String, _ keys: [String] = ["id"]) throws -> ConnectorError? {
      Self.refusal(
        try LookupScene.postgres(
          server, ["query": .text(query)], LookupScene.table(LookupScene.fields, keys: keys)))
    }
    let query = "SELECT id, tier, level FROM users"
    Self.expect(
      try refused(query), .configuration, "`query` takes 0 parameters", "`$1` for `id`")
    Self.expect(
      try refused("\(query) WHERE id = ANY($1) AND tier = $2"), .configuration,
      "`query` takes 2 parameters")
    Self.expect(
      try refused("\(query) WHERE id = ANY($1)", ["id", "tier"]), .configuration,
      "`query` takes 1 parameter", "`$2` for `tier`")
  }

  @Test("PostgreSQL: times are read in UTC, whatever the zone of the database")
  func zones() throws {
    let server = try LookupServer(
      .postgres,
      setup: """
        CREATE TABLE users (id bigint PRIMARY KEY, at timestamptz NOT NULL, bare timestamp);
        INSERT INTO users VALUES (1, '1890-01-01T00:00:00Z', '1890-01-01T00:00:00');
        ALTER DATABASE postgres SET timezone = 'Europe/Amsterdam';
        """)
    let fields = [
      Field("id", .int), Field("at", .timestamp), Field("bare", .timestamp, nullable: true),
    ]
    let client = try LookupScene.postgres(
      server, ["table": .text("users")], LookupScene.table(fields))
    try client.start()
    let answer = try LookupScene.answer(client, LookupScene.ids([1]))
    #expect(answer.unreadable == [:])
    let time = Int64(-2_524_521_600_000_000)
    #expect(answer.rows.columns[1].ints[0] == time && answer.rows.columns[2].ints[0] == time)
    client.close()
  }

  @Test("PostgreSQL: a certificate of another host is refused, the host's own is taken")
  func certificates() throws {
    for name in ["localhost", "elsewhere.example"] {
      let server = try LookupServer(.postgres, setup: Self.setup, certificate: name)
      func client(_ trust: String) throws -> any LookupClient {
        let url =
          "host=localhost hostaddr=127.0.0.1 port=\(server.port) dbname=postgres user=raudal"
          + trust
        return try LookupScene.postgres(
          server, ["url": .text(url), "table": .text("users"), "tls": .bool(true)])
      }
      let trust = " sslrootcert=\(server.certificate)"
      if name == "localhost" {
        let client = try client(trust)
        try client.start()
        #expect(try LookupScene.ask(client, LookupScene.ids([1]))[0]?[1] == .text("gold"))
        client.close()
        Self.expect(Self.refusal(try self.stranger(server)), .configuration, "certificate")
      } else {
        Self.expect(
          Self.refusal(try client(trust)), .configuration, name, "one of the host in `url`")
      }
    }
  }

  /// A client that trusts another authority.
  private func stranger(_ server: LookupServer) throws -> any LookupClient {
    let other = try LookupServer(.postgres, certificate: "localhost")
    let copy = FileManager.default.temporaryDirectory.appending(path: "other-\(server.port).crt")
    defer { try? FileManager.default.removeItem(at: copy) }
    try FileManager.default.copyItem(atPath: other.certificate, toPath: copy.path)
    let url =
      "host=localhost hostaddr=127.0.0.1 port=\(server.port) dbname=postgres user=raudal"
      + " sslrootcert=\(copy.path)"
    let client = try LookupScene.postgres(
      server, ["url": .text(url), "table": .text("users"), "tls": .bool(true)])
    #expect(throws: ConnectorError.self) { try client.start() }
    return client
  }

  @Test("Redis: what lies there instead is told, and what to write")
  func types() throws {
    let server = try LookupServer(
      .redis, setup: "HSET h tier H\nSET s '{\"tier\":\"S\"}'\nLPUSH l 1\nSET bad 'no JSON'")
    let fields = [Field("id", .string), Field("tier", .string, nullable: true)]
    let keys = LookupScene.texts(["h", "s", "l", "bad", "none"])
    for (value, found) in [("json", 1), ("hash", 0)] {
      let client = try LookupScene.redis(
        server.port, ["value": .text(value)], LookupScene.table(fields))
      try client.start()
      let answer = try LookupScene.answer(client, keys)
      #expect(answer.keys == [found])
      #expect(answer.unreadable.keys.sorted() == [1 - found, 2, 3])
      let reason = answer.unreadable[1 - found] ?? ""
      let held = value == "json" ? ("`h` holds a hash", "hash") : ("`s` holds a string", "json")
      #expect(reason.contains(held.0) && reason.contains("write `value: \(held.1)`"), "\(reason)")
      #expect(answer.unreadable[2]?.contains("`l` holds a list") == true)
      client.close()
    }
  }

  @Test(
    "A server that stands still at the start timed out",
    arguments: [(LookupServer.Kind.redis, "timed out"), (.postgres, "timeout expired")])
  func frozen(_ kind: LookupServer.Kind, _ text: String) throws {
    let server = try LookupServer(kind)
    try server.freeze(true)
    let client =
      kind == .redis
      ? try LookupScene.redis(server.port)
      : try LookupScene.postgres(server, ["table": .text("users")])
    let error = Self.refusal(client)
    try server.freeze(false)
    Self.expect(error, .unreachable, text)
  }

  @Test("PostgreSQL: what takes longer than the timeout fails, and the next one is answered")
  func slow() throws {
    let server = try LookupServer(
      .postgres, setup: Self.setup + "\nINSERT INTO users VALUES (2, 'iron', 1);")
    let query = """
      SELECT u.id, u.tier, u.level FROM (SELECT * FROM users WHERE id = ANY($1)) u,
        LATERAL pg_sleep(CASE u.level WHEN 3 THEN 8 ELSE 0 END)
      """
    let client = try LookupScene.postgres(
      server, ["query": .text(query)], LookupScene.table(timeout: 2_000_000))
    try client.start()
    let began = Date()
    let failure = #expect(throws: LookupFailure.self) {
      try LookupScene.answer(client, LookupScene.ids([1]))
    }
    #expect(failure?.isRetriable == true)
    #expect(Date().timeIntervalSince(began) < 7.5)
    #expect(try LookupScene.ask(client, LookupScene.ids([2]))[0]?[1] == .text("iron"))
    client.close()
  }
}
