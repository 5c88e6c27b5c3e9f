import Foundation

/// The built programs as child processes, the way a user runs them.
enum Commands {
  static let root = URL(filePath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  /// The executable beside the test bundle, built in the same configuration.
  static var raudal: URL {
    URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent().appending(path: "raudal")
  }

  static var audit: URL { root.appending(path: "scripts/audit") }

  /// Whether tests of more than a minute run too.
  /// How often a process is killed in a test: in its long form as often as it was promised.
  static let kills = isLong ? 20 : 8
  static let isLong = ProcessInfo.processInfo.environment["RAUDAL_LONG"] == "1"

  struct Result {
    var status: Int32
    var output: String
    var errors: String
  }

  struct Failure: Error, CustomStringConvertible {
    var description: String
    init(_ description: String) { self.description = description }
  }

  /// Runs a program to its end.
  static func run(
    _ program: URL, _ arguments: [String], environment: [String: String] = [:],
    directory: URL = root
  ) throws -> Result {
    try Child(program, arguments, environment: environment, directory: directory).wait()
  }
}
