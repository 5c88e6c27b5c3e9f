import Glibc
import Plans
import Schemas

/// The terminal, or what stands in its place: whether to colour, where to write, how numbers look.
enum Terminal {
  static var isOutputTerminal: Bool { isatty(STDOUT_FILENO) == 1 }
  static var isErrorTerminal: Bool { isatty(STDERR_FILENO) == 1 }

  /// Columns of the terminal that standard error is; nil where nobody knows.
  static var errorWidth: Int? {
    var size = winsize()
    guard ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return nil }
    return Int(size.ws_col)
  }

  /// Colour where the stream is a terminal and the user has not said no (https://no-color.org).
  static var wantsColour: Bool { isErrorTerminal && getenv("NO_COLOR") == nil }

  static func writeError(_ text: String) { write(text, to: STDERR_FILENO) }

  /// A whole line or block at once, so that lines of several threads do not mix.
  static func write(_ text: String, to descriptor: Int32 = STDOUT_FILENO) {
    _ = takes(text, descriptor)
  }

  /// Writes it as well; false where nobody reads any more.
  static func takes(_ text: String, _ descriptor: Int32 = STDOUT_FILENO) -> Bool {
    let bytes = Array(text.utf8)
    var sent = 0
    while sent < bytes.count {
      let count = bytes[sent...].withUnsafeBytes {
        Glibc.write(descriptor, $0.baseAddress, $0.count)
      }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { return false }
      sent += count
    }
    return true
  }

  /// `1234567` as `1.2 M`.
  static func short(_ value: Double) -> String {
    switch abs(value) {
    case 1e9...: "\(tenths(value / 1e9)) G"
    case 1e6...: "\(tenths(value / 1e6)) M"
    case 1e4...: "\(tenths(value / 1e3)) k"
    default: String(Int64(value.rounded()))
    }
  }

  /// Microseconds as `34 ms`, `1.2 s`, `2.5 min`, `3.1 h` or `4.0 d`: of each unit two or more,
  /// but for seconds.
  static func span(_ microseconds: Int64) -> String {
    switch microseconds.magnitude {
    case 172_800_000_000...: "\(tenths(Double(microseconds) / 86_400e6)) d"
    case 7_200_000_000...: "\(tenths(Double(microseconds) / 3_600e6)) h"
    case 120_000_000...: "\(tenths(Double(microseconds) / 60e6)) min"
    case 1_000_000...: "\(tenths(Double(microseconds) / 1e6)) s"
    default: "\(microseconds / 1_000) ms"
    }
  }

  /// Always with milliseconds, so that what stands behind it or below stays in its place.
  static func instant(_ time: Timestamp) -> String {
    var rest = time.microseconds % 1_000_000
    if rest < 0 { rest += 1_000_000 }
    let second = TimeRendering.timestamp(time.microseconds &- rest).dropLast()
    let digits = String(rest / 1_000)
    return "\(second).\(String(repeating: "0", count: 3 - digits.count))\(digits)Z"
  }

  /// `1 row`, `2 rows`.
  static func counted(_ count: some BinaryInteger, _ noun: String) -> String {
    "\(count) \(noun)\(count == 1 ? "" : "s")"
  }

  private static func tenths(_ value: Double) -> String {
    String((value * 10).rounded() / 10)
  }
}
