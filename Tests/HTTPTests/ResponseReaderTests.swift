import FormatOracles
import Foundation
import HTTP
import TestKit
import Testing

/// What is an answer and what is none, in whatever pieces it comes.
@Suite("Reading HTTP/1.1 responses")
struct ResponseReaderTests {
  typealias Outcome = HTTPInvariants.Outcome

  struct Case: Sendable, CustomTestStringConvertible {
    var text: String
    var outcome: Outcome
    var wantsBody = true
    var testDescription: String { String(text.prefix(60)) }

    init(_ text: String, _ outcome: Outcome, wantsBody: Bool = true) {
      self.text = text
      self.outcome = outcome
      self.wantsBody = wantsBody
    }

    /// A response, and the bytes behind it.
    static func good(
      _ text: String, _ body: String, status: Int = 200, stays: Bool = true, more: String = "",
      wantsBody: Bool = true
    ) -> Case {
      Case(
        text + more,
        .whole(
          status: status, body: Array(body.utf8), staysOpen: stays, taken: text.utf8.count),
        wantsBody: wantsBody)
    }

    static func bad(_ text: String, _ kind: HTTPError.Kind = .garbage) -> Case {
      Case(text, .failed(kind))
    }
  }

  static let ok = "HTTP/1.1 200 OK\r\n"
  static let chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"

  static let good: [Case] = [
    .good(ok + "Content-Length: 3\r\n\r\nabc", "abc"),
    .good(ok + "Content-Length: 3\r\n\r\nabc", "abc", more: "HTTP/1.1 500 x"),
    .good(ok + "content-length:3,3\r\nContent-Length:  3 \r\n\r\nabc", "abc"),
    .good(ok + "Content-Length: 0\r\n\r\n", ""),
    .good("HTTP/1.1 200\nContent-Length: 1\n\nx", "x"),
    .good(ok + "Connection: Keep-Alive, Close\r\nContent-Length: 1\r\n\r\nx", "x", stays: false),
    .good("HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\nx", "x", stays: false),
    .good("HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 1\r\n\r\nx", "x"),
    .good(ok + "\r\nall of it", "all of it", stays: false),
    .good("HTTP/1.1 204 No Content\r\n\r\n", "", status: 204, more: "HTTP"),
    .good("HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n", "", status: 204),
    .good(
      "HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n", "", status: 204, stays: false,
      more: "hello"),
    .good(
      "HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n", "", status: 204,
      stays: false, more: "0\r\n\r\n"),
    .good("HTTP/1.1 304 Not Modified\r\n\r\n", "", status: 304),
    // How a body would be packed that does not come.
    .good("HTTP/1.1 304 Not Modified\r\nContent-Encoding: br\r\n\r\n", "", status: 304),
    .good(ok + "Content-Encoding: br\r\nContent-Length: 5\r\n\r\n", "", wantsBody: false),
    .good(ok + "Content-Encoding: br, gzip\r\nContent-Length: 0\r\n\r\n", ""),
    .good(ok + "Content-Length: 5\r\n\r\n", "", wantsBody: false),
    .good(
      "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Hints\r\nLink: a\r\n\r\n"
        + "HTTP/1.1 404 Not Found\r\nContent-Length: 1\r\n\r\nx", "x", status: 404),
    .good(chunked + "3\r\nabc\r\n00a;name=\"v\"\r\n0123456789\r\n0\r\n\r\n", "abc0123456789"),
    .good(chunked + "1\nx\n0\nX-Sum: 1\nX-More: 2\n\n", "x", more: "H"),
    .good(chunked + "0\r\n\r\n", ""),
    .good(chunked + "00000000000000000003\r\nabc\r\n0000000000000000\r\n\r\n", "abc"),
    .good(
      chunked + String(repeating: "1\r\nx\r\n", count: 420) + "0\r\n\r\n",
      String(repeating: "x", count: 420)),
    // Folded lines, and a length beside chunks: the chunks count, and nothing comes behind them.
    .good(ok + "X-A: b\r\n  c\r\nContent-Length:\r\n 2\r\n\r\nab", "ab"),
    .good(
      "HTTP/1.1 200 OK\r\nContent-Length: 9\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "",
      stays: false),
  ]

  static let bad: [Case] = [
    .bad("", .cutOff), .bad("HTT", .cutOff), .bad(ok, .cutOff),
    .bad(ok + "Content-Length: 3\r\n\r\nab", .cutOff), .bad(chunked + "3\r\nabc\r\n", .cutOff),
    .bad(chunked + "0\r\n", .cutOff),
    .bad("what?"), .bad("HTTP/2 200\r\n\r\n"), .bad("HTTP/1.1 20\r\n\r\n"),
    .bad("HTTP/1.1 099 x\r\n\r\n"), .bad("HTTP/1.1  200\r\n\r\n"), .bad("HTTP/1.1 2000\r\n\r\n"),
    .bad(ok + "no colon\r\n\r\n"), .bad(ok + ": nameless\r\n\r\n"), .bad(ok + "A : b\r\n\r\n"),
    .bad(ok + " folded: first\r\n\r\n"), .bad(ok + "A: b\0c\r\n\r\n"), .bad(ok + "A: b\rc\r\n\r\n"),
    .bad(ok + "Content-Length: 1, 2\r\n\r\nab"), .bad(ok + "Content-Length: -1\r\n\r\n"),
    .bad(ok + "Content-Length: 99999999999999999999\r\n\r\n"), .bad(ok + "Content-Length:\r\n\r\n"),
    .bad(ok + "Transfer-Encoding: gzip, chunked\r\n\r\n"),
    .bad(ok + "Transfer-Encoding: chunked, chunked\r\n\r\n"),
    .bad(ok + "Content-Encoding: br\r\nContent-Length: 1\r\n\r\nx"),
    .bad(ok + "Content-Encoding: gzip\r\nContent-Length: 1\r\n\r\nx"),
    .bad("HTTP/1.1 101 Switching\r\n\r\n"),
    .bad(chunked + "x\r\n"), .bad(chunked + "\r\n"), .bad(chunked + "1\rx"),
    .bad(chunked + "1\r\nabc"), .bad(chunked + "1111111111111\r\n"),
    .bad(ok + "Content-Length: 10000000\r\n\r\n", .tooLarge),
    .bad(chunked + "ffff\r\n" + String(repeating: "x", count: 70_000), .tooLarge),
    .bad(ok + "\r\n" + String(repeating: "x", count: 9_000), .tooLarge),
    .bad(ok + "X: " + String(repeating: "x", count: 3_000), .tooLarge),
    .bad(chunked + "1;" + String(repeating: "x", count: 3_000), .tooLarge),
    .bad(
      chunked + String(repeating: "1;\(String(repeating: "x", count: 1_100))\r\na\r\n", count: 2),
      .tooLarge),
    .bad(chunked + "0\r\n" + String(repeating: "a: b\r\n", count: 1_000), .tooLarge),
  ]

  @Test(arguments: good + bad)
  func `an answer is the same wherever it is cut`(_ one: Case) {
    let bytes = Array(one.text.utf8)
    func read(_ pieces: [[UInt8]]) -> Outcome {
      HTTPInvariants.read(pieces, wantsBody: one.wantsBody, ends: true)
    }
    let whole = read([bytes])
    #expect(whole.withoutHeaders == one.outcome)
    for place in 0..<min(bytes.count, 3_000) {
      let outcome = read([Array(bytes[..<place]), Array(bytes[place...])])
      guard outcome != whole else { continue }
      return #expect(outcome == whole, "cut at \(place)")
    }
    #expect(read(bytes.map { [$0] }) == whole)
  }

  @Test func `fields are found by their names, and as they stand`() {
    let text =
      Self.ok + "X-A:  b\r\n  c\r\nEmpty:\r\nx-a: second\r\nContent-Length: 0\r\n\r\n"
    let outcome = HTTPInvariants.read([Array(text.utf8)], wantsBody: true, ends: false)
    guard case .whole(_, let fields, _, _, _) = outcome else {
      return #expect(Bool(false), "\(outcome)")
    }
    #expect(fields["x-a"].map { $0.hasPrefix("b") && $0.hasSuffix("c") } == true)
    #expect(fields["EMPTY"] == "" && fields["content-length"] == "0" && fields["x"] == nil)
  }

  @Test(arguments: [0, 1, 6, 48, 49, 60])
  func `what stands at the limit of heads is the same in any pieces`(_ left: Int) {
    let interim = "HTTP/1.1 100 x\r\nA: "
    let count = HTTPInvariants.headerLimit - left - interim.utf8.count - 4
    let start = interim + String(repeating: "a", count: count) + "\r\n\r\n"
    let garbage = "HX" + String(repeating: "a", count: 100) + "\n\n"
    for next in [garbage, "HTTP/1.1 200 OK\r\nA: b\r\n\r\n"] {
      for size in [0, 1, 2, 5, 199, 255] as [UInt8] {
        let complaint = HTTPInvariants.complaint(about: [0, size] + Array((start + next).utf8))
        #expect(complaint == nil)
      }
    }
  }

  @Test(arguments: [("gzip", 31), ("X-Gzip", 31), ("deflate", 15), ("deflate", -15)])
  func `packed bodies are unpacked, and damaged ones are told`(
    _ name: String, _ window: Int
  ) throws {
    let body = String(repeating: "all that was packed ", count: 50)
    let packed = try Self.packed(body, window)
    func outcome(_ bytes: [UInt8]) -> Outcome {
      let head = Self.ok + "Content-Encoding: \(name)\r\nContent-Length: \(bytes.count)\r\n\r\n"
      return HTTPInvariants.read([Array(head.utf8) + bytes], wantsBody: true, ends: false)
    }
    guard case .whole(200, _, let found, true, _) = outcome(packed) else {
      return #expect(Bool(false), "\(outcome(packed))")
    }
    #expect(found == Array(body.utf8))
    #expect(outcome(Array(packed.dropLast(5))) == .failed(.garbage))
    let bomb = try Self.packed(String(repeating: " ", count: 1 << 20), window)
    #expect(outcome(bomb) == .failed(.tooLarge))
    // A file of two is one.
    if window == 31 {
      guard case .whole(_, _, let twice, _, _) = outcome(packed + packed) else {
        return #expect(Bool(false))
      }
      #expect(twice == Array((body + body).utf8))
    }
  }

  /// By Python's zlib.
  private static func packed(_ text: String, _ window: Int) throws -> [UInt8] {
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = [
      "python3", "-c",
      """
      import sys, zlib
      packer = zlib.compressobj(6, zlib.DEFLATED, \(window))
      sys.stdout.buffer.write(packer.compress(sys.stdin.buffer.read()) + packer.flush())
      """,
    ]
    let (input, output) = (Pipe(), Pipe())
    process.standardInput = input
    process.standardOutput = output
    try process.run()
    try input.fileHandleForWriting.write(contentsOf: Data(text.utf8))
    try input.fileHandleForWriting.close()
    return Array(output.fileHandleForReading.readDataToEndOfFile())
  }

  @Test func `any bytes are read the same in any pieces`() {
    var random = SeededRandom(seed: 1)
    let parts: [[UInt8]] =
      (Self.good + Self.bad).map { Array($0.text.utf8.prefix(200)) }
      + ["\r\n", "\n", "0", ":", " ", ";", "Content-Length: 5\r\n", "HTTP/1.1 100 x\r\n\r\n"]
      .map { Array($0.utf8) }
    for _ in 0..<20_000 {
      var bytes: [UInt8] = [.random(in: 0...3, using: &random), .random(in: 0...9, using: &random)]
      for _ in 0..<Int.random(in: 1...3, using: &random) {
        bytes += parts.randomElement(using: &random) ?? []
      }
      for _ in 0..<Int.random(in: 0...2, using: &random) where bytes.count > 2 {
        let place = Int.random(in: 2..<bytes.count, using: &random)
        bytes[place] = .random(in: 0...255, using: &random)
      }
      let complaint = HTTPInvariants.complaint(about: bytes)
      #expect(complaint == nil, "\(String(decoding: bytes, as: UTF8.self).debugDescription)")
      guard complaint == nil else { return }
    }
  }
}
