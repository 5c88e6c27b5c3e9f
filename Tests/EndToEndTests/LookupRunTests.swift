import Foundation
import TestKit
import Testing

/// Tables of real servers that real processes ask, while one or the other is killed.
@Suite(.serialized)
struct LookupRunTests {
  private static let rows = 5_000

  private static func definition(
    redis: UInt16, postgres: UInt16, redisTier: String = "string", table: String = "app.owners"
  ) -> String {
    let retry = "retry: { attempts: 1000, backoff: exponential(20ms, max: 200ms) }"
    return """
      pipeline shop
      type Event { id: int, name: string, at: timestamp }
      type Tier { name: string, tier: \(redisTier), level: int? }
      type Owner { id: int, owner: string, since: timestamp, share: decimal(6, 2)? }
      checkpoint { every: 300ms, keep: 3 }
      source events: Event from file {
        path: "in.jsonl", format: json, event_time: at, on_error: fail
      }
      table tiers: Tier key name from redis {
        address: "127.0.0.1:\(redis)", password: secret("REDIS_PASSWORD"), prefix: "tier:"
        value: hash, batch: 16 within 2ms, timeout: 500ms, \(retry), cache: 200ms
      }
      table owners: Owner key id from postgres {
        url: "postgres://raudal@127.0.0.1:\(postgres)/postgres"
        password: secret("POSTGRES_PASSWORD"), table: "\(table)"
        batch: 16 within 2ms, timeout: 1s, \(retry), order: none
      }
      stream found = events | throttle 250/s | enrich tiers on name | enrich owners on id required
      sink found to file { path: "found", format: json }
      sink found.unmatched to file { path: "unmatched", format: json }
      """
  }

  private static let redisSetup = (0..<10).filter { $0 != 3 }.map {
    "HSET tier:n\($0) tier t\($0)" + ($0 % 2 == 0 ? " level \($0)" : "")
  }.joined(separator: "\n")

  private static let postgresSetup = """
    CREATE SCHEMA app;
    CREATE TABLE app.owners (
      id int PRIMARY KEY, owner varchar(40) NOT NULL, since timestamptz NOT NULL,
      share numeric(6, 2));
    INSERT INTO app.owners
      SELECT n, 'owner ' || n, '2026-01-01T00:00:00Z'::timestamptz + n * interval '1 second',
        CASE WHEN n % 5 > 0 THEN n / 4.0 END
      FROM generate_series(0, \(rows)) n WHERE n % 7 > 0;
    """

  private static func start(
    _ place: Workplace, _ options: [String], password: String = LookupServer.password
  ) throws -> Child {
    try Child(
      Commands.raudal,
      ["run", place.path("p.raudal").path, "--state", place.path("state").path] + options,
      environment: [
        "REDIS_PASSWORD": LookupServer.password, "POSTGRES_PASSWORD": password,
      ])
  }

  @Test func `killed in mid-flight, and its servers under load, a run gives each row once`() throws
  {
    let redis = try LookupServer(.redis, setup: Self.redisSetup)
    let postgres = try LookupServer(.postgres, setup: Self.postgresSetup)
    let place = try Workplace()
    try place.write(
      "p.raudal", Self.definition(redis: redis.port, postgres: postgres.port))
    try place.write("in.jsonl", Workplace.events(0..<Self.rows))
    for round in 0..<Commands.kills {
      let run = try Self.start(place, ["--stop-at-end", "--parallelism", "\(1 + round % 3)"])
      #expect(run.says("checkpoint "), "\(run.errors)")
      let server = round % 2 == 0 ? redis : postgres
      if round < 3 {
        server.kill()
        usleep(300_000)
        if round == 1 { run.signal(SIGKILL) }
        try server.start()
        usleep(300_000)
        #expect(round == 1 || run.isRunning, "\(run.errors)")
      }
      run.signal(SIGKILL)
      run.wait(30)
    }
    let last = try Self.start(place, ["--stop-at-end", "--parallelism", "2"]).wait()
    #expect(last.status == 0, "\(last.errors)")
    try Self.check(place)
  }

  private static func check(_ place: Workplace) throws {
    func rows(_ name: String) throws -> [[String: Any]] {
      try place.lines(name).compactMap {
        try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any]
      }
    }
    let found = try rows("found")
    var wrong: [String] = []
    for row in found {
      guard let id = row["id"] as? Int else { continue }
      let digit = id % 10
      let tier = row["tier"] as? String
      let isTier = tier == (digit == 3 ? nil : "t\(digit)")
      let isLevel = row["level"] as? Int == (digit % 2 == 0 ? digit : nil)
      let isOwner = row["owner"] as? String == "owner \(id)"
      let hasShare = (row["share"] is NSNull || row["share"] == nil) == (id % 5 == 0)
      if !isTier || !isLevel || !isOwner || !hasShare { wrong.append("\(row)") }
    }
    #expect(wrong.isEmpty, "\(wrong.count): \(wrong.prefix(3))")
    let all = (0..<Self.rows)
    #expect(found.compactMap { $0["id"] as? Int }.sorted() == all.filter { $0 % 7 > 0 })
    #expect(
      try rows("unmatched").compactMap { $0["id"] as? Int }.sorted() == all.filter { $0 % 7 == 0 })
  }

  @Test func `what is wrong with a table is told at the start`() throws {
    let redis = try LookupServer(.redis, setup: Self.redisSetup)
    let postgres = try LookupServer(.postgres, setup: Self.postgresSetup)
    let place = try Workplace()
    try place.write("in.jsonl", Workplace.events(0..<10))
    func errors(_ definition: String, password: String = LookupServer.password) throws -> String {
      try place.write("p.raudal", definition)
      let run = try Self.start(place, ["--stop-at-end", "--fresh"], password: password).wait(30)
      #expect(run.status == 1, "\(run.errors)")
      return run.errors
    }
    let good = Self.definition(redis: redis.port, postgres: postgres.port)
    let login = try errors(good, password: "wrong one")
    #expect(login.contains("table `owners`"), "\(login)")
    #expect(login.contains("look at `username` and `password`"), "\(login)")
    #expect(!login.contains("wrong one"), "\(login)")
    let missing = try errors(
      Self.definition(redis: redis.port, postgres: postgres.port, table: "app.nobody"))
    #expect(missing.contains("\"app.nobody\" does not exist"), "\(missing)")
    let type = try errors(
      good.replacingOccurrences(of: "owner: string", with: "owner: int"))
    #expect(type.contains("column `owner` is character varying at the server"), "\(type)")
    let absent = try errors(
      good.replacingOccurrences(of: "secret(\"REDIS_PASSWORD\")", with: "\"x\""))
    #expect(absent.contains("table `tiers`: Redis at 127.0.0.1"), "\(absent)")
  }

  @Test func `a start waits for its servers, and obeys a stop`() throws {
    let redis = try LookupServer(.redis, setup: Self.redisSetup)
    let postgres = try LookupServer(.postgres, setup: Self.postgresSetup)
    let place = try Workplace()
    try place.write("p.raudal", Self.definition(redis: redis.port, postgres: postgres.port))
    try place.write("in.jsonl", Workplace.events(0..<10))
    redis.kill()
    let stopped = try Self.start(place, ["--stop-at-end"])
    #expect(stopped.says("table `tiers`: Redis at 127.0.0.1", within: 20), "\(stopped.errors)")
    stopped.signal(SIGINT)
    let end = stopped.wait(20)
    #expect(end.status == 0 && end.errors.contains("stopped before it began"), "\(end.errors)")
    let run = try Self.start(place, ["--stop-at-end"])
    #expect(run.says("; waiting for it", within: 20), "\(run.errors)")
    try redis.start()
    let whole = run.wait(30)
    #expect(whole.status == 0, "\(whole.errors)")
    #expect(try place.lines("found").count == 8)
  }

  @Test func `a table that is bound to a file needs no server`() throws {
    let place = try Workplace()
    try place.write("p.raudal", Self.definition(redis: 1, postgres: 1))
    try place.write("in.jsonl", Workplace.events(0..<3))
    try place.write("tiers.jsonl", #"{"name":"n1","tier":"gold","level":7}"# + "\n")
    try place.write(
      "owners.jsonl", #"{"id":1,"owner":"me","since":"2026-01-01T00:00:00Z","share":1.5}"# + "\n")
    let binds = ["tiers", "owners"].flatMap {
      ["--bind", "\($0)=file:\(place.path("\($0).jsonl").path)"]
    }
    let run = try Self.start(place, ["--stop-at-end"] + binds).wait(30)
    #expect(run.status == 0, "\(run.errors)")
    let found = try place.lines("found")
    #expect(found.count == 1 && found[0].contains(#""owner":"me""#), "\(found)")
    #expect(found[0].contains(#""tier":"gold","level":7"#), "\(found)")
    #expect(try place.lines("unmatched").count == 2)
  }
}
