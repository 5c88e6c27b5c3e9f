import Foundation

/// An HTTP server of the tests that is told by each call's path how to end it, and keeps an account
/// of all calls by their `Idempotency-Key`. See its script for the paths.
public final class TaskServer: @unchecked Sendable {
  /// What it says of its calls.
  public struct Account: Decodable, Sendable {
    public var calls: Int
    public var keys: Int
    /// Keys that were called more than once, and how often.
    public var again: [String: Int]
    /// Questions whether a task was done.
    public var asked: Int
    /// Keys of which a call was answered with success, and how often.
    public var done: [String: Int]
    /// Of each `x-tenant` the most calls in any second.
    public var busiest: [String: Int]
    /// Of each `x-tenant` which of all calls its first and its last one were, from 1.
    public var turns: [String: [Int]]
    /// Of each `x-line` its keys in the order of their successes.
    public var lines: [String: [String]]
    /// The most calls under way at a time.
    public var most: Int
  }

  // Nothing changes after the start.
  public let port: UInt16
  private let process = Process()
  private let input = Pipe()

  public var url: String { "http://127.0.0.1:\(port)" }

  public init() throws {
    let output = Pipe()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = ["python3", "-c", Self.script]
    process.standardInput = input
    process.standardOutput = output
    try process.run()
    let line = String(decoding: output.fileHandleForReading.availableData, as: UTF8.self)
    guard let port = UInt16(line.trimmingCharacters(in: .whitespacesAndNewlines)) else {
      throw LookupServer.Failure(description: "the task server did not start: \(line)")
    }
    self.port = port
  }

  deinit { stop() }

  public func account() throws -> Account {
    let (asking, output) = (Process(), Pipe())
    asking.executableURL = URL(filePath: "/usr/bin/env")
    asking.arguments = [
      "python3", "-c",
      "import urllib.request as r; print(r.urlopen('\(url)/account').read().decode())",
    ]
    asking.standardOutput = output
    try asking.run()
    let answer = output.fileHandleForReading.readDataToEndOfFile()
    return try JSONDecoder().decode(Account.self, from: answer)
  }

  /// Calls so far: what may be asked often.
  public func callCount() throws -> Int {
    let socket = LoopbackSocket.connected(to: port)
    defer { socket?.close() }
    guard let socket, socket.write(Array("GET /count HTTP/1.1\r\n\r\n".utf8)) else {
      throw LookupServer.Failure(description: "the task server is away")
    }
    // The head ends with an empty line, and the number has a fixed width.
    var answer: [UInt8] = []
    while !answer.reversed().starts(with: "\n\r\n\r".utf8), let byte = socket.read(1) {
      answer += byte
    }
    let text = String(decoding: socket.read(12) ?? [], as: UTF8.self)
    guard let count = Int(text.trimmingCharacters(in: .whitespaces)) else {
      throw LookupServer.Failure(description: "the task server answered \(text)")
    }
    return count
  }

  /// It ends when its input does, and so with this process whatever happens.
  public func stop() {
    try? input.fileHandleForWriting.close()
    process.waitUntilExit()
  }
}
