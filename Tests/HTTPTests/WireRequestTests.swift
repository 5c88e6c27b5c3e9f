import Testing

@testable import HTTP

/// What is sent, and what is left to libcurl.
@Suite("Requests as they are sent")
struct WireRequestTests {
  private static func sent(_ request: HTTPRequest) -> String? {
    WireRequest(request, HTTPSettings()).map { String(decoding: $0.bytes, as: UTF8.self) }
  }

  @Test func `a request is its method, its target, its headers and its body`() {
    let usual = "User-Agent: raudal\r\nAccept: */*\r\nAccept-Encoding: gzip, deflate\r\n"
    #expect(
      Self.sent(HTTPRequest("http://a.example/b/../c?d=%20#e"))
        == "GET /b/../c?d=%20 HTTP/1.1\r\nHost: a.example\r\n\(usual)\r\n")
    #expect(
      Self.sent(HTTPRequest("http://a.example:8080?b"))
        == "GET /?b HTTP/1.1\r\nHost: a.example:8080\r\n\(usual)\r\n")
    #expect(
      Self.sent(HTTPRequest("POST", "http://[::1]:80", body: Array("x".utf8)))
        == "POST / HTTP/1.1\r\nHost: [::1]\r\n\(usual)Content-Length: 1\r\n\r\nx")
    #expect(
      Self.sent(HTTPRequest("PUT", "http://a:/")).map { $0.hasSuffix("Content-Length: 0\r\n\r\n") }
        == true)
    let own = ["host", "USER-AGENT", "Accept", "X-A"].map {
      HTTPHeader($0, "mine")
    }
    #expect(
      Self.sent(HTTPRequest("http://a/", headers: own))
        == "GET / HTTP/1.1\r\nAccept-Encoding: gzip, deflate\r\nhost: mine\r\n"
        + "USER-AGENT: mine\r\nAccept: mine\r\nX-A: mine\r\n\r\n")
  }

  @Test(arguments: [
    "http://me:secret@a/", "http://[fe80::1%25eth0]/", "http://[]/", "http://[::1", "http://a:b/",
    "http://a:0/", "http://a:65536/", "http://a:999999999999999999999/", "http:///b",
    "http://a%41/", "http://a:80x/", "https://",
  ])
  func `a URL that is not plain is libcurl's`(_ url: String) {
    #expect(Self.sent(HTTPRequest(url)) == nil)
  }

  @Test func `proxies and headers that say how a message is framed or packed are libcurl's`() {
    let names = [
      "Connection", "content-length", "Transfer-Encoding", "TE", "Upgrade", "Expect",
      "accept-Encoding",
    ]
    for name in names {
      #expect(Self.sent(HTTPRequest("http://a/", headers: [HTTPHeader(name, "x")])) == nil)
    }
    var settings = HTTPSettings()
    settings.proxy = .environment
    #expect(WireRequest(HTTPRequest("http://a/"), settings) == nil)
  }

  @Test func `origins are told apart`() throws {
    func origin(_ url: String) -> HTTPOrigin? {
      WireRequest(HTTPRequest(url), HTTPSettings())?.origin
    }
    #expect(origin("http://a/x") == HTTPOrigin(isSecure: false, host: "a", port: 80))
    #expect(origin("https://a/x") == HTTPOrigin(isSecure: true, host: "a", port: 443))
    #expect(origin("http://[::1]:8/") == HTTPOrigin(isSecure: false, host: "::1", port: 8))
  }
}
