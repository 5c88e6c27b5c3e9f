import ArgumentParser

struct CompletionsCommand: ParsableCommand {
  enum Shell: String, CaseIterable, ExpressibleByArgument { case bash, zsh, fish }

  static let configuration = CommandConfiguration(
    commandName: "completions",
    abstract: "Write what a shell needs to complete commands, options and definition files.",
    discussion: """
      EXAMPLES
        raudal completions bash > ~/.local/share/bash-completion/completions/raudal
        raudal completions zsh > ~/.zsh/completions/_raudal
        raudal completions fish > ~/.config/fish/completions/raudal.fish
      """)

  @Argument(help: "bash, zsh or fish.")
  var shell: Shell

  func run() {
    let shell: CompletionShell =
      switch self.shell {
      case .bash: .bash
      case .zsh: .zsh
      case .fish: .fish
      }
    Terminal.write(Raudal.completionScript(for: shell) + "\n")
  }
}
