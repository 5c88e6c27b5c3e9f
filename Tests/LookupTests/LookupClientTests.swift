import Columns
import Connectors
import Plans
import Platform
import PostgresConnector
import RedisConnector
import Schemas
import Synchronization
import TestKit
import Testing

/// The clients against real servers.
@Suite("Look-ups at real servers", .serialized)
struct LookupClientTests {
  private static let fields = LookupScene.fields

  private static let expected: [Int: [Cell]] = [
    0: [.int(1), .text("gold"), .int(3)], 2: [.int(7), .text("a \"b\" \\ c"), .null],
  ]

  @Test("Redis: JSON values, hashes; killed and restarted")
  func redis() throws {
    let server = try LookupServer(
      .redis,
      setup: """
        SET user:1 '{"tier":"gold","level":3,"more":[1]}'
        SET user:7 '{"tier":"a \\"b\\" \\\\ c"}'
        SET user:8 'no JSON'
        HSET hash:1 tier gold level 3
        HSET hash:7 tier 'a "b" \\ c'
        """)
    for (prefix, value) in [("user:", "json"), ("hash:", "hash")] {
      let client = try RedisConnector().makeLookup(
        LookupScene.table(Self.fields),
        options: ResolvedOptions([
          "address": .text("127.0.0.1:\(server.port)"), "prefix": .text(prefix),
          "value": .text(value), "connections": .int(1),
          "password": .text(LookupServer.password),
        ]), environment: LookupScene.environment)
      try client.start()
      #expect(try LookupScene.ask(client, LookupScene.ids([1, 2, 7])) == Self.expected)
      if value == "json" { #expect(try LookupScene.ask(client, LookupScene.ids([8])) == [:]) }
      client.close()
    }
    let client = try RedisConnector().makeLookup(
      LookupScene.table(Self.fields),
      options: ResolvedOptions([
        "address": .text("127.0.0.1:\(server.port)"), "password": .text(LookupServer.password),
      ]),
      environment: LookupScene.environment)
    try client.start()
    server.kill()
    #expect(throws: LookupFailure.self) { try LookupScene.ask(client, LookupScene.ids([1])) }
    try server.start()
    try server.client("SET 1 '{\"tier\":\"new\"}'")
    #expect(try LookupScene.ask(client, LookupScene.ids([1]))[0]?[1] == .text("new"))
    client.close()
  }

  @Test("PostgreSQL: a table, a query, two keys; what is wrong is told at the start")
  func postgres() throws {
    let server = try LookupServer(
      .postgres,
      setup: """
        CREATE SCHEMA app;
        CREATE TABLE app.users (id bigint PRIMARY KEY, tier text NOT NULL, level int);
        INSERT INTO app.users VALUES (1, 'gold', 3), (7, 'a "b" \\ c', NULL);
        """)
    func client(_ options: [String: ResolvedValue], _ fields: [Field] = Self.fields) throws
      -> any LookupClient
    {
      var all = options
      all["url"] = .text("host=127.0.0.1 port=\(server.port) dbname=postgres user=raudal")
      all["connections"] = .int(1)
      if all["password"] == nil { all["password"] = .text(LookupServer.password) }
      return try PostgresConnector().makeLookup(
        LookupScene.table(fields), options: ResolvedOptions(all),
        environment: LookupScene.environment)
    }
    let query = "SELECT id, tier, level FROM app.users WHERE id = ANY($1)"
    for options in [["table": ResolvedValue.text("app.users")], ["query": .text(query)]] {
      let client = try client(options)
      try client.start()
      #expect(try LookupScene.ask(client, LookupScene.ids([1, 2, 7])) == Self.expected)
      client.close()
    }
    let missing = try client(["table": .text("app.nobody")])
    #expect(throws: ConnectorError.self) { try missing.start() }
    let wrong = try client(
      ["table": .text("app.users")],
      [Field("id", .int), Field("tier", .int), Field("level", .int, nullable: true)])
    let error = #expect(throws: ConnectorError.self) { try wrong.start() }
    #expect(error?.message.contains("column `tier` is text at the server") == true)
    let lasting = try client(["table": .text("app.users")])
    try lasting.start()
    server.kill()
    #expect(throws: LookupFailure.self) { try LookupScene.ask(lasting, LookupScene.ids([1])) }
    try server.start()
    #expect(try LookupScene.ask(lasting, LookupScene.ids([1]))[0]?[1] == .text("gold"))
    lasting.close()
  }
}
