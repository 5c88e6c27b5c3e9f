import Columns
import Connectors
import Plans
import Schemas
import TestKit
import Testing

/// What listens where a server should, and servers that break off.
@Suite("Look-ups at what is no server", .serialized)
struct LookupProtocolTests {
  private static let postgresSetup = """
    CREATE TABLE users (id bigint PRIMARY KEY, tier text NOT NULL, level int);
    INSERT INTO users VALUES (1, 'gold', 3);
    """
  private static let redisSetup = "SET 1 '{\"tier\":\"gold\",\"level\":3}'"

  private static func client(
    _ kind: LookupServer.Kind, _ port: UInt16, password: String = LookupServer.password,
    timeout: Int64 = 2_000_000
  ) throws -> any LookupClient {
    let table = LookupScene.table(timeout: timeout)
    let options: [String: ResolvedValue] = ["password": .text(password)]
    return kind == .redis
      ? try LookupScene.redis(port, options, table)
      : try LookupScene.postgres(port, options.merging(["table": .text("users")]) { $1 }, table)
  }

  private static let page = "HTTP/1.1 400 Bad Request\r\n\r\n<html>No</html>"

  @Test(
    "What is no server of the kind, or breaks off, is told as that, and may pass",
    arguments: [LookupServer.Kind.redis, .postgres],
    [page, "\u{1}\u{2}\u{7}garbage\u{0}\u{0}", "", "$100\r\ncut"])
  func others(_ kind: LookupServer.Kind, _ text: String) throws {
    let server = try ScriptedServer(text)
    let client = try Self.client(kind, server.port, password: "", timeout: 500_000)
    let error = #expect(throws: ConnectorError.self) { try client.start() }
    #expect(error?.kind == .unreachable)
    if kind == .postgres || text.hasPrefix("HTTP") {
      let name = kind == .redis ? "Redis" : "PostgreSQL"
      #expect(
        error?.message.contains("is it a \(name) server that listens there?") == true,
        "\(error?.message ?? "")")
    }
    for answer in LookupScene.answers(client, Array(repeating: LookupScene.ids([1]), count: 20)) {
      let failure = #expect(throws: LookupFailure.self) { try answer?.get() }
      #expect(failure?.isRetriable == true)
    }
    client.close()
  }

  @Test(
    "An answer that breaks off at any byte is none, or is whole",
    arguments: [LookupServer.Kind.redis, .postgres])
  func cut(_ kind: LookupServer.Kind) throws {
    let server = try LookupServer(
      kind, setup: kind == .redis ? Self.redisSetup : Self.postgresSetup)
    var outcomes: Set<Bool> = []
    for limit in stride(from: 1, to: kind == .redis ? 120 : 1_600, by: kind == .redis ? 3 : 37) {
      let proxy = try CuttingProxy(before: server.port, after: limit)
      let client = try Self.client(kind, proxy.port)
      for answer in LookupScene.answers(client, [LookupScene.ids([1]), LookupScene.ids([1])]) {
        switch answer {
        case .success(let found)?: #expect(found.rows.cells == [[.int(1), .text("gold"), .int(3)]])
        case .failure(let failure)?: #expect(failure.isRetriable, "\(limit): \(failure.reason)")
        case nil: Issue.record("no answer at \(limit)")
        }
        if case .success? = answer { outcomes.insert(true) } else { outcomes.insert(false) }
      }
      client.close()
    }
    #expect(outcomes == [true, false])
  }
}
