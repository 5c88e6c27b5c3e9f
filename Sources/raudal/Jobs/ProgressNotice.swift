import Jobs
import Platform

/// A line on a terminal that says how many rows are through; elsewhere it says nothing.
struct ProgressNotice {
  private static let interval: UInt64 = 200_000_000

  private let verb: String
  private let clock = SystemClock()
  private var next: UInt64

  /// Short work needs no line.
  init(_ verb: String) {
    self.verb = verb
    next = clock.monotonic() + 5 * Self.interval
  }

  mutating func show(_ rows: Int64) {
    guard Terminal.isErrorTerminal, clock.monotonic() >= next else { return }
    next = clock.monotonic() + Self.interval
    Terminal.writeError("\r\(verb) \(Terminal.short(Double(rows))) rows\u{1B}[K")
  }

  func end() {
    if Terminal.isErrorTerminal { Terminal.writeError("\r\u{1B}[K") }
  }
}

/// All bad rows of a file, as CSV. `unit` is what they are counted by: lines, or rows.
final class BadRowFile {
  private let file: OutputFile

  init(_ path: String, unit: String) throws {
    file = try OutputFile(path)
    try write("\(unit),reason")
  }

  func write(_ bad: BadRow) throws {
    try write("\(bad.line),\"\(bad.reason.replacing("\"", with: "\"\""))\"")
  }

  private func write(_ line: String) throws {
    var line = line
    try line.withUTF8 { try file.write($0, time: 0) }
  }

  func close() throws { try file.close() }
}
