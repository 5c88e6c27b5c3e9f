import Foundation
import TestKit

/// A real server on a free port with a fresh folder, ended by its pid.
final class LookupServer {
  enum Kind { case redis, postgres }

  struct Failure: Error, CustomStringConvertible {
    var description: String
  }

  let port: UInt16
  private let kind: Kind
  private let folder: URL
  private var process: Process?

  init(_ kind: Kind, setup: String = "") throws {
    self.kind = kind
    port = try Broker.freePort()
    folder = FileManager.default.temporaryDirectory
      .appendingPathComponent("raudal-lookup-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    if kind == .postgres {
      _ = try Self.run("chown postgres '\(folder.path)' 2>/dev/null; true")
      _ = try Self.run(
        Self.asPostgres("$B/initdb -D \(folder.path)/d -A trust -U raudal >/dev/null"))
    }
    try start()
    if !setup.isEmpty { try client(setup) }
  }

  deinit {
    kill()
    try? FileManager.default.removeItem(at: folder)
  }

  func start() throws {
    let command =
      switch kind {
      case .redis:
        "exec redis-server --port \(port) --bind 127.0.0.1 --save '' --dir \(folder.path)"
      case .postgres:
        Self.asPostgres(
          "exec $B/postgres -D \(folder.path)/d -p \(port) -c fsync=off"
            + " -c listen_addresses=127.0.0.1 -k \(folder.path)")
      }
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/bin/bash")
    process.arguments = ["-c", command]
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    try process.run()
    self.process = process
    for _ in 0..<300 {
      if (try? client(kind == .redis ? "PING" : "SELECT 1")) != nil { return }
      usleep(50_000)
    }
    throw Failure(description: "the server on port \(port) does not answer")
  }

  /// At once, as a crash would.
  func kill() {
    guard let process else { return }
    switch kind {
    case .redis: Glibc.kill(process.processIdentifier, SIGKILL)
    case .postgres: _ = try? Self.run("kill -9 $(head -1 \(folder.path)/d/postmaster.pid)")
    }
    process.waitUntilExit()
    self.process = nil
  }

  /// Lines for the server's own client.
  @discardableResult
  func client(_ text: String) throws -> String {
    let client =
      kind == .redis
      ? "redis-cli -h 127.0.0.1 -p \(port) -e"
      : "psql -q -v ON_ERROR_STOP=1 -h 127.0.0.1 -p \(port) -U raudal postgres"
    return try Self.run("\(client) <<'END'\n\(text)\nEND")
  }

  private static func asPostgres(_ command: String) -> String {
    let found = "B=$(ls -d /usr/lib/postgresql/*/bin | tail -1); \(command)"
    return geteuid() == 0
      ? "exec setpriv --reuid=postgres --clear-groups bash -c '\(found)'" : found
  }

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
