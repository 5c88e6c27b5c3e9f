import Foundation
import HTTP
import TestKit
import Testing

/// The client against nginx, and against a server that does what servers should not.
@Suite("The HTTP client", .serialized)
struct HTTPClientTests {
  private static let places = """
    location = /a { return 200 '{"a":1}'; }
    location = /posted { return 200 '{"method":"$request_method"}'; }
    """

  @Test func `many requests go over few connections that stay`() throws {
    let server = try WebServer(Self.places + "location = /n { return 200 '$connection'; }")
    var settings = HTTPSettings()
    settings.connections = 4
    let client = HTTPClient(settings)
    let request = HTTPRequest("http://127.0.0.1:\(server.port)/n")
    var connections: Set<String> = []
    for _ in 0..<3 {
      for answer in asAll(client, Array(repeating: request, count: 500)) {
        connections.insert(String(decoding: try answer.get().body, as: UTF8.self))
      }
    }
    #expect((1...4).contains(connections.count), "\(connections)")
  }

  @Test func `a server that was restarted is asked again over new connections`() throws {
    let server = try WebServer(Self.places)
    let client = HTTPClient()
    let request = HTTPRequest("http://127.0.0.1:\(server.port)/a")
    #expect(try ask(client, request).body == Array(#"{"a":1}"#.utf8))
    server.kill()
    #expect(kind(client, request) == .refused)
    try server.start()
    #expect(try ask(client, request).status == 200)
  }

  @Test func `certificates are looked at, and HTTP 2 is spoken where the server does`() throws {
    let authority = try Authority("the right one")
    let server = try WebServer(Self.places, identity: try authority.identity("localhost"))
    let request = HTTPRequest("https://localhost:\(server.securePort)/a")
    var settings = HTTPSettings()
    #expect(kind(HTTPClient(settings), request) == .certificate)
    settings.ca = authority.certificate
    settings.connections = 2
    let client = HTTPClient(settings)
    #expect(try ask(client, request).version == 2)
    let answers = asAll(client, Array(repeating: request, count: 1_000))
    #expect(answers.allSatisfy { (try? $0.get().status) == 200 })
    // The certificate is for the name, not for the number.
    let other = HTTPRequest("https://127.0.0.1:\(server.securePort)/a")
    #expect(kind(client, other) == .certificate)
    settings.ca = try Authority("another").certificate
    #expect(kind(HTTPClient(settings), request) == .certificate)
    settings.ca = "/nowhere/ca.pem"
    #expect(kind(HTTPClient(settings), request) == .certificate)
    #expect(
      kind(client, HTTPRequest("https://127.0.0.1:\(server.port)/a")) == .encryption)
  }

  @Test func `each failure has its kind`() throws {
    let server = try FaultyService()
    let client = HTTPClient()
    func kindOf(_ path: String, _ timeout: Int64 = 5_000_000) -> HTTPError.Kind? {
      kind(client, HTTPRequest(server.url + path, timeout: timeout))
    }
    #expect(kindOf("/hang", 200_000) == .timedOut)
    #expect(kindOf("/slow/0.05") == nil)
    #expect(kindOf("/reset") == .cutOff)
    #expect(kindOf("/cut") == .cutOff)
    #expect(kindOf("/garbage") == .garbage)
    #expect(kindOf("/headers") == .tooLarge)
    #expect(kindOf("/huge", 30_000_000) == .tooLarge)
    #expect(kindOf("/told", 30_000_000) == .tooLarge)
    #expect(kindOf("/bomb", 30_000_000) == .tooLarge)
    #expect(kind(client, HTTPRequest("http://nobody.invalid/")) == .notResolved)
    #expect(kind(client, HTTPRequest("http://127.0.0.1:1/")) == .refused)
    #expect(kind(client, HTTPRequest("file:///etc/passwd")) == .request)
    #expect(kind(client, HTTPRequest("http://a b/")) == .request)
    let split = [HTTPHeader("X-Key", "a\r\nX-More: b")]
    #expect(kind(client, HTTPRequest(server.url + "/echo", headers: split)) == .request)
    // None of them did harm to what comes after it.
    let after = asAll(client, Array(repeating: HTTPRequest(server.url + "/gzip/a"), count: 100))
    #expect(after.allSatisfy { (try? $0.get().status) == 200 })
  }

  @Test func `messages say who was asked, and nothing of what may be secret`() throws {
    let client = HTTPClient()
    // Those with a login are libcurl's.
    for login in ["", "me:hidden@"] {
      let error = #expect(throws: HTTPError.self) {
        try ask(client, HTTPRequest("http://\(login)127.0.0.1:1/path?token=hidden"))
      }
      #expect(error?.message.hasPrefix("http://127.0.0.1:1: nobody answers there") == true)
      #expect(error?.message.contains("hidden") == false)
    }
    #expect(
      ForeignText.address("https://me:hidden@a.test/b/@c?token=hidden#hidden")
        == "https://a.test/b/@c")
    #expect(ForeignText.address("//hidden@a.test#access_token=hidden") == "//a.test")
    #expect(ForeignText.address("/b/c#hidden") == "/b/c")
    let long = ForeignText.address("/\u{1B}[31m" + String(repeating: "x", count: 4_000))
    #expect(long.hasPrefix("/ [31mx") && long.utf8.count < 130)
    #expect(ForeignText.start("a\r\nb\u{202E}\0c\u{9B}é".utf8) == "a  b  c é")
  }

  @Test func `bodies come whole, packed and in pieces`() throws {
    let server = try FaultyService()
    let client = HTTPClient()
    for path in ["/gzip/abc", "/chunked/abc", "/last/abc"] {
      let body = String(
        decoding: try ask(client, HTTPRequest(server.url + path)).body, as: UTF8.self)
      #expect(body == #"{"sku": "abc", "price": 3.5, "stock": 3}"#, "\(path)")
    }
  }

  @Test func `methods, headers and bodies go as they are, one after the other`() throws {
    let server = try FaultyService()
    let client = HTTPClient()
    struct Echo: Decodable {
      var method: String
      var target: String
      var headers: [String: String]
      var body: String
    }
    func echo(_ request: HTTPRequest) throws -> Echo {
      try JSONDecoder().decode(Echo.self, from: Data(try ask(client, request).body))
    }
    let url = server.url + "/echo?a=%2F..%20"
    for _ in 0..<2 {
      let get = try echo(HTTPRequest(url, headers: [HTTPHeader("X-A", "1")]))
      #expect(get.method == "GET" && get.target == "/echo?a=%2F..%20" && get.body == "")
      #expect(get.headers["x-a"] == "1" && get.headers["content-type"] == nil)
      let post = try echo(
        HTTPRequest(
          "POST", url, headers: [HTTPHeader("Content-Type", "application/json")],
          body: Array("{\"a\":1}".utf8)))
      #expect(post.method == "POST" && post.body == "{\"a\":1}")
      #expect(post.headers["x-a"] == nil && post.headers["expect"] == nil)
      let empty = try echo(HTTPRequest("POST", url, body: []))
      #expect(empty.method == "POST" && empty.body == "")
      #expect(try echo(HTTPRequest("PUT", url, body: [0x61])).method == "PUT")
      #expect(try echo(HTTPRequest("DELETE", url)).method == "DELETE")
      let own = try echo(HTTPRequest(url, headers: [HTTPHeader("accept-encoding", "identity")]))
      #expect(own.headers["accept-encoding"] == "identity")
    }
  }

  @Test func `a redirect is an answer, with the headers that are wanted`() throws {
    let server = try FaultyService()
    let request = HTTPRequest(
      server.url + "/moved/a", wanted: ["location", "content-type", "retry-after"])
    let here = try ask(HTTPClient(), request)
    #expect(here.status == 302 && here.headers["location"] == "/item/a")
    #expect(here.headers["retry-after"] == nil)
  }

  @Test func `a request without a free connection in time fails, and a closed client's at once`()
    throws
  {
    let server = try FaultyService()
    var settings = HTTPSettings()
    settings.connections = 1
    let client = HTTPClient(settings)
    let slow = HTTPRequest(server.url + "/slow/0.5")
    let late = HTTPRequest(server.url + "/item/a", timeout: 100_000)
    let answers = asAll(client, [slow, late])
    #expect((try? answers[0].get().status) == 200)
    let error = #expect(throws: HTTPError.self) { try answers[1].get() }
    #expect(error?.isUnsent == true)
    let hung = collect(2) { number, done in
      client.send(HTTPRequest(server.url + "/hang"), done)
      if number == 1 { client.close() }
    }
    #expect(
      hung.allSatisfy { if case .failure(let error) = $0 { error.kind == .closed } else { false } })
    #expect(kind(client, slow) == .closed)
  }
}
