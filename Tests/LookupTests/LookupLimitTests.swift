import Columns
import Connectors
import Plans
import Schemas
import TestKit
import Testing

/// Rows that are too large, in calls with others.
@Suite("Large rows at real servers", .serialized)
struct LookupLimitTests {
  private static let fields = [Field("id", .string), Field("tier", .string, nullable: true)]
  private static let table = LookupScene.table(fields, timeout: 20_000_000)
  private static let large = 100_000_000

  private static func tiers(_ answer: LookupAnswer) -> [Int: Int] {
    let sizes = answer.rows.cells.map { cells -> Int in
      if case .text(let text) = cells[1] { text.utf8.count } else { -1 }
    }
    return Dictionary(uniqueKeysWithValues: zip(answer.keys, sizes))
  }

  private static func failure(_ client: any LookupClient, _ keys: [String]) -> LookupFailure? {
    #expect(throws: LookupFailure.self) {
      try LookupScene.answer(client, LookupScene.texts(keys))
    }
  }

  @Test("PostgreSQL: a row of 100 MB fails alone and is not sent; a call of too much says so")
  func postgres() throws {
    let server = try LookupServer(
      .postgres,
      setup: """
        CREATE TABLE users (id text PRIMARY KEY, tier text);
        INSERT INTO users VALUES ('a', 'A'), ('b', repeat('b', \(Self.large))), ('c', 'CC'),
          ('d', repeat('d', 40000000)), ('e', repeat('e', 40000000));
        """)
    let client = try LookupScene.postgres(server, ["table": .text("users")], Self.table)
    try client.start()
    let answer = try LookupScene.answer(client, LookupScene.texts(["a", "b", "c", "x"]))
    #expect(Self.tiers(answer) == [0: 1, 2: 2])
    #expect(answer.unreadable.keys.sorted() == [1])
    #expect(answer.unreadable[1]?.contains("the row of the key `b` has 100000011 bytes") == true)
    #expect(
      Self.tiers(try LookupScene.answer(client, LookupScene.texts(["a", "d"])))
        == [0: 1, 1: 40_000_000])
    let failure = Self.failure(client, ["d", "e", "a"])
    #expect(failure?.isRetriable == false)
    #expect(failure?.reason.contains("make `batch` smaller") == true)
    // The connection that was left is made anew.
    #expect(Self.tiers(try LookupScene.answer(client, LookupScene.texts(["c"]))) == [0: 2])
    client.close()
  }

  @Test(
    "Redis: a value of 100 MB fails alone; a call of too much says so", arguments: [false, true])
  func redis(_ isHash: Bool) throws {
    func set(_ key: String, _ letter: String, _ count: Int) -> String {
      let text = "string.rep('\(letter)', \(count))"
      return isHash
        ? "EVAL \"return redis.call('HSET', KEYS[1], 'tier', \(text))\" 1 \(key)"
        : "EVAL \"return redis.call('SET', KEYS[1], '{\\\"tier\\\":\\\"' .. \(text) .. '\\\"}')\""
          + " 1 \(key)"
    }
    let server = try LookupServer(
      .redis,
      setup: [
        set("a", "a", 1), set("b", "b", Self.large), set("c", "c", 2), set("d", "d", 40_000_000),
        set("e", "e", 40_000_000),
      ].joined(separator: "\n"))
    let client = try LookupScene.redis(
      server.port, isHash ? ["value": .text("hash")] : [:], Self.table)
    try client.start()
    let answer = try LookupScene.answer(client, LookupScene.texts(["a", "b", "c", "x"]))
    #expect(Self.tiers(answer) == [0: 1, 2: 2])
    #expect(answer.unreadable.keys.sorted() == [1])
    #expect(answer.unreadable[1]?.contains("the row of the key `b` has 1000000") == true)
    #expect(
      Self.tiers(try LookupScene.answer(client, LookupScene.texts(["a", "d"])))
        == [0: 1, 1: 40_000_000])
    let failure = Self.failure(client, ["d", "e", "a"])
    #expect(failure?.isRetriable == false)
    #expect(failure?.reason.contains("make `batch` smaller") == true)
    #expect(Self.tiers(try LookupScene.answer(client, LookupScene.texts(["c"]))) == [0: 2])
    client.close()
  }
}
