import Glibc

/// Where a print connector writes, in turn with whoever else writes there.
struct PrintOutput: Sendable {
  let descriptor: Int32
  let turn: PrintConnector.Turn

  /// Writes all of it; 0, or the errno.
  func print(_ lines: [UInt8]) -> Int32 {
    guard !lines.isEmpty else { return 0 }
    var failure: Int32 = 0
    turn { failure = write(lines) }
    return failure
  }

  private func write(_ lines: [UInt8]) -> Int32 {
    lines.withUnsafeBytes { buffer in
      var written = 0
      while written < buffer.count, let base = buffer.baseAddress {
        let count = Glibc.write(descriptor, base + written, buffer.count - written)
        if count < 0, errno == EINTR || errno == EAGAIN { continue }
        if count < 0 { return errno }
        written += count
      }
      return 0
    }
  }
}
