import TestKit
import Testing

@testable import HTTP

/// Whose certificates are believed, for which names. Names need no name server here.
@Suite("Certificates of servers", .serialized)
struct CertificateTests {
  private static func server(_ identity: Authority.Identity) throws -> WebServer {
    try WebServer(
      "location = /name { return 200 '$ssl_server_name'; }", identity: identity,
      speaksHTTP2: false)
  }

  private static func ask(
    _ host: String, _ server: WebServer, ca: String
  ) throws -> Result<HTTPResponse, HTTPError> {
    var settings = HTTPSettings()
    settings.ca = ca
    let loop = try HandLoop(settings, at: [HandLoop.place(server.securePort)])
    return try loop.end(loop.send(HTTPRequest("https://\(host):\(server.securePort)/name")))
  }

  /// Why there is no answer.
  private static func fault(
    _ host: String, _ server: WebServer, ca: String
  ) throws -> HTTPError? {
    if case .failure(let error) = try ask(host, server, ca: ca) { error } else { nil }
  }

  @Test func `names and numbers are those that the certificate has, and are said to the server`()
    throws
  {
    let authority = try Authority("the right one")
    let identity = try authority.identity("some", names: ["DNS:*.wild.test", "IP:127.0.0.1"])
    let server = try Self.server(identity)
    let ca = authority.certificate
    for (host, said) in [("shop.wild.test", "shop.wild.test"), ("127.0.0.1", "")] {
      let answer = try Self.ask(host, server, ca: ca).get()
      #expect(String(decoding: answer.body, as: UTF8.self) == said)
    }
    for host in ["wild.test", "a.shop.wild.test", "shop.tame.test"] {
      #expect(try Self.fault(host, server, ca: ca)?.kind == .certificate, "\(host)")
    }
  }

  @Test func `a certificate that is over is none, and one that is named itself needs no other`()
    throws
  {
    let authority = try Authority("the right one")
    let old = try Self.server(try authority.identity("a.test", days: -1))
    let error = try Self.fault("a.test", old, ca: authority.certificate)
    #expect(error?.kind == .certificate && error?.message.contains("expired") == true)
    let identity = try authority.identity("a.test")
    let server = try Self.server(identity)
    #expect(try Self.ask("a.test", server, ca: identity.certificate).get().status == 200)
    #expect(try Self.fault("b.test", server, ca: identity.certificate)?.kind == .certificate)
  }
}
