import ArgumentParser
import Engine
import Expressions
import Glibc
import LanguageServer
import Plans

struct LanguageServerCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "lsp",
    abstract: "Serve an editor over standard input and output.",
    discussion: """
      Speaks the language server protocol; an editor starts it. Documentation/tools.md says how \
      editors are set up.

      EXAMPLES
        raudal lsp < session
      """)

  /// Milliseconds without a message after which diagnostics are told: none while keys are pressed
  /// in a row.
  private static let pause: Int32 = 20

  func run() throws {
    signal(SIGPIPE, SIG_IGN)
    var server = EditorSession(loader: DefinitionFiles(), constants: .kernels)
    var framing = MessageFraming()
    while server.exitStatus == nil {
      while let message = framing.next() {
        send(server.receive(message))
        if server.exitStatus != nil { break }
      }
      if server.exitStatus != nil { break }
      if server.hasNews, !isInputWaiting() {
        send(server.news())
        continue
      }
      guard let bytes = read() else { break }
      framing.append(bytes)
    }
    // An editor that is gone without a word is no failure of ours, but the protocol's.
    throw ExitCode(server.exitStatus ?? 1)
  }

  private func send(_ messages: [JSONValue]) {
    for message in messages {
      Terminal.write(String(decoding: MessageFraming.framed(message), as: UTF8.self))
    }
  }

  private func isInputWaiting() -> Bool {
    var input = pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0)
    return poll(&input, 1, Self.pause) != 0
  }

  /// Nil at the end of the input.
  private func read() -> ArraySlice<UInt8>? {
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = Glibc.read(STDIN_FILENO, &buffer, buffer.count)
      if count < 0, errno == EINTR { continue }
      return count > 0 ? buffer[..<count] : nil
    }
  }
}
