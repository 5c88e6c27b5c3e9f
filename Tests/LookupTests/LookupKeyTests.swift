import Columns
import Connectors
import Plans
import Schemas
import TestKit
import Testing

/// Keys and rows that do not fit, in a batch with others.
@Suite("Keys that do not fit at real servers", .serialized)
struct LookupKeyTests {
  private static let named = [Field("id", .string), Field("tier", .string)]

  private struct Found {
    var tiers: [Int: Cell]
    var unreadable: [Int: String]
  }

  private static func find(
    _ server: LookupServer, _ options: [String: ResolvedValue], _ key: DataType, _ keys: Batch
  ) throws -> Found {
    let fields = [Field("id", key), Field("tier", .string)]
    let client = try LookupScene.postgres(server, options, LookupScene.table(fields))
    try client.start()
    defer { client.close() }
    let answer = try LookupScene.answer(client, keys)
    let tiers = zip(answer.keys, answer.rows.cells.map { $0[1] })
    return Found(
      tiers: Dictionary(uniqueKeysWithValues: tiers), unreadable: answer.unreadable)
  }

  @Test("PostgreSQL: a number that its column cannot hold has no row")
  func numbers() throws {
    let server = try LookupServer(
      .postgres,
      setup: """
        CREATE TABLE small (id int PRIMARY KEY, tier text NOT NULL);
        CREATE TABLE tiny (id smallint PRIMARY KEY, tier text NOT NULL);
        CREATE TABLE exact (id numeric(6, 2) PRIMARY KEY, tier text NOT NULL);
        INSERT INTO small VALUES (1, 'one'), (2, 'two'), (3, 'three');
        INSERT INTO tiny VALUES (1, 'one');
        INSERT INTO exact VALUES (1.5, 'one and a half');
        """)
    let many = LookupScene.ids([1, 3_000_000_000, 3, .min, .max])
    let small = try Self.find(server, ["table": .text("small")], .int, many)
    #expect(small.tiers == [0: .text("one"), 2: .text("three")])
    #expect(small.unreadable == [:])
    let tiny = try Self.find(server, ["table": .text("tiny")], .int, many)
    #expect(tiny.tiers == [0: .text("one")])
    let query = "SELECT id, tier FROM small WHERE id = ANY"
    let queried = try Self.find(server, ["query": .text("\(query)($1)")], .int, many)
    #expect(queried.tiers == small.tiers && queried.unreadable == [:])
    // Where the query itself casts, the server refuses the key.
    let cast = try Self.find(server, ["query": .text("\(query)($1::int[])")], .int, many)
    #expect(cast.tiers == small.tiers)
    #expect(cast.unreadable.keys.sorted() == [1, 3, 4])
    let decimals = Batch(
      Schema([Field("id", .decimal(precision: 6, scale: 2))]),
      [[.decimal(unscaled: 150, scale: 2)], [.decimal(unscaled: 100, scale: 2)]])
    let exact = try Self.find(
      server, ["table": .text("exact")], .decimal(precision: 6, scale: 2), decimals)
    #expect(exact.tiers == [0: .text("one and a half")])
    // Also where the server's column is an integer.
    let whole = try Self.find(
      server, ["table": .text("small")], .decimal(precision: 6, scale: 2), decimals)
    #expect(whole.tiers == [1: .text("one")])
  }

  @Test("PostgreSQL: a key that its type cannot hold fails alone")
  func postgres() throws {
    let uuids = (1...3).map { "00000000-0000-0000-0000-00000000000\($0)" }
    let server = try LookupServer(
      .postgres,
      setup: """
        CREATE TABLE small (id int PRIMARY KEY, tier text NOT NULL);
        CREATE TABLE named (id text PRIMARY KEY, tier text NOT NULL);
        CREATE TABLE unique_ids (id uuid PRIMARY KEY, tier text NOT NULL);
        CREATE VIEW broken AS SELECT id, (1 / (id - 2))::text tier FROM small;
        INSERT INTO small VALUES (1, 'one'), (2, 'two'), (3, 'three');
        INSERT INTO named VALUES ('a', 'A'), ('', 'none');
        INSERT INTO unique_ids VALUES ('\(uuids[0])', 'one'), ('\(uuids[2])', 'three');
        """)
    let zeros = LookupScene.texts(["a", "a\u{0}", "", "\u{0}"])
    let named = try Self.find(server, ["table": .text("named")], .string, zeros)
    #expect(named.tiers == [0: .text("A"), 2: .text("none")])
    #expect(named.unreadable == [:])
    let ids = try Self.find(
      server, ["table": .text("unique_ids")], .string,
      LookupScene.texts([uuids[0], "no id", uuids[1], uuids[2], "{\"}"]))
    #expect(ids.tiers == [0: .text("one"), 3: .text("three")])
    #expect(ids.unreadable.keys.sorted() == [1, 4])
    #expect(ids.unreadable[1]?.contains("\"no id\"") == true)
    // A row that fails where the server makes it.
    let broken = try Self.find(
      server, ["table": .text("broken")], .int, LookupScene.ids([1, 2, 3, 4]))
    #expect(broken.tiers == [0: .text("-1"), 2: .text("1")])
    #expect(broken.unreadable[1]?.contains("division by zero") == true)
  }

  @Test("Redis: what is no hash, a hash without the fields, and none are told apart, seldom asked")
  func hashes() throws {
    let server = try LookupServer(
      .redis,
      setup: """
        HSET a tier A
        HSET b other B
        SET c C
        HSET e tier E
        CONFIG RESETSTAT
        """)
    let fields = [Field("id", .string), Field("tier", .string, nullable: true)]
    let client = try LookupScene.redis(
      server.port, ["value": .text("hash")], LookupScene.table(fields))
    try client.start()
    let answer = try LookupScene.answer(client, LookupScene.texts(["a", "b", "c", "d", "e"]))
    let tiers = Dictionary(uniqueKeysWithValues: zip(answer.keys, answer.rows.cells.map { $0[1] }))
    #expect(tiers == [0: .text("A"), 1: .null, 4: .text("E")])
    #expect(answer.unreadable.keys.sorted() == [2])
    let statistics = try server.client("INFO commandstats")
    // `b` and `d`.
    #expect(statistics.contains("cmdstat_exists:calls=2,"), "\(statistics)")
    client.close()
    let keysOnly = try LookupScene.redis(
      server.port, ["value": .text("hash")], LookupScene.table([fields[0]]))
    try keysOnly.start()
    #expect(
      try LookupScene.ask(keysOnly, LookupScene.texts(["a", "d", "c"]))
        == [0: [.text("a")], 2: [.text("c")]])
    keysOnly.close()
  }

  @Test("Redis: a key of several columns never reads as another one's")
  func joined() throws {
    let server = try LookupServer(
      .redis, setup: "SET a:b:c '{\"tier\":\"theirs\"}'\nSET a:b '{\"tier\":\"ours\"}'")
    let fields = [Field("shop", .string), Field("id", .string), Field("tier", .string)]
    let client = try LookupScene.redis(
      server.port, [:], LookupScene.table(fields, keys: ["shop", "id"]))
    try client.start()
    defer { client.close() }
    let keys = Batch(
      Schema([Field("shop", .string), Field("id", .string)]),
      [
        [.text("a:b"), .text("c")], [.text("a"), .text("b:c")], [.text("a"), .text("b")],
      ])
    let answer = try LookupScene.answer(client, keys)
    #expect(Array(answer.unreadable.keys) == [0])
    #expect(answer.unreadable[0]?.contains("a column before its last holds `:`") == true)
    #expect(answer.keys == [1, 2])
    #expect(answer.rows.cells.map { $0[2] } == [.text("theirs"), .text("ours")])
  }

  @Test("Redis: what stands between columns may be anything that no key holds")
  func separated() throws {
    let server = try LookupServer(
      .redis, setup: "SET a:b||c '{\"tier\":\"ours\"}'\nSET a|||c '{\"tier\":\"theirs\"}'")
    let fields = [Field("shop", .string), Field("id", .string), Field("tier", .string)]
    let client = try LookupScene.redis(
      server.port, ["key_separator": .text("||")],
      LookupScene.table(fields, keys: ["shop", "id"]))
    try client.start()
    defer { client.close() }
    // The second reads as `a` and `|c` do.
    let keys = Batch(
      Schema([Field("shop", .string), Field("id", .string)]),
      [[.text("a:b"), .text("c")], [.text("a|"), .text("c")], [.text("a"), .text("|c")]])
    let answer = try LookupScene.answer(client, keys)
    #expect(Array(answer.unreadable.keys) == [1])
    #expect(answer.keys == [0, 2])
    #expect(answer.rows.cells.map { $0[2] } == [.text("ours"), .text("theirs")])
  }
}
