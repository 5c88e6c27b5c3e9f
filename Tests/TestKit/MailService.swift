import Foundation

/// A mail server of the tests (`aiosmtpd`, another's work in another language) that is told by each
/// mail's first receiver what becomes of it, and keeps an account of all. See its script.
public final class MailService: @unchecked Sendable {
  /// What it says of what came.
  public struct Account: Decodable, Sendable {
    /// A mail that was taken, as Python's reader has it.
    public struct Mail: Decodable, Sendable {
      public struct Part: Decodable, Sendable {
        public var type: String
        public var text: String
        public var encoding: String
      }

      public var sender: String
      public var receivers: [String]
      public var id: String
      public var subject: String
      public var headers: [[String]]
      public var defects: [String]
      public var kind: String
      public var parts: [Part]
      /// Bytes of its longest line.
      public var longest: Int
      /// Whether it is all ASCII, with line ends as mails have them.
      public var isPlain: Bool

      public func header(_ name: String) -> String? {
        headers.first { $0[0].lowercased() == name.lowercased() }?[1]
      }
    }

    public var mails: [Mail]
    public var refused: Int
    public var connections: Int
    public var mostOpen: Int
    public var hellos: [String]
    public var logins: Int
  }

  public enum Encryption: String, Sendable {
    case none
    /// STARTTLS, without which nothing is taken.
    case start
    case always
  }

  // Nothing changes after the start.
  public let port: UInt16
  private let accountPort: UInt16
  private let encryption: Encryption
  private let process = Process()
  private let input = Pipe()

  /// `smtp://localhost:PORT`
  public var url: String { "\(encryption == .always ? "smtps" : "smtp")://localhost:\(port)" }

  /// `port`: 0 for a free one.
  public init(
    _ encryption: Encryption = .none, identity: Authority.Identity? = nil,
    login: (user: String, password: String)? = nil, port: UInt16 = 0
  ) throws {
    self.encryption = encryption
    let tools = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appending(path: ".tools/python").path
    var options = ["tools": tools, "tls": encryption.rawValue, "port": "\(port)"]
    options["certificate"] = identity?.certificate
    options["key"] = identity?.key
    options["user"] = login?.user
    options["password"] = login?.password
    let output = Pipe()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments =
      ["python3", "-c", Self.script] + options.map { "\($0.key)=\($0.value)" }.sorted()
    process.standardInput = input
    process.standardOutput = output
    try process.run()
    let line = Self.line(of: output.fileHandleForReading)
    let ports = line.split { !$0.isNumber }.compactMap { UInt16($0) }
    guard ports.count == 2 else {
      throw LookupServer.Failure(description: "the mail server did not start: \(line)")
    }
    (self.port, accountPort) = (ports[0], ports[1])
  }

  /// What it says first; it may come in parts.
  private static func line(of output: FileHandle) -> String {
    var line = Data()
    while !line.contains(UInt8(ascii: "\n")) {
      let part = output.availableData
      if part.isEmpty { break }
      line += part
    }
    return String(decoding: line, as: UTF8.self)
  }

  deinit { stop() }

  public func account() throws -> Account {
    let (asking, output) = (Process(), Pipe())
    asking.executableURL = URL(filePath: "/usr/bin/env")
    asking.arguments = [
      "python3", "-c",
      """
      import socket, sys
      s = socket.create_connection(("127.0.0.1", \(accountPort)))
      while True:
          data = s.recv(1 << 16)
          if not data: break
          sys.stdout.buffer.write(data)
      """,
    ]
    asking.standardOutput = output
    try asking.run()
    let answer = output.fileHandleForReading.readDataToEndOfFile()
    return try JSONDecoder().decode(Account.self, from: answer)
  }

  /// It keeps its connections and answers nothing until `goOn`.
  public func hang() { kill(process.processIdentifier, SIGSTOP) }
  public func goOn() { kill(process.processIdentifier, SIGCONT) }

  /// It ends when its input does, and so with this process whatever happens.
  public func stop() {
    try? input.fileHandleForWriting.close()
    process.waitUntilExit()
  }
}
