import ArgumentParser
import Compiler
import Engine
import Plans

struct TestCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "test",
    abstract: "Run the tests that a definition holds.",
    discussion: """
      Each `test` block runs on the real engine, in virtual time and without the outside world: at \
      parallelism 1 and 3, and both once more with a crash in the middle of what is given, from \
      which it goes on from a checkpoint. Exit status 0 if all pass.

      EXAMPLES
        raudal test Pipelines/campaign_views.raudal
        raudal test my.raudal --filter "late"
      """)

  @ArgumentParser.OptionGroup var definition: DefinitionOptions

  @ArgumentParser.Option(
    help: ArgumentHelp("Runs only the tests whose name contains this.", valueName: "TEXT"))
  var filter: String?

  func run() throws {
    let compilation = try definition.compile()
    let tests = compilation.tests.filter { test in filter.map(test.name.contains) ?? true }
    guard !tests.isEmpty else {
      throw CommandFailure(
        "\(definition.file) has no test\(filter.map { " whose name contains `\($0)`" } ?? "")")
    }
    let runner = PipelineTestRunner(compilation, models: BuiltInConnectors.models) {
      try compileOlder($0)
    }
    var failed = 0
    for test in tests where try !passes(test, runner) { failed += 1 }
    Terminal.write("\(tests.count - failed) passed, \(failed) failed\n")
    if failed > 0 { throw ExitCode(1) }
  }

  /// The definition that a test upgrades from, with the same settings.
  private func compileOlder(_ path: String) throws -> Compilation {
    var older = definition
    older.file = path.hasPrefix("/") ? path : "\(definition.directory)/\(path)"
    return try older.compile()
  }

  private func passes(_ test: PipelineTest, _ runner: PipelineTestRunner) throws -> Bool {
    let report = TestReport(file: definition.file, wantsColour: Terminal.isOutputTerminal)
    for variation in TestVariation.all {
      do {
        let outcome = try runner.run(test, as: variation)
        guard !outcome.failures.isEmpty else { continue }
        Terminal.write("✘ \(test.name) (\(variation))\n")
        for failure in outcome.failures { Terminal.write(report.text(failure)) }
        for (source, time) in outcome.times {
          Terminal.write("  event time of `\(source)` at the end: \(time)\n")
        }
        for (stream, rows) in outcome.late {
          Terminal.write(
            "  \(rows) row\(rows == 1 ? "" : "s") came too late for `\(stream)`:"
              + " see `expect \(stream).late`\n")
        }
        return false
      } catch let failure as RunFailure {
        Terminal.write("✘ \(test.name) (\(variation)): \(failure.message)\n")
        return false
      }
    }
    Terminal.write("✔ \(test.name)\n")
    return true
  }
}
