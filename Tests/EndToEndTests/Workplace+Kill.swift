import Foundation
import Testing

/// Runs that are killed in the middle.
extension Workplace {
  /// `events` out of order by up to fifty seconds.
  static func disordered(_ range: Range<Int>) -> [String] {
    let lines = events(range).split(separator: "\n").map { "\($0)\n" }
    return stride(from: 0, to: lines.count, by: 500).flatMap {
      lines[$0..<min($0 + 500, lines.count)].reversed()
    }
  }

  /// Reads the first lines of `events.jsonl`, which the definition follows, is killed behind a
  /// checkpoint, and reads all lines to their end with other workers.
  func runKilled(
    _ lines: [String], first: Int, workers: UInt64, then others: UInt64
  ) throws {
    try write("events.jsonl", lines[..<first].joined())
    let engine = try start(["--parallelism", "\(workers)"])
    let hasRead = engine.makes(checkpoint: 2)
    #expect(hasRead, "\(engine.errors)")
    engine.signal(SIGKILL)
    _ = engine.wait(30)
    try write("events.jsonl", lines.joined())
    let rest = try run(["--stop-at-end", "--parallelism", "\(others)"])
    #expect(rest.status == 0, "\(rest.errors)")
  }
}
