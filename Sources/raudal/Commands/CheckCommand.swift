import ArgumentParser
import Compiler
import Diagnostics

struct CheckCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check",
    abstract: "Find every mistake that can be found without data.",
    discussion: """
      All mistakes of a file at once, each with its place, what was expected and what to write \
      instead. Exit status 0 if there are none.

      EXAMPLES
        raudal check Pipelines/campaign_views.raudal
        raudal check my.raudal --set period=1m
      """)

  @OptionGroup var definition: DefinitionOptions

  func run() throws {
    let compilation = try definition.compile()
    let warnings = compilation.diagnostics.count
    let aside = warnings == 0 ? "" : ", \(warnings) warning\(warnings == 1 ? "" : "s")"
    Terminal.write("\(definition.file): fine\(aside)\n")
  }
}
