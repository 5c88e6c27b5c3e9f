import Columns
import Connectors
import Plans
import Platform
import PostgresConnector
import RedisConnector
import Schemas
import Synchronization
import TestKit

/// Clients of a table `users` of a server, and what they are asked.
enum LookupScene {
  typealias Answer = Result<LookupAnswer, LookupFailure>

  static let environment = ConnectorEnvironment(
    pipeline: "test", clock: SystemClock(), lanes: ThreadLanes(), workers: 1,
    checkpointInterval: 1_000_000)

  static let fields = [
    Field("id", .int), Field("tier", .string), Field("level", .int, nullable: true),
  ]

  static func table(
    _ fields: [Field] = fields, keys: [String] = ["id"], timeout: Int64 = 2_000_000
  ) -> TableSpec {
    var policy = LookupPolicy()
    policy.timeout = timeout
    return TableSpec(
      name: "users", keys: keys, connector: ConnectorSpec(connector: "test", options: []),
      decoding: DecodingSpec(
        format: .json, columns: fields.map { DecodedColumn(field: $0, origin: .field($0.name)) }),
      lookup: policy)
  }

  /// With the options that are usual, where `options` do not say otherwise.
  static func postgres(
    _ server: LookupServer, _ options: [String: ResolvedValue], _ table: TableSpec = table(),
    database: String = "postgres"
  ) throws -> any LookupClient {
    try postgres(server.port, options, table, database: database)
  }

  static func postgres(
    _ port: UInt16, _ options: [String: ResolvedValue], _ table: TableSpec = table(),
    database: String = "postgres"
  ) throws -> any LookupClient {
    let usual: [String: ResolvedValue] = [
      "url": .text("host=127.0.0.1 port=\(port) dbname=\(database) user=raudal"),
      "password": .text(LookupServer.password),
    ]
    return try PostgresConnector().makeLookup(
      table, options: ResolvedOptions(usual.merging(options) { $1 }), environment: environment)
  }

  static func redis(
    _ port: UInt16, _ options: [String: ResolvedValue] = [:], _ table: TableSpec = table()
  ) throws -> any LookupClient {
    let usual: [String: ResolvedValue] = [
      "address": .text("127.0.0.1:\(port)"), "password": .text(LookupServer.password),
    ]
    return try RedisConnector().makeLookup(
      table, options: ResolvedOptions(usual.merging(options) { $1 }), environment: environment)
  }

  /// Asks all questions at once; nil for one without an answer in `seconds`.
  static func answers(
    _ client: any LookupClient, _ questions: [Batch], within seconds: Int = 20
  ) -> [Answer?] {
    let box = Mutex([Answer?](repeating: nil, count: questions.count))
    let parker = Parker()
    for (place, keys) in questions.enumerated() {
      client.ask(keys) { answer in
        box.withLock { $0[place] = answer }
        parker.wake()
      }
    }
    for _ in 0..<seconds * 100 where box.withLock({ $0.contains { $0 == nil } }) {
      parker.wait(nanoseconds: 10_000_000)
    }
    return box.withLock { $0 }
  }

  static func answer(_ client: any LookupClient, _ keys: Batch) throws -> LookupAnswer {
    guard let answer = answers(client, [keys])[0] else {
      throw LookupFailure("no answer came", isRetriable: false)
    }
    return try answer.get()
  }

  /// What each key is answered with, by its number.
  static func ask(_ client: any LookupClient, _ keys: Batch) throws -> [Int: [Cell]] {
    let found = try answer(client, keys)
    return Dictionary(zip(found.keys, found.rows.cells)) { _, last in last }
  }

  static func ids(_ ids: [Int64]) -> Batch {
    Batch(Schema([Field("id", .int)]), ids.map { [.int($0)] })
  }

  static func texts(_ texts: [String]) -> Batch {
    Batch(Schema([Field("id", .string)]), texts.map { [.text($0)] })
  }
}
