import Foundation

/// The built programs as child processes, the way a user runs them.
enum Commands {
  static let root = URL(filePath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  /// The executable beside the test bundle, built in the same configuration.
  static var raudal: URL {
    let bundle = URL(filePath: CommandLine.arguments[0])
    let folder = bundle.deletingLastPathComponent()
    let beside = folder.appending(path: "raudal")
    if FileManager.default.isExecutableFile(atPath: beside.path) { return beside }
    return Bundle.main.bundleURL.appending(path: "raudal")
  }

  struct Result {
    var status: Int32
    var output: String
    var errors: String
  }

  /// Runs a program to its end.
  static func run(
    _ program: URL, _ arguments: [String], environment: [String: String] = [:],
    directory: URL? = nil
  ) throws -> Result {
    let child = try Child(program, arguments, environment: environment, directory: directory)
    return child.wait()
  }
}

/// A running child process; its output goes to files, so that no pipe can fill up and hold it.
final class Child {
  let process = Process()
  private let folder: URL

  init(
    _ program: URL, _ arguments: [String], environment: [String: String] = [:],
    directory: URL? = nil
  ) throws {
    folder = FileManager.default.temporaryDirectory
      .appending(path: "raudal-child-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    for name in ["out", "err"] {
      _ = FileManager.default.createFile(atPath: folder.appending(path: name).path, contents: nil)
    }
    process.executableURL = program
    process.arguments = arguments
    process.currentDirectoryURL = directory ?? Commands.root
    process.environment = ProcessInfo.processInfo.environment
      .merging(environment) { _, new in new }
    process.standardOutput = try FileHandle(forWritingTo: folder.appending(path: "out"))
    process.standardError = try FileHandle(forWritingTo: folder.appending(path: "err"))
    process.standardInput = FileHandle.nullDevice
    try process.run()
  }

  deinit { try? FileManager.default.removeItem(at: folder) }

  var isRunning: Bool { process.isRunning }
  var output: String { text("out") }
  var errors: String { text("err") }

  func signal(_ number: Int32) { kill(process.processIdentifier, number) }

  @discardableResult
  func wait() -> Commands.Result {
    process.waitUntilExit()
    return Commands.Result(status: process.terminationStatus, output: output, errors: errors)
  }

  /// Waits until the condition holds or the time is over, and says which.
  func until(_ seconds: Double, _ condition: () -> Bool) -> Bool {
    let end = Date().addingTimeInterval(seconds)
    while Date() < end {
      if condition() { return true }
      RunLoop.current.run(until: Date().addingTimeInterval(0.02))
    }
    return condition()
  }

  private func text(_ name: String) -> String {
    (try? String(contentsOf: folder.appending(path: name), encoding: .utf8)) ?? ""
  }
}
