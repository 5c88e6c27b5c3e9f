import Foundation

/// A server of the tests that is a Python script: it prints its port, and ends when its input does,
/// and so with this process whatever happens.
final class PythonService: @unchecked Sendable {
  // Nothing changes after the start.
  let port: UInt16
  private let process = Process()
  private let input = Pipe()

  init(_ script: String, _ arguments: [String]) throws {
    let output = Pipe()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = ["python3", "-c", script] + arguments
    process.standardInput = input
    process.standardOutput = output
    try process.run()
    let line = String(decoding: output.fileHandleForReading.availableData, as: UTF8.self)
    guard let port = UInt16(line.trimmingCharacters(in: .whitespacesAndNewlines)) else {
      throw LookupServer.Failure(description: "the service did not start: \(line)")
    }
    self.port = port
  }

  deinit { stop() }

  func stop() {
    try? input.fileHandleForWriting.close()
    process.waitUntilExit()
  }
}
