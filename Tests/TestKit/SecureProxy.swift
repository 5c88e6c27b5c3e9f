import Foundation

/// A proxy before a broker that asks what the broker itself cannot: TLS, certificates of clients, a
/// name and a password by SASL. It knows both protocols by itself (Python's `ssl` and a SASL server
/// of a hundred lines), so that the client library is held against something that is not its own.
public final class SecureProxy: @unchecked Sendable {
  // Nothing changes after the start.
  /// By name: certificates are made for it.
  public let address: String
  private let process = Process()
  private let input = Pipe()

  public struct Login: Sendable {
    public var mechanisms: [String]
    public var user: String
    public var password: String

    public init(_ mechanisms: [String], user: String, password: String) {
      self.mechanisms = mechanisms
      self.user = user
      self.password = password
    }
  }

  /// - Parameters:
  ///   - certificate: what it shows, and the key beside it; nil: no TLS.
  ///   - clientAuthority: who must have signed the client's certificate; nil: it needs none.
  ///   - login: whom it lets in; nil: all.
  public init(
    before broker: Broker, certificate: Authority.Identity? = nil,
    clientAuthority: Authority? = nil, login: Login? = nil
  ) throws {
    var options = ["port": "\(broker.port)"]
    if let certificate {
      options["certificate"] = certificate.certificate
      options["key"] = certificate.key
    }
    options["client_ca"] = clientAuthority?.certificate
    if let login {
      options["mechanisms"] = login.mechanisms.joined(separator: ",")
      options["user"] = login.user
      options["password"] = login.password
    }
    let output = Pipe()
    process.executableURL = URL(filePath: "/usr/bin/env")
    let arguments = options.map { "\($0.key)=\($0.value)" }.sorted()
    process.arguments = ["python3", "-c", Self.script] + arguments
    process.standardInput = input
    process.standardOutput = output
    try process.run()
    let line = String(decoding: output.fileHandleForReading.availableData, as: UTF8.self)
    guard let port = UInt16(line.trimmingCharacters(in: .whitespacesAndNewlines)) else {
      throw Broker.Failure("the proxy did not start: \(line)")
    }
    address = "localhost:\(port)"
  }

  deinit { stop() }

  /// It ends when its input does, and so with this process whatever happens.
  public func stop() { try? input.fileHandleForWriting.close() }
}

/// A certificate authority of a test, in a folder of its own.
public final class Authority: Sendable {
  /// Paths of PEM files.
  public struct Identity: Sendable {
    public var certificate: String
    public var key: String
  }

  public let certificate: String
  private let folder: URL

  public init(_ name: String) throws {
    folder = FileManager.default.temporaryDirectory
      .appending(path: "raudal-authority-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    certificate = folder.appending(path: "ca.pem").path
    try Self.openssl(
      ["req", "-x509", "-days", "2", "-subj", "/CN=\(name)", "-out", certificate]
        + Self.newKey(folder.appending(path: "ca.key").path))
  }

  deinit { try? FileManager.default.removeItem(at: folder) }

  /// A certificate for a host or a client of that name. With a password its key is encrypted.
  /// `names`: for whom it is, as OpenSSL writes it (`DNS:…`, `IP:…`). `days`: for how many it is
  /// good; it is over where they are negative.
  public func identity(
    _ name: String, password: String? = nil, names: [String]? = nil, days: Int = 2
  ) throws -> Identity {
    let base = folder.appending(path: "\(name)-\(UUID().uuidString.prefix(4))").path
    try Self.openssl(
      ["req", "-subj", "/CN=\(name)", "-out", "\(base).csr"] + Self.newKey("\(base).key"))
    let all = (names ?? ["DNS:\(name)"]).joined(separator: ",")
    try Data("subjectAltName=\(all)\n".utf8).write(to: URL(filePath: "\(base).ext"))
    try Self.openssl([
      "x509", "-req", "-days", "\(days)", "-in", "\(base).csr", "-CA", certificate, "-CAkey",
      folder.appending(path: "ca.key").path, "-CAcreateserial", "-extfile", "\(base).ext", "-out",
      "\(base).pem",
    ])
    guard let password else { return Identity(certificate: "\(base).pem", key: "\(base).key") }
    try Self.openssl([
      "ec", "-aes256", "-in", "\(base).key", "-out", "\(base).locked", "-passout",
      "pass:\(password)",
    ])
    return Identity(certificate: "\(base).pem", key: "\(base).locked")
  }

  private static func newKey(_ path: String) -> [String] {
    ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", path]
  }

  private static func openssl(_ arguments: [String]) throws {
    let process = Process()
    let errors = Pipe()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = ["openssl"] + arguments
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = FileHandle.nullDevice
    process.standardError = errors
    try process.run()
    let text = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    guard process.terminationStatus == 0 else {
      throw Broker.Failure("openssl \(arguments.joined(separator: " ")): \(text)")
    }
  }
}
