import CPlatform
import Glibc

/// The three pipes between us and a program; -1 is an end that was closed.
struct ProgramPipes {
  struct Ends {
    var ours: Int32
    var theirs: Int32
  }

  private(set) var input: Ends
  private(set) var output: Ends
  private(set) var errors: Ends

  /// Nil where the process has no room for them.
  init?() {
    guard let input = Self.make(ours: 1) else { return nil }
    guard let output = Self.make(ours: 0) else {
      Self.close(input)
      return nil
    }
    guard let errors = Self.make(ours: 0) else {
      Self.close(input)
      Self.close(output)
      return nil
    }
    (self.input, self.output, self.errors) = (input, output, errors)
  }

  private static func make(ours: Int) -> Ends? {
    var ends: (Int32, Int32) = (-1, -1)
    let code = withUnsafeMutableBytes(of: &ends) {
      raudal_pipe($0.assumingMemoryBound(to: Int32.self).baseAddress, Int32(ours))
    }
    guard code == 0 else { return nil }
    return ours == 1 ? Ends(ours: ends.1, theirs: ends.0) : Ends(ours: ends.0, theirs: ends.1)
  }

  private static func close(_ ends: Ends) {
    for end in [ends.ours, ends.theirs] where end >= 0 { Glibc.close(end) }
  }

  private static func close(_ end: inout Int32) {
    if end >= 0 { Glibc.close(end) }
    end = -1
  }

  mutating func closeInput() { Self.close(&input.ours) }
  mutating func closeOutput() { Self.close(&output.ours) }
  mutating func closeErrors() { Self.close(&errors.ours) }

  /// The program has its own by now.
  mutating func closeTheirs() {
    Self.close(&input.theirs)
    Self.close(&output.theirs)
    Self.close(&errors.theirs)
  }

  mutating func close() {
    closeTheirs()
    closeInput()
    closeOutput()
    closeErrors()
  }
}
