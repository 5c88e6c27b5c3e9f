import Columns
import Connectors
import HTTPConnector
import Plans
import Platform
import Schemas
import Synchronization
import TestKit
import Testing

/// What an HTTP service says of a failure is told in the same words by all who ask it.
@Suite("Words for failures of HTTP services", .serialized)
struct AnswerWordsTests {
  private static let fields = [Field("sku", .string), Field("price", .float)]
  private static let keys = Batch(Schema([fields[0]]), [["a"]])

  private static func lookup(_ options: ResolvedOptions) throws -> String? {
    let table = LookupScene.table(fields, keys: ["sku"])
    let client = try HTTPConnectorFactory().makeLookup(
      table, options: options, environment: LookupScene.environment)
    defer { client.close() }
    return ModelScene.failure(client, keys)?.reason
  }

  private static func whole(_ options: ResolvedOptions) throws -> String? {
    let table = LookupScene.table(fields, keys: ["sku"])
    var spec = SourceSpec(
      name: table.name, connector: table.connector, decoding: table.decoding, eventTime: nil)
    spec.isTable = true
    let source = try HTTPConnectorFactory().makeSource(
      spec, options: options, environment: LookupScene.environment)
    do {
      _ = try TableLoader.load(table, from: source)
      return nil
    } catch {
      return error.message
    }
  }

  private static func task(_ options: ResolvedOptions) throws -> String? {
    let task = TaskSpec(
      name: "send", kind: "http", options: [], response: [], idempotencyKey: "sku",
      timeout: 2_000_000)
    let client = try HTTPConnectorFactory().makeTask(
      task, input: keys.schema, options: options, environment: LookupScene.environment)
    defer { client.close() }
    let box = Mutex<TaskAnswer?>(nil)
    let parker = Parker()
    client.perform(TaskAttempt(rows: keys, row: 0, idempotencyKey: "k", number: 1)) { answer in
      box.withLock { $0 = answer }
      parker.wake()
    }
    while true {
      if let answer = box.withLock({ $0 }) {
        switch answer.end {
        case .refused(let reason), .errors(let reason): return reason
        default: return nil
        }
      }
      parker.wait(nanoseconds: 100_000_000)
    }
  }

  /// Without who asked.
  private static func words(_ options: [String: ResolvedValue]) throws -> [String?] {
    let options = ResolvedOptions(options)
    return try [lookup(options), whole(options), task(options)].map {
      $0.map { said in
        var words = said[...]
        for place in ["table `users`: ", "the service answers with "] {
          if words.hasPrefix(place) { words = words.dropFirst(place.count) }
        }
        return String(words)
      }
    }
  }

  @Test func `a status, with where it points to and what stands in the answer`() throws {
    let server = try FaultyService()
    let moved = try Self.words(["url": .text(server.url + "/moved/b")])
    #expect(moved == Array(repeating: "status 302, which points to /item/b", count: 3))
    let refused = try Self.words(["url": .text(server.url + "/status/403")])
    #expect(refused == Array(repeating: "status 403: <p>no</p>", count: 3))
  }

  @Test func `errors of GraphQL, and none`() throws {
    let server = try FaultyService()
    func words(_ answer: String) throws -> [String?] {
      let path = answer.utf8.map { "%" + ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
      return try Self.words([
        "url": .text(server.url + "/words/" + path),
        "graphql": .object(["query": .text("{ items { sku price } }")]),
        "path": .text("data"),
      ])
    }
    let broken = #"{"data":[],"errors":[{"message":"busy"}]}"#
    #expect(
      try words(broken) == Array(repeating: "GraphQL answers with errors: \(broken)", count: 3))
    for none in [#"{"data":[],"errors":[]}"#, #"{"data":[],"errors":null}"#] {
      #expect(try words(none) == [nil, nil, nil])
    }
  }
}
