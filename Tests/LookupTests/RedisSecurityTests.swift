import Columns
import Connectors
import Foundation
import Plans
import TestKit
import Testing

/// Redis over TLS: a real server, whose certificate its own `openssl` made.
@Suite("Redis over TLS", .serialized)
struct RedisSecurityTests {
  private static let setup = "SET 1 '{\"tier\":\"gold\"}'"

  private static func client(
    _ server: LookupServer, _ tls: [String: ResolvedValue], host: String = "localhost"
  ) throws -> any LookupClient {
    try LookupScene.redis(
      server.port,
      [
        "address": .text("\(host):\(server.port)"),
        "tls": tls.isEmpty ? .bool(true) : .object(tls),
      ])
  }

  private static func refusal(_ client: any LookupClient) -> ConnectorError? {
    defer { client.close() }
    return #expect(throws: ConnectorError.self) { try client.start() }
  }

  @Test("A certificate that is believed and fits is taken, and answers of any size come whole")
  func taken() throws {
    let long = String(repeating: "g", count: 100_000)
    let server = try LookupServer(
      .redis, setup: Self.setup + "\nSET 2 '{\"tier\":\"\(long)\"}'", certificate: "localhost")
    let client = try Self.client(server, ["ca": .text(server.certificate)])
    defer { client.close() }
    try client.start()
    let answer = try LookupScene.ask(client, LookupScene.ids([1, 2, 3]))
    #expect(answer[0]?[1] == .text("gold"))
    #expect(answer[1]?[1] == .text(long))
    #expect(answer[2] == nil)
  }

  @Test("Another authority's certificate, and one for another name, are refused")
  func refused() throws {
    let server = try LookupServer(.redis, setup: Self.setup, certificate: "localhost")
    let stranger = Self.refusal(try Self.client(server, [:]))
    #expect(stranger?.kind == .configuration && stranger?.message.contains("`ca`") == true)
    let other = Self.refusal(
      try Self.client(server, ["ca": .text(server.certificate)], host: "127.0.0.1"))
    #expect(other?.kind == .configuration && other?.message.contains("the name") == true)
  }

  @Test("A server that asks who we are lets in who shows it")
  func asked() throws {
    let server = try LookupServer(
      .redis, setup: Self.setup, certificate: "localhost", asksClients: true)
    let nobody = Self.refusal(try Self.client(server, ["ca": .text(server.certificate)]))
    #expect(
      nobody?.message.contains("give `tls` a `certificate`") == true, "\(nobody?.message ?? "")")
    let other = try LookupServer(.redis, setup: Self.setup, certificate: "localhost")
    let stranger = Self.refusal(
      try Self.client(
        server,
        [
          "ca": .text(server.certificate), "certificate": .text(other.certificate),
          "key": .text(other.key),
        ]))
    let reason = stranger?.message ?? ""
    #expect(reason.contains("takes") && !reason.contains("give `tls`"), "\(reason)")
    let client = try Self.client(
      server,
      [
        "ca": .text(server.certificate), "certificate": .text(server.certificate),
        "key": .text(server.key),
      ])
    defer { client.close() }
    try client.start()
    #expect(try LookupScene.ask(client, LookupScene.ids([1]))[0]?[1] == .text("gold"))
  }

  @Test("TLS where there is none, and none where there is, are told")
  func mismatched() throws {
    let plain = try LookupServer(.redis, setup: Self.setup)
    let alone = Self.refusal(try Self.client(plain, [:]))
    #expect(alone?.message.contains("TLS was not agreed on") == true, "\(alone?.message ?? "")")
    let secure = try LookupServer(.redis, setup: Self.setup, certificate: "localhost")
    let bare = Self.refusal(try LookupScene.redis(secure.port))
    #expect(bare?.message.contains("`tls") == true, "\(bare?.message ?? "")")
  }

  @Test(
    "Options that do not fit are refused before anybody is asked",
    arguments: [
      (["certificate": .text("a.pem")], "`certificate` and `key` of `tls` go together"),
      (["ca": .text("/nowhere.pem")], "`tls.ca`: cannot read /nowhere.pem"),
    ] as [([String: ResolvedValue], String)])
  func options(_ options: [String: ResolvedValue], _ reason: String) throws {
    let error = #expect(throws: ConnectorError.self) {
      _ = try LookupScene.redis(6_379, ["tls": .object(options)])
    }
    #expect(error?.message.contains(reason) == true, "\(error?.message ?? "")")
  }
}
