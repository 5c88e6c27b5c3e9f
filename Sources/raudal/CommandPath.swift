import ArgumentParser
import Diagnostics

/// The words of a command line that name a command. The parser takes one that it does not know for
/// an argument, and `help` of one for a wish for help in general.
struct CommandPath {
  private let arguments: [String]

  init(_ arguments: some Sequence<String>) { self.arguments = Array(arguments) }

  /// Refuses a word that names no command, and says which there are.
  func expectKnown() throws(CommandFailure) {
    var words = arguments[...]
    let asksForHelp = words.first == "help"
    if asksForHelp { words = words.dropFirst() }
    if asksForHelp, words.first == "help" { return }
    var path = "raudal"
    var commands = Raudal.configuration.subcommands
    while !commands.isEmpty, let word = words.first {
      let names = commands.map { $0._commandName }
      if word.hasPrefix("-") {
        guard !asksForHelp, path != "raudal", !Self.always.contains(word) else { return }
        throw .usage(
          "`\(path)` is followed by what it is to do: \(list(names)). Write"
            + " `\(path) \(names[0]) …`; `raudal help \(path.dropFirst(7)) \(names[0])` says"
            + " what it takes")
      }
      guard let known = commands.first(where: { $0._commandName == word }) else {
        let meant = nearestWord(to: word, among: names).map { "; did you mean `\($0)`?" } ?? "."
        throw .usage("there is no command `\(path) \(word)`\(meant) There are: \(list(names))")
      }
      path += " \(word)"
      commands = known.configuration.subcommands
      words = words.dropFirst()
    }
  }

  private static let always: Set<String> = [
    "-h", "--help", "-help", "--help-hidden", "-help-hidden", "--version",
    "--experimental-dump-help", "--generate-completion-script",
  ]

  private func list(_ names: [String]) -> String {
    names.map { "`\($0)`" }.joined(separator: ", ")
  }
}
