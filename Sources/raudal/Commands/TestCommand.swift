import ArgumentParser
import Compiler
import Engine
import Plans

struct TestCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "test",
    abstract: "Run the tests that a definition holds.",
    discussion: """
      Each `test` block runs on the real engine, in virtual time and without the outside world, at \
      parallelism 1 and 3. Exit status 0 if all pass.

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
    let runner = PipelineTestRunner(compilation)
    var failed = 0
    for test in tests where try !passes(test, runner) { failed += 1 }
    Terminal.write("\(tests.count - failed) passed, \(failed) failed\n")
    if failed > 0 { throw ExitCode(1) }
  }

  private func passes(_ test: PipelineTest, _ runner: PipelineTestRunner) throws -> Bool {
    for workers in [1, 3] {
      do {
        let outcome = try runner.run(test, workers: workers)
        guard !outcome.failures.isEmpty else { continue }
        Terminal.write("✘ \(test.name) (parallelism \(workers))\n")
        outcome.failures.forEach(show)
        return false
      } catch let failure as RunFailure {
        Terminal.write("✘ \(test.name) (parallelism \(workers)): \(failure.message)\n")
        return false
      }
    }
    Terminal.write("✔ \(test.name)\n")
    return true
  }

  private func show(_ failure: TestOutcome.Failure) {
    Terminal.write("  \(definition.file):\(failure.line): \(failure.message)\n")
    if !failure.missing.isEmpty { Terminal.write("  missing:\n\(indented(failure.missing))") }
    if !failure.unexpected.isEmpty {
      Terminal.write("  not expected:\n\(indented(failure.unexpected))")
    }
  }

  private func indented(_ rows: [[String]]) -> String {
    Table.text(rows).split(separator: "\n").map { "    \($0)\n" }.joined()
  }
}
