import ArgumentParser
import Compiler
import Plans

struct ExplainCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "explain",
    abstract: "Show what a definition computes and how it will run.",
    discussion: """
      The logical plan as written, the plan after optimisation, and the physical plan: operators, \
      segments and the exchanges between them.

      EXAMPLES
        raudal explain Pipelines/campaign_views.raudal
      """)

  @ArgumentParser.OptionGroup var definition: DefinitionOptions

  func run() throws {
    let compilation = try definition.compile()
    guard let logical = compilation.logical, let optimised = compilation.optimised,
      let physical = compilation.physical
    else { return }
    Terminal.write(
      """
      Logical plan
      \(logical)
      Optimised plan
      \(optimised)
      Physical plan
      \(physical)

      """)
  }
}

struct GraphCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "graph",
    abstract: "Draw a definition.",
    discussion: """
      EXAMPLES
        raudal graph Pipelines/campaign_views.raudal
        raudal graph Pipelines/campaign_views.raudal --format svg > graph.svg
        raudal graph Pipelines/campaign_views.raudal --format dot | dot -Tpdf > graph.pdf
      """)

  @ArgumentParser.OptionGroup var definition: DefinitionOptions

  @ArgumentParser.Option(
    help: ArgumentHelp("text, dot (Graphviz), mermaid or svg.", valueName: "FORMAT"))
  var format = "text"

  func validate() throws {
    guard PlanGraph.Format(rawValue: format) == nil else { return }
    let known = PlanGraph.Format.allCases.map(\.rawValue).joined(separator: ", ")
    throw ValidationError("--format takes \(known), not `\(format)`")
  }

  func run() throws {
    guard let plan = try definition.compile().logical,
      let format = PlanGraph.Format(rawValue: format)
    else { return }
    Terminal.write(PlanGraph(plan).render(format))
  }
}
