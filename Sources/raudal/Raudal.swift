import ArgumentParser

@main
struct Raudal: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "raudal", abstract: "A stream processing engine.")
}
