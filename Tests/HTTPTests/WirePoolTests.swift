import TestKit
import Testing

@testable import HTTP

/// What depends on which of two things comes first: each test takes the steps of both sides.
@Suite("Connections over HTTP/1.1, step by step")
struct WirePoolTests {
  private static let ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

  private static func url(_ server: SteppedServer) -> String { "http://a.test:\(server.port)/" }

  /// Who asks, once the request is there.
  private static func asked(
    _ server: SteppedServer, _ loop: HandLoop
  ) throws -> SteppedServer.Peer {
    let peer = try server.accept()
    try loop.turn { peer.hasInput }
    return peer
  }

  @Test func `a connection that holds what nobody asked for carries no call`() throws {
    let server = try SteppedServer()
    let loop = try HandLoop(at: [HandLoop.place(server.port)])
    let request = HTTPRequest("POST", Self.url(server), body: [])
    let first = loop.send(request)
    let peer = try Self.asked(server, loop)
    try peer.say("HTTP/1.1 204 No Content\r\n\r\n")
    #expect(try loop.end(first).get().status == 204)
    try peer.say("{}")
    let second = loop.send(request)
    let other = try Self.asked(server, loop)
    try other.say(Self.ok)
    #expect(try loop.end(second).get().body == Array("ok".utf8))
  }

  @Test func `an answer that comes with the connection itself is read`() throws {
    let server = try SteppedServer()
    let loop = try HandLoop(at: [HandLoop.place(server.port)])
    let answer = loop.send(HTTPRequest(Self.url(server)))
    let peer = try server.accept()
    try peer.say(Self.ok)
    #expect(try loop.end(answer).get().status == 200)
  }

  @Test func `a connection that fills as fast as it is read stops no other's time`() throws {
    let server = try SteppedServer()
    var settings = HTTPSettings()
    settings.bodyLimit = 64 << 20
    let loop = try HandLoop(settings, at: [HandLoop.place(server.port)])
    let answer = loop.send(HTTPRequest(Self.url(server)))
    let peer = try Self.asked(server, loop)
    try peer.say("HTTP/1.1 200 OK\r\n\r\n")
    peer.send()
    // What came in a turn is less than the limit, whatever the server's speed.
    loop.turn()
    loop.time = answer.deadline
    loop.turn()
    let error = #expect(throws: HTTPError.self) { try loop.end(answer).get() }
    #expect(error?.kind == .timedOut, "\(error?.message ?? "")")
  }

  @Test func `one that is read in turns is read to its end`() throws {
    let server = try SteppedServer()
    let loop = try HandLoop(at: [HandLoop.place(server.port)])
    let answer = loop.send(HTTPRequest(Self.url(server)))
    let peer = try Self.asked(server, loop)
    // More than a turn reads, and nothing comes behind it that would tell of it again.
    let size = 5 << 20
    try peer.say("HTTP/1.1 200 OK\r\nContent-Length: \(size)\r\n\r\n")
    peer.send(size)
    #expect(try loop.end(answer).get().body.count == size)
  }

  @Test func `addresses share the time of a request, and one that answers comes first`() throws {
    let (full, server) = (try SteppedServer(isFull: true), try SteppedServer())
    let places = [try HandLoop.place(full.port), try HandLoop.place(server.port)]
    let loop = HandLoop(at: places)
    let answer = loop.send(HTTPRequest(Self.url(server), timeout: 1_000_000))
    loop.turn()
    // Not more than a half of it is the first one's.
    loop.time = answer.deadline - 400_000_000
    loop.turn()
    let peer = try Self.asked(server, loop)
    try peer.say(Self.ok)
    #expect(try loop.end(answer).get().status == 200)
    #expect(loop.addresses(server.port) == places.reversed())
  }

  @Test func `behind an address that took a request's time another one comes first`() throws {
    let (full, server) = (try SteppedServer(isFull: true), try SteppedServer())
    let places = [try HandLoop.place(full.port), try HandLoop.place(server.port)]
    let loop = HandLoop(at: places)
    let answer = loop.send(HTTPRequest(Self.url(server), timeout: 1_000_000))
    loop.turn()
    loop.time = answer.deadline
    let error = #expect(throws: HTTPError.self) { try loop.end(answer).get() }
    #expect(error?.kind == .timedOut && error?.isUnsent == true, "\(error?.message ?? "")")
    #expect(loop.addresses(server.port) == places.reversed())
  }

  @Test func `a slow address is tried again where the other takes no connection`() throws {
    let full = try SteppedServer(isFull: true)
    let places = try [full.port, Broker.freePort()].map(HandLoop.place)
    let loop = HandLoop(at: places)
    let answer = loop.send(HTTPRequest("http://a.test:1/", timeout: 1_000_000))
    loop.turn()
    loop.time = answer.deadline - 400_000_000
    for _ in 0..<5 { loop.turn() }
    #expect(answer.told == nil)
    loop.time = answer.deadline
    let error = #expect(throws: HTTPError.self) { try loop.end(answer).get() }
    #expect(error?.kind == .timedOut, "\(error?.message ?? "")")
  }

  @Test func `shares of the time are a second at most`() {
    #expect(Connection.patience(30_000_000_000, others: 1) == 1_000_000_000)
    #expect(Connection.patience(900_000_000, others: 2) == 300_000_000)
    #expect(Connection.patience(0, others: 3) == 0)
  }
}
