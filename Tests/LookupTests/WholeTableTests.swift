import Columns
import Connectors
import HTTPConnector
import Plans
import PostgresConnector
import Schemas
import TestKit
import Testing

/// Tables that real servers give whole.
@Suite("Tables that are read whole", .serialized)
struct WholeTableTests {
  private static func rows(
    _ factory: any ConnectorFactory, _ options: [String: ResolvedValue],
    _ fields: [Field] = LookupScene.fields
  ) throws -> [[Cell]] {
    let table = LookupScene.table(fields, keys: [fields[0].name])
    var spec = SourceSpec(
      name: table.name, connector: table.connector, decoding: table.decoding, eventTime: nil)
    spec.isTable = true
    let source = try factory.makeSource(
      spec, options: ResolvedOptions(options), environment: LookupScene.environment)
    return try TableLoader.load(table, from: source).cells
  }

  private static func failure(
    _ factory: any ConnectorFactory, _ options: [String: ResolvedValue],
    _ fields: [Field] = LookupScene.fields
  ) -> ConnectorError? {
    do {
      _ = try rows(factory, options, fields)
      return nil
    } catch {
      return error as? ConnectorError
    }
  }

  @Test func `PostgreSQL: a table, a query, and what is wrong with either`() throws {
    let server = try LookupServer(
      .postgres,
      setup: """
        CREATE TABLE users (id int PRIMARY KEY, tier text, level int);
        INSERT INTO users SELECT n, 't' || n, CASE WHEN n % 2 = 0 THEN n END
          FROM generate_series(1, 9000) n;
        """)
    var options: [String: ResolvedValue] = [
      "url": .text("host=127.0.0.1 port=\(server.port) dbname=postgres user=raudal"),
      "password": .text(LookupServer.password),
    ]
    options["table"] = .text("users")
    let all = try Self.rows(PostgresConnector(), options)
    #expect(all.count == 9_000)
    #expect(Set(all.map(\.[0])).count == 9_000)
    #expect(all.contains([.int(4), .text("t4"), .int(4)]))
    #expect(all.contains([.int(7), .text("t7"), .null]))
    options["table"] = nil
    options["query"] = .text("SELECT * FROM users WHERE id < 3;")
    #expect(try Self.rows(PostgresConnector(), options).count == 2)
    options["query"] = .text("SELECT * FROM users WHERE id = ANY($1::int[])")
    let keyed = Self.failure(PostgresConnector(), options)
    #expect(keyed?.kind == .configuration)
    #expect(keyed?.message.contains("is read whole: leave `$1` out") ?? false)
    options["query"] = .text("SELECT id, tier, 'x'::text AS level FROM users")
    #expect(
      Self.failure(PostgresConnector(), options)?.message.contains("`level` is text") ?? false)
    server.kill()
    #expect(Self.failure(PostgresConnector(), options)?.kind == .unreachable)
  }

  @Test func `HTTP: a list at a path, and what is none`() throws {
    let server = try FaultyService()
    let fields = [Field("sku", .string), Field("price", .float)]
    func options(_ path: String, _ at: String?) -> [String: ResolvedValue] {
      var options: [String: ResolvedValue] = ["url": .text(server.url + path)]
      options["path"] = at.map { .text($0) }
      return options
    }
    let http = HTTPConnectorFactory()
    #expect(
      try Self.rows(http, options("/items?ids=a,bc", "data.items"), fields)
        == [["bc", 2.5], ["a", 1.5]])
    #expect(try Self.rows(http, options("/items?ids=x", "data.items"), fields) == [])
    func failure(_ path: String, _ at: String?) -> ConnectorError? {
      Self.failure(http, options(path, at), fields)
    }
    #expect(
      failure("/items?ids=a", "data.other")?.message.contains("no list at `data.other`") ?? false)
    #expect(failure("/html", nil)?.message.contains("no JSON at byte 0: <html>") ?? false)
    #expect(failure("/status/403", nil)?.kind == .configuration)
    #expect(failure("/status/503", nil)?.kind == .unreachable)
    let odd = Self.failure(http, options("/items?ids=a", "data.items"), [Field("sku", .int)])
    #expect(odd?.message.contains("table `users`: record 1") ?? false, "\(odd as Any)")
    server.stop()
    #expect(failure("/items?ids=a", "data.items")?.kind == .unreachable)
  }
}
