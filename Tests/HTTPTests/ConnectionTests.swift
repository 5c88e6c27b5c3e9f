import Foundation
import TestKit
import Testing

@testable import HTTP

/// What connections over HTTP/1.1 stand: servers that end them, cut answers off, are slow, or are
/// others than they should be.
@Suite("Connections over HTTP/1.1", .serialized)
struct ConnectionTests {
  private static func client(_ connections: Int, ca: String? = nil) -> HTTPClient {
    var settings = HTTPSettings()
    settings.connections = connections
    settings.ca = ca
    return HTTPClient(settings)
  }

  private static func text(_ response: HTTPResponse) -> String {
    String(decoding: response.body, as: UTF8.self)
  }

  /// The second way is libcurl's.
  @Test(arguments: ["http://", "http://me@"])
  func `a request is sent once more where nothing is done twice by that, and else is not`(
    _ scheme: String
  ) throws {
    let server = try ForgetfulServer()
    let client = Self.client(1)
    let url = "\(scheme)127.0.0.1:\(server.port)/"
    #expect(try ask(client, HTTPRequest(url)).status == 200)
    // The connection ends under it, and it may have been heard.
    #expect(kind(client, HTTPRequest("POST", url, body: [0x61])) == .cutOff)
    #expect(server.methods == ["GET", "POST"])
    #expect(try ask(client, HTTPRequest(url)).status == 200)
    #expect(try ask(client, HTTPRequest("PUT", url, body: [0x61])).status == 200)
    #expect(server.methods == ["GET", "POST", "GET", "PUT", "PUT"])
    var asking = HTTPRequest("POST", url, body: [0x61])
    asking.isRepeatable = true
    #expect(try ask(client, asking).status == 200)
    #expect(server.methods.suffix(2) == ["POST", "POST"])
  }

  @Test func `servers that end their connections after some requests lose none`() throws {
    let server = try WebServer(
      "keepalive_requests 7; location = /a { return 200 '$request_method'; }")
    let url = "http://127.0.0.1:\(server.port)/a"
    let requests = (0..<2_000).map { number in
      number % 2 == 0 ? HTTPRequest(url) : HTTPRequest("POST", url, body: [0x61])
    }
    for (number, answer) in asAll(Self.client(8), requests).enumerated() {
      #expect(try Self.text(answer.get()) == (number % 2 == 0 ? "GET" : "POST"))
    }
  }

  @Test(arguments: [
    "HTTP/1.1 200 OK\r\nServer: x\r\nContent-Length: 5\r\n\r\nhello",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n",
  ])
  func `an answer that is cut off at any byte is none`(_ answer: String) throws {
    let client = Self.client(4)
    for count in 0...answer.utf8.count {
      let server = try ScriptedServer(String(decoding: answer.utf8.prefix(count), as: UTF8.self))
      let request = HTTPRequest("http://127.0.0.1:\(server.port)/", timeout: 20_000_000)
      guard count == answer.utf8.count else {
        #expect(kind(client, request) == .cutOff, "\(count) bytes")
        continue
      }
      #expect(try Self.text(ask(client, request)) == "hello")
    }
  }

  @Test func `an answer that trickles is read whole, or given up when its time is over`() throws {
    let client = Self.client(4)
    let head = "HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n"
    let server = try TricklingServer(head, every: 1_000)
    let url = "http://127.0.0.1:\(server.port)/"
    #expect(try ask(client, HTTPRequest(url)).body.count == 20)
    for start in ["", "HTTP/1.1 200 OK\r\nX: ", "HTTP/1.1 200 OK\r\n\r\n"] {
      // The first text is no HTTP at its first byte.
      let slow = try TricklingServer(start, every: 20_000)
      let request = HTTPRequest("http://127.0.0.1:\(slow.port)/", timeout: 300_000)
      #expect(kind(client, request) == (start.isEmpty ? .garbage : .timedOut))
    }
  }

  @Test(.timeLimit(.minutes(2)))
  func `requests that nobody answers are given up, those too that waited behind others`() throws {
    let server = try FaultyService()
    let requests = (1...4).map {
      HTTPRequest(server.url + "/hang", timeout: Int64($0) * 150_000)
    }
    for answer in asAll(Self.client(1), requests) {
      let error = #expect(throws: HTTPError.self) { try answer.get() }
      #expect(error?.kind == .timedOut, "\(error?.message ?? "")")
    }
  }

  @Test func `a request that never left is told apart from one that may have been heard`() throws {
    let silent = try SilentPort()
    defer { silent.close() }
    let client = Self.client(2)
    // Nobody answers what TLS begins with.
    for (scheme, isUnsent) in [("https", true), ("http", false)] {
      let request = HTTPRequest("\(scheme)://\(silent.address)/", timeout: 1_000_000)
      let error = #expect(throws: HTTPError.self) { try ask(client, request) }
      #expect(error?.kind == .timedOut, "\(error?.message ?? "")")
      #expect(error?.isUnsent == isUnsent, "\(error?.message ?? "")")
    }
  }

  @Test func `an answer may come before all was sent, and much may be sent`() throws {
    let refusing = try ScriptedServer(
      "HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\n\r\nno")
    let much = [UInt8](repeating: 0x61, count: 6 << 20)
    let early = try ask(
      Self.client(1), HTTPRequest("POST", "http://127.0.0.1:\(refusing.port)/", body: much))
    #expect(early.status == 413 && Self.text(early) == "no")
    let server = try FaultyService()
    let client = Self.client(2)
    for _ in 0..<2 {
      let echo = try ask(client, HTTPRequest("POST", server.url + "/echo", body: much))
      #expect(echo.status == 200 && echo.body.count > much.count)
    }
  }

  @Test func `answers without a body leave their connection to the next`() throws {
    let server = try WebServer(
      """
      location = /a { return 200 '$connection'; }
      location = /none { return 204; }
      """)
    let (client, url) = (Self.client(1), "http://127.0.0.1:\(server.port)")
    let first = try Self.text(ask(client, HTTPRequest(url + "/a")))
    #expect(try ask(client, HTTPRequest("HEAD", url + "/a")).body == [])
    #expect(try ask(client, HTTPRequest(url + "/none")).status == 204)
    #expect(try ask(client, HTTPRequest("POST", url + "/none", body: [])).status == 204)
    #expect(try Self.text(ask(client, HTTPRequest(url + "/a"))) == first)
  }

  @Test func `more servers than connections take turns`() throws {
    let servers = try (0..<4).map { number in
      try WebServer("location = /a { return 200 '\(number)'; }")
    }
    let requests = (0..<400).map { HTTPRequest("http://127.0.0.1:\(servers[$0 % 4].port)/a") }
    for (number, answer) in asAll(Self.client(2), requests).enumerated() {
      #expect(try Self.text(answer.get()) == "\(number % 4)")
    }
    withExtendedLifetime(servers) {}
  }

  @Test func `HTTP 1 is spoken over TLS where the server knows no other`() throws {
    let authority = try Authority("the right one")
    let echo = try FaultyService()
    let server = try WebServer(
      """
      location = /a { return 200 '$connection'; }
      location = /once { keepalive_timeout 0; return 200 '$ssl_session_reused'; }
      location = /echo { proxy_pass http://127.0.0.1:\(echo.port)/echo; }
      """, identity: try authority.identity("localhost"), speaksHTTP2: false)
    let client = Self.client(3, ca: authority.certificate)
    let request = HTTPRequest("https://localhost:\(server.securePort)/a")
    let answers = try asAll(client, Array(repeating: request, count: 1_000)).map { try $0.get() }
    #expect(answers.allSatisfy { $0.version == 1 && $0.status == 200 })
    #expect((1...3).contains(Set(answers.map(Self.text)).count))
    // A server that was met is known again.
    let other = Self.client(1, ca: authority.certificate)
    let once = HTTPRequest("https://localhost:\(server.securePort)/once")
    #expect(try Self.text(ask(other, once)) == ".")
    #expect(try Self.text(ask(other, once)) == "r")
    let much = [UInt8](repeating: 0x61, count: 900_000)
    #expect(try ask(client, HTTPRequest("PUT", request.url, body: much)).status == 200)
    // More than is read in a turn.
    let back = HTTPRequest("PUT", "https://localhost:\(server.securePort)/echo", body: much)
    #expect(try ask(client, back).body.count > much.count)
  }

  @Test func `a server with TLS that is another is told so, whoever waits for it`() throws {
    let authority = try Authority("the right one")
    let server = try WebServer(
      "location = /a { return 200 'ok'; }", identity: try authority.identity("elsewhere.example"),
      speaksHTTP2: false)
    let client = Self.client(4, ca: authority.certificate)
    for host in ["localhost", "127.0.0.1"] {
      let request = HTTPRequest("https://\(host):\(server.securePort)/a")
      for answer in asAll(client, Array(repeating: request, count: 50)) {
        let error = #expect(throws: HTTPError.self) { try answer.get() }
        #expect(error?.kind == .certificate, "\(error?.message ?? "")")
      }
    }
  }
}
