import Foundation

/// An HTTP server of the tests that does what a path says: answers rightly, slowly, wrongly, in
/// part, without an end or never. See its script for the paths.
public final class FaultyService: @unchecked Sendable {
  // Nothing changes after the start.
  public let port: UInt16
  private let process = Process()
  private let input = Pipe()

  public var url: String { "http://127.0.0.1:\(port)" }

  /// Port 0: any free one. `seconds`: how long its tokens count.
  public init(port: UInt16 = 0, tokenSeconds seconds: Int = 3_600) throws {
    let output = Pipe()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = ["python3", "-c", Self.script, "\(port)", "\(seconds)"]
    process.standardInput = input
    process.standardOutput = output
    try process.run()
    let line = String(decoding: output.fileHandleForReading.availableData, as: UTF8.self)
    guard let port = UInt16(line.trimmingCharacters(in: .whitespacesAndNewlines)) else {
      throw LookupServer.Failure(description: "the faulty service did not start: \(line)")
    }
    self.port = port
  }

  deinit { stop() }

  /// It ends when its input does, and so with this process whatever happens.
  public func stop() {
    try? input.fileHandleForWriting.close()
    process.waitUntilExit()
  }
}
