import Plans
import Platform
import Schemas
import Synchronization

/// What a run tells its operator, on standard error: plain lines, and on a terminal one more at the
/// bottom that is written anew.
final class RunLog: Sendable {
  private let isTerminal = Terminal.isErrorTerminal
  private let clock = SystemClock()
  private let status = Mutex("")

  /// A line that stays. Any thread.
  func write(_ message: String) {
    let time = Terminal.instant(clock.now())
    status.withLock { status in
      let erase = status.isEmpty ? "" : "\r\u{1B}[K"
      Terminal.writeError("\(erase)\(time) \(message)\n\(status)")
    }
  }

  /// Lets rows onto the terminal: the line at the bottom makes way, and comes again below them. Any
  /// thread.
  func makeWay(_ write: () -> Void) {
    guard isTerminal, Terminal.isOutputTerminal else { return write() }
    status.withLock { status in
      if !status.isEmpty { Terminal.writeError("\r\u{1B}[K") }
      write()
      if !status.isEmpty { Terminal.writeError(status) }
    }
  }

  /// The line at the bottom; on anything but a terminal nothing. What does not fit is left out: a
  /// line that wraps could not be erased.
  func show(_ line: String) {
    guard isTerminal else { return }
    let line = Terminal.errorWidth.map { String(line.prefix(max($0 - 1, 1))) } ?? line
    status.withLock { status in
      Terminal.writeError("\r\u{1B}[K\(line)")
      status = line
    }
  }

  /// Leaves the last status line where it is.
  func close() {
    status.withLock { status in
      if !status.isEmpty { Terminal.writeError("\n") }
      status = ""
    }
  }
}
