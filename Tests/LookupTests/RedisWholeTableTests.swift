import Columns
import Connectors
import Plans
import Platform
import RedisConnector
import Schemas
import Synchronization
import TestKit
import Testing

/// Tables that a real Redis gives whole.
@Suite("Tables of Redis that are read whole", .serialized)
struct RedisWholeTableTests {
  /// What the one who runs the pipeline is told.
  private final class Told: Sendable {
    let lines = Mutex<[String]>([])
  }

  private static func source(
    _ server: LookupServer, _ options: [String: ResolvedValue], _ table: TableSpec,
    _ told: Told = Told()
  ) throws -> any Source {
    var spec = SourceSpec(
      name: table.name, connector: table.connector, decoding: table.decoding, eventTime: nil)
    (spec.isTable, spec.tableKeys) = (true, table.keys)
    let usual: [String: ResolvedValue] = [
      "address": .text("localhost:\(server.port)"), "password": .text(LookupServer.password),
    ]
    var environment = LookupScene.environment
    environment.notify = { line in told.lines.withLock { $0.append(line) } }
    return try RedisConnector().makeSource(
      spec, options: ResolvedOptions(usual.merging(options) { $1 }), environment: environment)
  }

  private static func rows(
    _ server: LookupServer, _ options: [String: ResolvedValue],
    _ table: TableSpec = LookupScene.table(), _ told: Told = Told()
  ) throws -> [[Cell]] {
    try TableLoader.load(table, from: source(server, options, table, told)).cells
  }

  private static func failure(
    _ server: LookupServer, _ options: [String: ResolvedValue]
  ) -> ConnectorError? {
    do {
      _ = try rows(server, options)
      return nil
    } catch {
      return error as? ConnectorError
    }
  }

  /// So many values, under `PREFIX1` and so on.
  private static func values(_ count: Int, prefix: String = "u:") -> String {
    let value = #"'{\"tier\":\"t'..i..'\",\"level\":'..i..'}'"#
    return "EVAL \"for i=1,\(count) do redis.call('SET','\(prefix)'..i,\(value)) end\" 0"
  }

  @Test func `values of all keys that begin so, and of no other`() throws {
    let server = try LookupServer(
      .redis,
      setup: """
        \(Self.values(3_000))
        SET u:abc no
        SET u:007 no
        SET u no
        SET v:1 no
        \(Self.values(2, prefix: "x[*]?:"))
        SET x*y:1 no
        """)
    let all = try Self.rows(server, ["prefix": .text("u:")])
    // A key may be listed twice.
    #expect(Set(all.map(\.[0])) == Set((1...3_000).map { .int($0) }))
    #expect(all.contains([.int(2_999), .text("t2999"), .int(2_999)]))
    let odd = try Self.rows(server, ["prefix": .text("x[*]?:")])
    #expect(Set(odd.map(\.[0])) == [.int(1), .int(2)])
    let told = Told()
    #expect(try Self.rows(server, ["prefix": .text("v")], LookupScene.table(), told) == [])
    let line = told.lines.withLock { $0.first } ?? ""
    #expect(line.contains("`users` is empty") && line.contains("`v:1`"), "\(line)")
    #expect(try Self.rows(server, ["prefix": .text("nobody:")]) == [])
  }

  @Test func `hashes under keys of several columns, over TLS`() throws {
    let server = try LookupServer(
      .redis,
      setup: """
        HSET s:a:1 tier gold level 3
        HSET s:b:2 tier tin note x
        HSET s:b:2:3 tier deep
        HSET s:c tier short
        HSET s::4 tier noname
        """, certificate: "localhost")
    let fields = [
      Field("shop", .string), Field("part", .string), Field("tier", .string),
      Field("level", .int, nullable: true),
    ]
    let found = try Self.rows(
      server,
      [
        "prefix": .text("s:"), "value": .text("hash"),
        "tls": .object(["ca": .text(server.certificate)]),
      ], LookupScene.table(fields, keys: ["shop", "part"]))
    let wanted: Set<[Cell]> = [
      ["a", "1", "gold", .int(3)], ["b", "2", "tin", .null], ["b", "2:3", "deep", .null],
      ["", "4", "noname", .null],
    ]
    #expect(Set(found) == wanted)
  }

  @Test func `what is no row is left out and told, and a row that cannot be read is told`() throws {
    let server = try LookupServer(
      .redis, setup: "\(Self.values(2))\nRPUSH u:3 a\nHSET u:4 tier gold\nSADD w:1 a")
    let told = Told()
    let options: [String: ResolvedValue] = ["prefix": .text("u:")]
    let found = try Self.rows(server, options, LookupScene.table(), told)
    #expect(Set(found.map(\.[0])) == [.int(1), .int(2)])
    let line = told.lines.withLock { $0 }
    #expect(line.count == 1 && line[0].contains("table `users`: 2 keys are left out"), "\(line)")
    let alone = Self.failure(server, ["prefix": .text("w:")])
    #expect(alone?.kind == .configuration, "\(alone as Any)")
    #expect(alone?.message.contains("`w:1` holds a set") ?? false, "\(alone as Any)")
    try server.client(#"SET u:5 "{\"tier\":7}""#)
    let odd = Self.failure(server, options)
    #expect(odd?.kind == .fatal, "\(odd as Any)")
    #expect(
      odd?.message.hasPrefix("table `users`: the row under the key `u:5`: ") ?? false,
      "\(odd as Any)")
    try server.client("SET u:5 word")
    #expect(Self.failure(server, options)?.message.contains("`u:5`") ?? false)
  }

  @Test func `rows of a page that are too much at once are asked for by parts`() throws {
    let big = "redis.call('SET','u:'..i,'{\\\"tier\\\":\\\"'..string.rep('x',23000000)..'\\\"}')"
    let server = try LookupServer(.redis, setup: "EVAL \"for i=1,3 do \(big) end\" 0")
    let found = try Self.rows(server, ["prefix": .text("u:")])
    #expect(Set(found.map(\.[0])) == [.int(1), .int(2), .int(3)])
  }

  @Test func `a server that dies while it is read gives no table, also where it is back at once`()
    throws
  {
    let server = try LookupServer(.redis, setup: Self.values(5_000))
    let table = LookupScene.table()
    let options: [String: ResolvedValue] = ["prefix": .text("u:")]
    for comesBack in [true, false] {
      let source = try Self.source(server, options, table)
      let reader = try source.makeReader(worker: 0, wake: Parker())
      defer { reader.close() }
      guard case .rows = try reader.poll(limit: 4_096) else {
        Issue.record("no rows came")
        return
      }
      server.kill()
      if comesBack { try server.start() }
      let error = #expect(throws: ConnectorError.self) {
        for _ in 0..<100 { _ = try reader.poll(limit: 4_096) }
      }
      #expect(error?.kind == .unreachable, "\(error as Any)")
    }
    #expect(Self.failure(server, options)?.kind == .unreachable)
  }
}
