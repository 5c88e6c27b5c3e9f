import ArgumentParser
import Compiler
import Connectors
import FoundationEssentials
import Jobs
import Plans
import Platform

/// Which definition's jobs a command is about, and how to reach its topics.
struct JobPlace: ParsableArguments {
  @ArgumentParser.Option(
    name: .customLong("in"),
    help: ArgumentHelp(
      "The definition that carries the jobs out; by default the one in this folder that does.",
      valueName: "FILE"),
    completion: .definition)
  var definition: String?

  @ArgumentParser.Option(
    name: .customLong("param"),
    help: ArgumentHelp(
      "Gives a parameter of the definition another value, as `raudal run --set` does.",
      valueName: "NAME=VALUE"))
  var settings: [String] = []

  @ArgumentParser.Option(
    name: .customLong("params"),
    help: ArgumentHelp(
      "Gives parameters of the definition their values from a file of lines `name: value`.",
      valueName: "FILE"))
  var parameterFile: String?

  /// A definition whose jobs can be reached.
  struct Scene {
    var plan: LogicalPlan
    var definition: JobDefinition
    var access: TopicAccess

    func board() throws -> JobBoard { try JobBoard(definition, access) }
  }

  func open(task: String? = nil) throws -> Scene {
    if let definition { return try scene(of: definition, task) }
    let found = candidates(task)
    if found.count == 1 { return try scene(of: found[0], task) }
    let wanted = task.map { "executes a task `\($0)`" } ?? "executes a task"
    guard found.isEmpty else {
      throw CommandFailure.usage(
        "\(found.joined(separator: ", ")): more than one definition of this folder \(wanted) whose"
          + " jobs can be steered; say which is meant with --in FILE")
    }
    throw CommandFailure.usage(
      "no definition of this folder \(wanted) whose jobs can be steered (`execute … steered by`);"
        + " name one with --in FILE")
  }

  /// Definitions of this folder that have such jobs; those that can't be compiled have none.
  private func candidates(_ task: String?) -> [String] {
    let files = (try? FileManager.default.contentsOfDirectory(atPath: ".")) ?? []
    return files.filter { $0.hasSuffix(".raudal") }.sorted().filter { file in
      guard let plan = try? options(file).compileSilently().logical else { return false }
      return (try? JobDefinition(plan, task: task)) != nil
    }
  }

  private func options(_ file: String) throws -> DefinitionOptions {
    let set = settings.flatMap { ["--set", $0] }
    return try DefinitionOptions.parse(
      set + (parameterFile.map { ["--params", $0] } ?? []) + ["--", file])
  }

  private func scene(of file: String, _ task: String?) throws -> Scene {
    let options = try options(file)
    let compilation = try options.compileSilently()
    try options.refuseMistakes(compilation)
    guard let plan = compilation.logical else {
      throw CommandFailure("\(file) is a library: there is nothing in it that executes tasks")
    }
    return try Scene(
      plan: plan, definition: JobDefinition(plan, task: task),
      access: TopicAccess(
        resolver: .process, directory: options.directory, clock: SystemClock(),
        notify: { Terminal.writeError("\($0)\n") }))
  }
}

/// Tells what can't be done about jobs as commands tell it.
func tellingJobs<Result>(_ work: () throws -> Result) throws -> Result {
  do {
    return try work()
  } catch let error as JobError {
    throw CommandFailure(error.message, status: error.isUsage ? 2 : 1)
  } catch let error as ConnectorError {
    throw CommandFailure(error.message)
  }
}

/// Tasks a second, `500/s` or `500`; `none` for no bound.
struct JobRate: ExpressibleByArgument {
  var value: Double?

  init?(argument: String) {
    if argument == "none" { return }
    let digits = argument.hasSuffix("/s") ? argument.dropLast(2) : argument[...]
    guard let value = Double(digits), value > 0, value.isFinite else { return nil }
    self.value = value
  }
}
