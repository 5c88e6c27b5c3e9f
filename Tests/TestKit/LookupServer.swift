import Foundation
import Glibc

/// A real PostgreSQL or Redis on a free port with a fresh folder, ended by its pid. Whoever comes
/// over the network needs `password`.
public final class LookupServer {
  public enum Kind: Sendable { case redis, postgres }

  public struct Failure: Error, CustomStringConvertible {
    public var description: String
  }

  public static let password = "let me in"

  public let port: UInt16
  private let kind: Kind
  private let folder: URL
  private let isSecure: Bool
  private let asksClients: Bool
  private var guardian: (process: Process, input: Pipe)?

  /// `setup`: lines for the server's own client. `certificate`: the host's name in one that the
  /// server made for itself; it speaks TLS then. `asksClients`: Redis lets in who shows that
  /// certificate too.
  public init(
    _ kind: Kind, setup: String = "", certificate host: String? = nil, asksClients: Bool = false
  ) throws {
    self.kind = kind
    self.asksClients = asksClients
    isSecure = host != nil
    port = try Broker.freePort()
    folder = FileManager.default.temporaryDirectory
      .appendingPathComponent("raudal-lookup-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    if let host {
      try Self.run(
        "cd '\(folder.path)' && openssl req -x509 -newkey rsa:2048 -nodes -days 2"
          + " -keyout server.key -out server.crt -subj '/CN=\(host)'"
          + " -addext 'subjectAltName=DNS:\(host)' 2>&1 && chmod 600 server.key")
    }
    if kind == .postgres { try initialise() }
    try start()
    if !setup.isEmpty { try client(setup) }
  }

  deinit {
    kill()
    try? FileManager.default.removeItem(at: folder)
  }

  /// Where its certificate is, and the key.
  public var certificate: String { folder.appending(path: "server.crt").path }
  public var key: String { folder.appending(path: "server.key").path }

  private func initialise() throws {
    let path = folder.path
    try Data(Self.password.utf8).write(to: folder.appending(path: "password"))
    if geteuid() == 0 { try Self.run("chown -R postgres '\(path)'") }
    try Self.run(
      Self.asPostgres(
        "$B/initdb -D \(path)/d -U raudal --auth-local=trust --auth-host=scram-sha-256"
          + " --pwfile=\(path)/password -E UTF8 --locale=C >/dev/null"))
  }

  public func start() throws {
    let command =
      switch kind {
      case .redis:
        "exec redis-server --bind 127.0.0.1 --dir \(folder.path) --save ''"
          + " --appendonly yes --requirepass '\(Self.password)'"
          + (isSecure
            ? " --port 0 --tls-port \(port) --tls-cert-file \(certificate)"
              + " --tls-key-file \(key) --tls-ca-cert-file \(certificate)"
              + " --tls-auth-clients \(asksClients ? "yes" : "no")"
            : " --port \(port)")
      case .postgres:
        Self.asPostgres(
          "exec $B/postgres -D \(folder.path)/d -p \(port) -c fsync=off"
            + " -c listen_addresses=127.0.0.1 -k \(folder.path)"
            + (isSecure
              ? " -c ssl=on -c ssl_cert_file=\(folder.path)/server.crt"
                + " -c ssl_key_file=\(folder.path)/server.key" : ""))
      }
    let guardian = Process()
    guardian.executableURL = URL(fileURLWithPath: "/bin/bash")
    guardian.arguments = ["-c", Self.guarding, "guardian", command]
    guardian.currentDirectoryURL = folder
    let input = Pipe()
    guardian.standardInput = input
    guardian.standardOutput = FileHandle.nullDevice
    guardian.standardError = FileHandle.nullDevice
    try guardian.run()
    try input.fileHandleForReading.close()
    self.guardian = (guardian, input)
    for _ in 0..<300 {
      if (try? client(kind == .redis ? "PING" : "SELECT 1")) != nil { return }
      usleep(50_000)
    }
    throw Failure(description: "the server on port \(port) does not answer")
  }

  /// Runs a server, again where the last one's remains are in its way, and kills it when it reads a
  /// line, or its own input closes, which it does when this process ends, by a crash too.
  private static let guarding = """
    exec 3<&0
    rm -f stop
    while [ ! -e stop ]; do bash -c "$1" & echo $! > pid; wait $!; sleep 0.05; done &
    server=$!
    read -r <&3
    touch stop
    while kill -0 $server; do kill -9 "$(cat pid)"; sleep 0.02; done
    """

  /// At once, as a crash would.
  public func kill() {
    guard let (process, input) = guardian else { return }
    try? input.fileHandleForWriting.write(contentsOf: Data("\n".utf8))
    try? input.fileHandleForWriting.close()
    process.waitUntilExit()
    guardian = nil
  }

  /// Whether the server stands still, with all its processes: it takes connections and bytes, and
  /// answers nothing.
  public func freeze(_ isFrozen: Bool) throws {
    let text = try String(contentsOf: folder.appending(path: "pid"), encoding: .utf8)
    guard let first = pid_t(text.filter(\.isNumber)) else { return }
    let children = try String(
      contentsOfFile: "/proc/\(first)/task/\(first)/children", encoding: .utf8)
    for process in [first] + children.split(separator: " ").compactMap({ pid_t($0) }) {
      Glibc.kill(process, isFrozen ? SIGSTOP : SIGCONT)
    }
  }

  /// Lines for the server's own client.
  @discardableResult
  public func client(_ text: String) throws -> String {
    let client =
      kind == .redis
      ? "redis-cli -h 127.0.0.1 -p \(port) -a '\(Self.password)' --no-auth-warning -e"
        + (isSecure ? " --tls --cacert \(certificate) --cert \(certificate) --key \(key)" : "")
      : "psql -q -v ON_ERROR_STOP=1 -h \(folder.path) -p \(port) -U raudal postgres"
    let output = try Self.run("\(client) <<'END'\n\(text)\nEND")
    // Redis' client ends well even so.
    if output.contains("Could not connect") { throw Failure(description: output) }
    return output
  }

  private static func asPostgres(_ command: String) -> String {
    let found = "B=$(ls -d /usr/lib/postgresql/*/bin | tail -1); \(command)"
    return geteuid() == 0
      ? "exec setpriv --reuid=postgres --clear-groups bash -c '\(found)'" : found
  }

  @discardableResult
  private static func run(_ command: String) throws -> String {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/bin/bash")
    process.arguments = ["-c", command]
    let output = Pipe()
    process.standardOutput = output
    process.standardError = output
    try process.run()
    let data = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    let text = String(decoding: data, as: UTF8.self)
    guard process.terminationStatus == 0 else { throw Failure(description: text) }
    return text
  }
}
