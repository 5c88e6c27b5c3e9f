import ArgumentParser
import Compiler
import Diagnostics
import Plans
import Schemas

struct ExplainCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "explain",
    abstract: "Show what a definition computes and how it will run, or what a message means.",
    discussion: """
      Of a definition: the logical plan as written, the plan after optimisation, the physical plan \
      (operators, segments and the exchanges between them), and about how much state it will keep. \
      Of a code such as E0203: what it means, with an example and how to mend it.

      EXAMPLES
        raudal explain Pipelines/campaign_views.raudal
        raudal explain my.raudal --json --physical --rate events=20000/s --keys campaign_id=1000
        raudal explain E0203
        raudal explain E0203 --json
      """)

  @ArgumentParser.OptionGroup var definition: DefinitionOptions

  @Flag(help: "One JSON object: steps with columns, key and state; or what a code means.")
  var json = false

  @Flag(help: "Only the physical plan; with --json it is added.")
  var physical = false

  @ArgumentParser.Option(
    name: .customLong("rate"),
    help: ArgumentHelp(
      "Rows of a source, for estimates of state; 1,000/s for those not named.",
      valueName: "SOURCE=N/s"))
  var rates: [String] = []

  @ArgumentParser.Option(
    name: .customLong("keys"),
    help: ArgumentHelp(
      "Different values of a column, for estimates; 10,000 for those not named.",
      valueName: "COLUMN=N"))
  var values: [String] = []

  func run() throws {
    if let code = definition.file.wholeMatch(of: /[EeWw][0-9]+/) {
      return try explain(code: String(code.0))
    }
    let workload = try workload()
    let compilation = try definition.compile()
    guard let logical = compilation.logical, let optimised = compilation.optimised,
      let plan = compilation.physical
    else { return }
    try refuseUnknownSources(workload, optimised)
    try refuseUnknownColumns(workload, logical)
    if json {
      let report = ExplainReport(compilation, workload, isPhysical: physical)
      return Terminal.write((report.json ?? "{}") + "\n")
    }
    let first = physical ? "" : "Logical plan\n\(logical)\nOptimised plan\n\(optimised)\n"
    let state = StateEstimates(optimised, workload).text
    Terminal.write("\(first)Physical plan\n\(plan)\n\(state)")
  }

  private func explain(code: String) throws {
    if let page = DiagnosticPage.page(of: code) {
      return Terminal.write(json ? page.json + "\n" : page.text)
    }
    let known = DiagnosticPage.all.map(\.code)
    let meant = nearestWord(to: code, among: known).map { ", did you mean \($0)?" } ?? ""
    throw CommandFailure("there is no message \(code)\(meant)")
  }

  private func workload() throws -> Workload {
    var workload = Workload()
    for rate in rates {
      let (name, text) = try parts(rate, "--rate", "events=20000/s")
      let units: [String: Double] = ["s": 1, "m": 60, "h": 3_600, "d": 86_400]
      let pieces = text.split(separator: "/", omittingEmptySubsequences: false)
      guard pieces.count == 2, let number = Double(pieces[0]), number >= 0, number.isFinite,
        let seconds = units[String(pieces[1])]
      else { throw CommandFailure.usage("--rate takes a rate such as 20000/s, not `\(text)`") }
      workload.rates[name] = number / seconds
    }
    for value in values {
      let (name, text) = try parts(value, "--keys", "campaign_id=1000")
      guard let number = Double(text), number >= 1, number.isFinite else {
        throw CommandFailure.usage("--keys takes a number of values, not `\(text)`")
      }
      workload.values[name] = number
    }
    return workload
  }

  private func parts(
    _ text: String, _ option: String, _ example: String
  ) throws -> (String, String) {
    guard let equals = text.firstIndex(of: "="), equals != text.startIndex else {
      throw CommandFailure.usage("\(option) is written like \(example), not `\(text)`")
    }
    return (String(text[..<equals]), String(text[text.index(after: equals)...]))
  }

  private func refuseUnknownSources(_ workload: Workload, _ plan: LogicalPlan) throws {
    let sources = plan.nodes.compactMap { node -> String? in
      if case .source(let spec) = node.kind { spec.name } else { nil }
    }
    guard let name = workload.rates.keys.sorted().first(where: { !sources.contains($0) }) else {
      return
    }
    let all = sources.joined(separator: ", ")
    throw CommandFailure.usage(
      "--rate: there is no source `\(name)`; \(definition.file) reads \(all)")
  }
}

extension ExplainCommand {
  private func refuseUnknownColumns(_ workload: Workload, _ plan: LogicalPlan) throws {
    let known = Set(plan.nodes.flatMap { $0.schema.fields.map(\.name) }).sorted()
    guard let name = workload.values.keys.sorted().first(where: { !known.contains($0) }) else {
      return
    }
    let meant = nearestWord(to: name, among: known).map { ", did you mean `\($0)`?" } ?? ""
    let shown = known.prefix(Self.mostNames).joined(separator: ", ")
    let rest = known.count > Self.mostNames ? ", … (\(known.count))" : ""
    throw CommandFailure.usage(
      "--keys: there is no column `\(name)`\(meant); \(definition.file) has \(shown)\(rest)")
  }

  private static let mostNames = 24
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
    help: ArgumentHelp("text, dot (Graphviz), mermaid or svg.", valueName: "FORMAT"),
    completion: .list(PlanGraph.Format.allCases.map(\.rawValue)))
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
