import Foundation
import TestKit
import Testing

@testable import HTTP

@Suite("Tokens and waits that a server asks for", .serialized)
struct OAuthTests {
  private static func tokens(_ server: FaultyService, secret: String = "let me in") -> OAuthTokens {
    OAuthTokens(
      OAuthTokens.Settings(
        url: server.url + "/token", id: "me", secret: secret, scope: "read write"), HTTPClient())
  }

  private static func take(_ tokens: OAuthTokens, _ count: Int) throws -> [String] {
    try collect(count) { _, done in tokens.token(done) }.map { try $0.get() }
  }

  @Test func `one fetch is for all who wait, and a refused token is fetched anew once`() throws {
    let server = try FaultyService()
    let tokens = Self.tokens(server)
    #expect(Set(try Self.take(tokens, 50)) == ["t1"])
    #expect(try Self.take(tokens, 1) == ["t1"])
    for _ in 0..<3 { tokens.refuse("t1") }
    #expect(Set(try Self.take(tokens, 20)) == ["t2"])
    tokens.refuse("t1")
    #expect(try Self.take(tokens, 1) == ["t2"])
  }

  @Test func `a token is fetched again before it ends`() throws {
    let server = try FaultyService(tokenSeconds: 10)
    let tokens = Self.tokens(server)
    #expect(try Self.take(tokens, 1) == ["t1"])
    // In the last second of ten.
    usleep(9_200_000)
    // The old one still counts while the new one is fetched.
    #expect(try Self.take(tokens, 1) == ["t1"])
    var last = ["t1"]
    for _ in 0..<100 where last == ["t1"] {
      usleep(50_000)
      last = try Self.take(tokens, 1)
    }
    #expect(last == ["t2"])
  }

  @Test(arguments: [
    ("60", 60), (#""60""#, 60), (#""nan""#, OAuthAnswer.usualSeconds),
    (#""inf""#, OAuthAnswer.usualSeconds), ("-5", 1), ("1e300", 31_536_000), ("null", 300),
  ])
  func `how long a token counts is taken from whatever a server writes`(
    _ text: String, _ seconds: Int64
  ) throws {
    let body = #"{"access_token":"x","expires_in":\#(text)}"#
    let response = HTTPResponse(status: 200, headers: [:], body: Array(body.utf8), version: 1)
    #expect(try OAuthAnswer.read(response, "http://a/token").get().seconds == seconds)
  }

  @Test func `where tokens come from is told without what in it may be secret`() {
    let url = "https://me:hidden@a.test/token?key=hidden"
    let long = String(repeating: "x", count: 999)
    let answers = [
      (401, #"{"error":"no\u001b[31m","error_description":"\#(long)"}"#),
      (200, "{}"), (200, #"{"access_token":"a\r\nb"}"#),
    ]
    for (status, body) in answers {
      let response = HTTPResponse(status: status, headers: [:], body: Array(body.utf8), version: 1)
      let error = #expect(throws: HTTPError.self) { try OAuthAnswer.read(response, url).get() }
      let message = error?.message ?? ""
      #expect(message.contains("https://a.test") && !message.contains("hidden"), "\(message)")
      #expect(!message.contains("\u{1B}") && message.utf8.count < 200, "\(message)")
    }
  }

  @Test func `a wrong secret is told with the server's words, and is not said`() throws {
    let server = try FaultyService()
    let error = #expect(throws: HTTPError.self) {
      try Self.take(Self.tokens(server, secret: "hidden"), 1)
    }
    #expect(error?.message.contains("status 401 (invalid_client)") == true)
    #expect(error?.message.contains("hidden") == false)
    #expect(error?.isRetriable == false)
    server.stop()
    let away = #expect(throws: HTTPError.self) { try Self.take(Self.tokens(server), 1) }
    #expect(away?.kind == .refused)
  }

  @Test
  func `a server that gave none is left alone for a while, and who asks is told for how long`()
    throws
  {
    var server = try FaultyService()
    let (tokens, port) = (Self.tokens(server), server.port)
    server.stop()
    let first = #expect(throws: HTTPError.self) { try Self.take(tokens, 1) }
    #expect(first?.retryAfter == nil)
    #expect(first?.kind == .refused)
    // Who asks at once is told the same, and for how long it stays so.
    var later: HTTPError?
    for _ in 0..<20 where later?.retryAfter == nil {
      later = #expect(throws: HTTPError.self) { try Self.take(tokens, 1) }
    }
    #expect(later?.kind == .refused)
    #expect(later?.retryAfter ?? 0 > 0)
    server = try FaultyService(port: port)
    var token: String?
    for _ in 0..<100 where token == nil {
      usleep(100_000)
      token = try? Self.take(tokens, 1).first
    }
    #expect(token == "t1")
    server.stop()
  }

  @Test func `Retry-After is seconds or a date`() {
    let now: Int64 = 784_111_777
    #expect(RetryAfter.delay("120", now: now) == 120_000_000)
    #expect(RetryAfter.delay(" 0 ", now: now) == 0)
    #expect(RetryAfter.delay("99999999999999999999", now: now) == RetryAfter.limit)
    for date in [
      "Sun, 06 Nov 1994 08:49:47 GMT", "Sunday, 06-Nov-94 08:49:47 GMT",
      "Sun Nov  6 08:49:47 1994",
    ] {
      #expect(RetryAfter.delay(date, now: now) == 10_000_000, "\(date)")
    }
    #expect(RetryAfter.delay("Sun, 06 Nov 1994 08:49:07 GMT", now: now) == 0)
    for none in ["", "soon", "-1", "1.5", "1 2"] {
      #expect(RetryAfter.delay(none, now: now) == nil, "\(none)")
    }
  }

  @Test func `percent-encoding keeps what RFC 3986 keeps`() {
    #expect(PercentEncoding.encode("aZ0-._~".utf8) == "aZ0-._~")
    #expect(PercentEncoding.encode("a/b?c&d=é +%".utf8) == "a%2Fb%3Fc%26d%3D%C3%A9%20%2B%25")
    #expect(PercentEncoding.encodeStrange("http://a/ü b?x=%20") == "http://a/%C3%BC%20b?x=%20")
  }
}
