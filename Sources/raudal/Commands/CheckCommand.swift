import ArgumentParser
import Compiler
import Diagnostics
import Plans

struct CheckCommand: ParsableCommand {
  enum Format: String, CaseIterable, ExpressibleByArgument { case text, json }

  static let configuration = CommandConfiguration(
    commandName: "check",
    abstract: "Find every mistake that can be found without data.",
    discussion: """
      All mistakes of a file at once, each with its place, what was expected and what to write \
      instead; then of each stream whether it only appends rows or updates earlier ones. A file \
      of types and functions alone is a library, and checked as one. Exit status 0 if there are \
      no mistakes.

      EXAMPLES
        raudal check Pipelines/campaign_views.raudal
        raudal check my.raudal --set period=1m
        raudal check my.raudal --format json --deny-warnings
      """)

  @OptionGroup var definition: DefinitionOptions

  @ArgumentParser.Option(help: "text, or json: one object, for editors and other programs.")
  var format = Format.text

  @Flag(help: "Exits with status 1 for warnings too.")
  var denyWarnings = false

  func run() throws {
    let compilation: Compilation
    switch format {
    case .text: compilation = try definition.compileAny()
    case .json:
      compilation = try definition.compileSilently()
      Terminal.write(CheckReport(compilation).json + "\n")
      try definition.refuseMistakes(compilation)
    }
    let count = compilation.warnings.count
    let warnings = DefinitionOptions.text(count, "warning", isCut: compilation.isCut)
    if denyWarnings, count > 0 { throw CommandFailure("\(definition.file) has \(warnings)") }
    if format == .json { return }
    let aside = count == 0 ? "" : ", \(warnings)"
    if compilation.isLibrary {
      return Terminal.write(
        "\(definition.file): fine\(aside), a library for other definitions to import\n")
    }
    let modes = compilation.modes.map { ["  \($0.stream)", "\($0.mode)"] }
    Terminal.write("\(definition.file): fine\(aside)\n" + Table.text(modes))
  }
}
