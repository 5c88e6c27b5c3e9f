import Foundation
import Synchronization

/// A real Kafka-protocol broker on a free port with a fresh directory, or the cluster that
/// `KAFKA_BROKERS` names. Ends with the test process whatever happens to it.
public final class Broker: @unchecked Sendable {
  // The process is guarded by the lock; the rest never changes.
  public let address: String
  public let port: UInt16
  /// Whether it is ours to kill and restart.
  public let isOwn: Bool
  private let folder: URL
  private let guardian = Mutex<Guardian?>(nil)

  public struct Failure: Error, CustomStringConvertible {
    public var description: String
    public init(_ description: String) { self.description = description }
  }

  /// The shell that starts the broker and ends it when its own input closes, which it does when
  /// this process ends, by a crash too.
  private struct Guardian {
    var shell: Process
    var input: Pipe
    var broker: pid_t
  }

  private static let sharedBroker = Mutex<Broker?>(nil)

  /// One broker for all tests of a process that use topics of their own.
  public static func shared() throws -> Broker {
    try sharedBroker.withLock { shared in
      if let shared { return shared }
      let broker = try start()
      shared = broker
      return broker
    }
  }

  /// Whether `start` gives a broker of our own; else it is the cluster that the user names.
  public static var startsOwn: Bool { namedCluster == nil }

  private static var namedCluster: String? {
    let name = ProcessInfo.processInfo.environment["KAFKA_BROKERS"] ?? ""
    return name.isEmpty ? nil : name
  }

  public static func start() throws -> Broker {
    if let cluster = namedCluster { return Broker(cluster: cluster) }
    let broker = try Broker(port: freePort())
    try broker.launch()
    return broker
  }

  private init(cluster: String) {
    address = cluster
    port = UInt16(cluster.split(separator: ",")[0].split(separator: ":").last ?? "") ?? 9092
    isOwn = false
    folder = FileManager.default.temporaryDirectory
  }

  private init(port: UInt16) throws {
    self.port = port
    address = "127.0.0.1:\(port)"
    isOwn = true
    folder = FileManager.default.temporaryDirectory
      .appending(path: "raudal-broker-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  }

  deinit { stop() }

  /// It keeps its connections and answers nothing until `goOn`.
  public func hang() { signal(SIGSTOP) }
  public func goOn() { signal(SIGCONT) }

  private func signal(_ number: Int32) {
    guardian.withLock { guardian in
      guard isOwn, let guardian else { return }
      Foundation.kill(guardian.broker, number)
    }
  }

  /// Kills it at once; its data stay for `restart`.
  public func kill() {
    guard isOwn else { return }
    guardian.withLock { guardian in
      guard let running = guardian else { return }
      Foundation.kill(running.broker, SIGKILL)
      try? running.input.fileHandleForWriting.close()
      running.shell.waitUntilExit()
      guardian = nil
    }
  }

  /// Starts it again on the same port with the same data.
  public func restart() throws {
    guard isOwn else { return }
    kill()
    try launch()
  }

  public func stop() {
    kill()
    if isOwn { try? FileManager.default.removeItem(at: folder) }
  }

  private func launch() throws {
    let shell = Process()
    let input = Pipe()
    let output = Pipe()
    shell.executableURL = URL(filePath: "/bin/sh")
    // "$@" is the broker's command line; its process id is the first line of the output.
    let script = #"log=$1; shift; "$@" >"$log" 2>&1 </dev/null & echo $!; read line; kill -9 $!"#
    shell.arguments =
      [
        "-c", script, "sh", folder.appending(path: "log").path, try Self.program(), "start",
        "--host", "127.0.0.1", "--only", "kafka", "--kafka-port", "\(port)", "--data-dir",
        folder.appending(path: "data").path,
      ]
    shell.standardInput = input
    shell.standardOutput = output
    shell.standardError = FileHandle.nullDevice
    try shell.run()
    let line = String(decoding: output.fileHandleForReading.availableData, as: UTF8.self)
    guard let pid = pid_t(line.trimmingCharacters(in: .whitespacesAndNewlines)) else {
      throw Failure("the broker did not start: \(line)")
    }
    guardian.withLock { $0 = Guardian(shell: shell, input: input, broker: pid) }
    let deadline = Date().addingTimeInterval(20)
    while !Self.accepts(port) {
      guard Date() < deadline else {
        let log = try? String(contentsOf: folder.appending(path: "log"), encoding: .utf8)
        throw Failure("no broker on port \(port) after 20 s: \(log ?? "")")
      }
      usleep(10_000)
    }
  }

  /// The server's own executable: its Python launcher could not be killed with it.
  private static func program() throws -> String {
    let root = URL(filePath: #filePath)
      .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    let tool = root.appending(path: ".tools/python/noida_db/noida-db").path
    if FileManager.default.isExecutableFile(atPath: tool) { return tool }
    let python = Process()
    let output = Pipe()
    python.executableURL = URL(filePath: "/usr/bin/env")
    python.arguments = ["python3", "-c", "import noida_db; print(noida_db.__path__[0])"]
    python.standardOutput = output
    python.standardError = FileHandle.nullDevice
    try python.run()
    let folder = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
      .trimmingCharacters(in: .whitespacesAndNewlines)
    python.waitUntilExit()
    let found = folder + "/noida-db"
    guard FileManager.default.isExecutableFile(atPath: found) else {
      throw Failure("no broker to test against: run scripts/setup")
    }
    return found
  }

  /// A port that nobody listens on at present.
  public static func freePort() throws -> UInt16 {
    let socket = try LoopbackSocket.listening(on: 0)
    defer { socket.close() }
    return socket.port
  }

  private static func accepts(_ port: UInt16) -> Bool {
    guard let socket = LoopbackSocket.connected(to: port) else { return false }
    socket.close()
    return true
  }
}
