import ArgumentParser
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

  @OptionGroup var definition: DefinitionOptions

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
        raudal graph Pipelines/campaign_views.raudal --format dot | dot -Tsvg > graph.svg
      """)

  @OptionGroup var definition: DefinitionOptions

  @Option(help: "text, dot (Graphviz) or mermaid.")
  var format: PlanGraph.Format = .text

  func run() throws {
    guard let plan = try definition.compile().logical else { return }
    Terminal.write(PlanGraph(plan).render(format))
  }
}

extension PlanGraph.Format: @retroactive ExpressibleByArgument {}
