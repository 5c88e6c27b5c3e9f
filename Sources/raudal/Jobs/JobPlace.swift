import ArgumentParser
import Compiler
import Connectors
import FoundationEssentials
import Glibc
import Jobs
import Plans
import Platform

/// Which definition a command about jobs goes by, and how to reach its topics.
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

  /// A definition whose topics can be reached.
  struct Scene {
    var plan: LogicalPlan
    var access: TopicAccess
  }

  func open(task: String? = nil) throws -> Scene {
    if let definition { return try scene(of: definition) }
    let found = candidates(task)
    if found.count == 1 { return try scene(of: found[0]) }
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
      return !JobDefinition.tasks(of: plan, named: task).isEmpty
    }
  }

  private func options(_ file: String) throws -> DefinitionOptions {
    let set = settings.flatMap { ["--set", $0] }
    return try DefinitionOptions.parse(
      set + (parameterFile.map { ["--params", $0] } ?? []) + ["--", file])
  }

  private func scene(of file: String) throws -> Scene {
    let options = try options(file)
    let compilation = try options.compileSilently()
    try options.refuseMistakes(compilation)
    guard let plan = compilation.logical else {
      throw CommandFailure("\(file) is a library: there is nothing in it that executes tasks")
    }
    return Scene(
      plan: plan,
      access: TopicAccess(
        resolver: .process, directory: options.directory, clock: SystemClock(),
        notify: { Terminal.writeError("\($0)\n") }))
  }
}

/// Which task's jobs a command is about.
struct JobTask: ParsableArguments {
  @ArgumentParser.Option(
    name: .customLong("to"),
    help: ArgumentHelp(
      "The task whose jobs are meant, where a definition has several.", valueName: "TASK"))
  var task: String?

  @OptionGroup var place: JobPlace

  /// A task whose jobs can be reached.
  struct Scene {
    var definition: JobDefinition
    var access: TopicAccess

    func board() throws -> JobBoard { try JobBoard(definition, access) }
  }

  func open() throws -> Scene {
    let scene = try place.open(task: task)
    return try Scene(
      definition: JobDefinition(scene.plan, task: task), access: scene.access)
  }
}

/// Nobody reads what a command writes any more.
struct OutputClosed: Error {}

/// Tells what can't be done about jobs as commands tell it.
func tellingJobs<Result>(_ work: () throws -> Result) throws -> Result {
  // A connection or a reader that goes away shows as an error of the write.
  signal(SIGPIPE, SIG_IGN)
  do {
    return try work()
  } catch is OutputClosed {
    // As the signal would have ended it.
    throw ExitCode(128 + SIGPIPE)
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
