import Columns
import Connectors
import Foundation
import Plans
import TestKit
import Testing

/// Servers that were away, stand still, or have no room for us.
@Suite("Look-ups at servers with faults", .serialized)
struct LookupFaultTests {
  private static let postgresSetup = """
    CREATE TABLE users (id bigint PRIMARY KEY, tier text NOT NULL, level int);
    INSERT INTO users VALUES (1, 'gold', 3);
    """
  private static let redisSetup = "SET 1 '{\"tier\":\"gold\",\"level\":3}'"

  private static func server(_ kind: LookupServer.Kind) throws -> LookupServer {
    try LookupServer(kind, setup: kind == .redis ? redisSetup : postgresSetup)
  }

  private static func client(
    _ kind: LookupServer.Kind, _ server: LookupServer, timeout: Int64 = 2_000_000
  ) throws -> any LookupClient {
    let table = LookupScene.table(timeout: timeout)
    return kind == .redis
      ? try LookupScene.redis(server.port, [:], table)
      : try LookupScene.postgres(server, ["table": .text("users")], table)
  }

  private static func failures(_ answers: [LookupScene.Answer?]) -> [String] {
    answers.compactMap { answer in
      switch answer {
      case .success?: nil
      case .failure(let failure)?: failure.reason
      case nil: "none"
      }
    }
  }

  private static let many = Array(repeating: LookupScene.ids([1]), count: 100)

  @Test(
    "Behind a restart of its server a client fails no question",
    arguments: [
      LookupServer.Kind.redis, .postgres,
    ])
  func restart(_ kind: LookupServer.Kind) throws {
    let server = try Self.server(kind)
    let client = try Self.client(kind, server)
    try client.start()
    for _ in 0..<2 {
      #expect(Self.failures(LookupScene.answers(client, Self.many)) == [])
      server.kill()
      #expect(!Self.failures(LookupScene.answers(client, [Self.many[0]])).isEmpty)
      try server.start()
      #expect(Self.failures(LookupScene.answers(client, Self.many)) == [])
      server.kill()
      try server.start()
    }
    #expect(Self.failures(LookupScene.answers(client, Self.many)) == [])
    client.close()
  }

  @Test(
    "A server that stands still holds nobody for longer than the timeout",
    arguments: [
      LookupServer.Kind.redis, .postgres,
    ])
  func standstill(_ kind: LookupServer.Kind) throws {
    let server = try Self.server(kind)
    let client = try Self.client(kind, server, timeout: 400_000)
    try client.start()
    #expect(Self.failures(LookupScene.answers(client, Self.many)) == [])
    try server.freeze(true)
    let began = Date()
    let answers = LookupScene.answers(client, Self.many)
    // What waits behind a connection that is held is not asked any more; a new one is waited for
    // by the library in whole seconds.
    #expect(Date().timeIntervalSince(began) < 5)
    #expect(Self.failures(answers).count == Self.many.count)
    #expect(!Self.failures(answers).contains("none"))
    let again = LookupScene.answers(client, [Self.many[0]])
    #expect(!Self.failures(again).contains("none"))
    try server.freeze(false)
    // On a busy host it may take longer than so short a timeout until all is as before.
    var failures = ["none"]
    for _ in 0..<20 where !failures.isEmpty {
      failures = Self.failures(LookupScene.answers(client, Self.many))
    }
    #expect(failures == [])
    client.close()
  }

  @Test("An answer that comes byte by byte has the timeout too")
  func trickling() throws {
    let server = try TricklingServer("*1\r\n$100000\r\n", every: 50_000)
    let client = try LookupScene.redis(
      server.port, ["password": .text("")], LookupScene.table(timeout: 300_000))
    let answer = LookupScene.answers(client, [LookupScene.ids([1])], within: 5)[0]
    #expect(answer != nil)
    #expect(throws: LookupFailure.self) { try answer?.get() }
    client.close()
  }

  @Test("What may pass at a start is told as that, and what is refused as that")
  func starts() throws {
    let postgres = try LookupServer(
      .postgres,
      setup: Self.postgresSetup
        + """

        CREATE DATABASE shut;
        UPDATE pg_database SET datallowconn = false WHERE datname = 'shut';
        CREATE ROLE few LOGIN PASSWORD '\(LookupServer.password)' CONNECTION LIMIT 0;
        """)
    func kind(_ client: any LookupClient) -> ConnectorError.Kind? {
      defer { client.close() }
      do throws(ConnectorError) {
        try client.start()
        return nil
      } catch {
        return error.kind
      }
    }
    func postgresKind(_ database: String, _ options: [String: ResolvedValue] = [:]) throws
      -> ConnectorError.Kind?
    {
      let all = options.merging(["table": .text("users")]) { first, _ in first }
      return kind(try LookupScene.postgres(postgres, all, database: database))
    }
    #expect(try postgresKind("postgres") == nil)
    #expect(try postgresKind("shut") == .unreachable)
    #expect(try postgresKind("postgres", ["username": .text("few")]) == .unreachable)
    #expect(try postgresKind("nowhere") == .configuration)
    #expect(try postgresKind("postgres", ["username": .text("nobody")]) == .configuration)
    #expect(try postgresKind("postgres", ["password": .text("wrong")]) == .configuration)
    let redis = try LookupServer(.redis)
    func redisKind(_ options: [String: ResolvedValue] = [:]) throws -> ConnectorError.Kind? {
      kind(try LookupScene.redis(redis.port, options))
    }
    #expect(try redisKind() == nil)
    #expect(try redisKind(["password": .text("wrong")]) == .configuration)
    try redis.client("CONFIG SET replica-serve-stale-data no\nREPLICAOF 127.0.0.1 1")
    #expect(try redisKind() == .unreachable)
    try redis.client("REPLICAOF NO ONE")
    #expect(try redisKind() == nil)
    let first = try LookupScene.redis(redis.port, ["connections": .int(1)])
    try first.start()
    _ = try LookupScene.ask(first, LookupScene.ids([1]))
    try redis.client("CONFIG SET maxclients 1")
    #expect(try redisKind() == .unreachable)
    first.close()
  }
}
