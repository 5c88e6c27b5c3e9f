import ArgumentParser
import Glibc

/// The `raudal` program. Exit status: 0 fine, 1 the definition or the run failed, 2 usage.
@main
struct Raudal: ParsableCommand {
  static let version = "0.1.0"

  static let configuration = CommandConfiguration(
    commandName: "raudal",
    abstract: "Stream processing from one readable file.",
    discussion: """
      A definition file (NAME.raudal) says what comes in, what is computed and what goes out. The \
      same file is checked, explained, drawn, tested and run.

      EXAMPLES
        raudal check Pipelines/campaign_views.raudal
        raudal test Pipelines/campaign_views.raudal
        raudal run Pipelines/campaign_views.raudal --parallelism 2
      """,
    version: version,
    subcommands: [
      CheckCommand.self, FormatCommand.self, ExplainCommand.self, GraphCommand.self,
      RunCommand.self, WhyCommand.self, TestCommand.self, PreviewCommand.self, NewCommand.self,
      GenerateCommand.self, CheckpointCommand.self, JobCommand.self, LanguageServerCommand.self,
      CompletionsCommand.self,
    ])

  static func main() {
    StandardStreams.open()
    do {
      try CommandPath(CommandLine.arguments.dropFirst()).expectKnown()
      var command = try parseAsRoot()
      try command.run()
      end(0)
    } catch let failure as CommandFailure {
      Terminal.writeError("raudal: \(failure.message)\n")
      end(failure.status)
    } catch {
      let code = exitCode(for: error)
      let message = fullMessage(for: error)
      if code == .success {
        Terminal.write(message.isEmpty ? "" : message + "\n")
        end(0)
      }
      if !message.isEmpty { Terminal.writeError(Self.named(message) + "\n") }
      // The parser's own mistakes are the user's: usage.
      end(code == .validationFailure ? 2 : code.rawValue)
    }
  }

  /// The parser begins its messages by `Error:`; ours begin by who speaks.
  private static func named(_ message: String) -> String {
    let mark = "Error: "
    return message.hasPrefix(mark) ? "raudal: \(message.dropFirst(mark.count))" : message
  }

  /// Ends at once: threads of client libraries may still be at work, and what libraries do at an
  /// ordinary exit (OpenSSL frees its tables) would pull the ground from under them.
  private static func end(_ status: Int32) -> Never {
    fflush(nil)
    _exit(status)
  }
}

/// A command that could not do its work, with what to tell the user.
struct CommandFailure: Error {
  var message: String
  /// 1: the definition or the run failed; 2: usage.
  var status: Int32

  init(_ message: String, status: Int32 = 1) {
    self.message = message
    self.status = status
  }

  static func usage(_ message: String) -> CommandFailure { CommandFailure(message, status: 2) }
}
