import ArgumentParser
import Compiler
import Connectors
import Dataflow
import Diagnostics
import Engine
import Plans
import Platform

struct PreviewCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "preview",
    abstract: "Show the rows that leave a stage, on real input.",
    discussion: """
      Reads what the sources of the definition read, or a file in their place, computes up to the \
      stage, and shows its rows as they come. Nothing is written: no sink, no dead letters, no \
      state, no positions in the broker. A stage goes by its stream (views), one of a stream's \
      further outputs (views.late), or its name in `raudal graph` (views.enrich).

      EXAMPLES
        raudal preview Pipelines/campaign_views.raudal views.enrich
        raudal preview my.raudal views --rows 5 --from file:events.jsonl
        raudal preview my.raudal views --bind orders=file:orders.csv --stop-at-end
      """)

  @ArgumentParser.OptionGroup var definition: DefinitionOptions

  @Argument(help: "A stream, one of its outputs, or a stage.")
  var stage: String

  @ArgumentParser.Option(help: ArgumentHelp("Ends after so many rows.", valueName: "N"))
  var rows = 20

  @ArgumentParser.Option(
    help: ArgumentHelp(
      "topic: what the definition says; file:PATH: that file in place of its source.",
      valueName: "topic|file:PATH"))
  var from = "topic"

  @ArgumentParser.Option(
    help: ArgumentHelp(
      "Reads a source or table from a file instead.", valueName: "SOURCE=file:PATH"))
  var bind: [String] = []

  @Flag(help: "Ends where the input ends now, and closes all windows there.")
  var stopAtEnd = false

  func validate() throws {
    guard rows > 0 else { throw ValidationError("--rows takes a number above zero") }
    guard from == "topic" || (from.hasPrefix("file:") && from.count > 5) else {
      throw ValidationError("--from takes topic or file:PATH, not `\(from)`")
    }
  }

  func run() throws {
    let compilation = try definition.compile()
    guard var plan = compilation.plan(observing: stage) else { throw unknown(compilation) }
    try Binding.apply(try bindings(plan), to: &plan)
    let sink = plan.operators.first { if case .sink = $0.kind { true } else { false } }
    guard let schema = sink?.schema else { throw unknown(compilation) }
    let signals = StopSignals()
    let tables = MemoryTables(visibility: .atOnce)
    let log = RunLog()
    let assembly = PipelineAssembly(
      plan: plan, options: RunOptions(workers: 1, stopsAtEnd: stopAtEnd),
      executor: ThreadExecutor(), files: VolatileFileStore(),
      connections: ReadingConnections(
        RegistryConnections(
          BuiltInConnectors.registry(log), resolver: .process, directory: definition.directory),
        into: tables),
      notify: { log.write($0) })
    let run = assembly.makeRun()
    run.start()
    try show(run, of: plan, tables, PreviewTable(schema, limit: rows), signals, log)
  }

  /// Until enough rows have come, the input ends, or the user has seen enough.
  private func show(
    _ run: PipelineRun, of plan: PhysicalPlan, _ tables: MemoryTables, _ table: PreviewTable,
    _ signals: StopSignals, _ log: RunLog
  ) throws {
    var (table, line, looks) = (table, StatusLine(plan: plan), 0)
    while true {
      let isStopped = signals.wait(milliseconds: 20) == .stop
      let outcome = run.outcome
      let rows = table.lines(of: tables.takeRows(of: stage))
      if !rows.isEmpty {
        log.close()
        Terminal.write(rows)
      }
      if isStopped || table.isFull { break }
      if let outcome {
        log.close()
        if case .failed(let failure) = outcome { throw CommandFailure(failure.message) }
        log.write("the input has ended")
        break
      }
      looks += 1
      if looks.isMultiple(of: 50), let text = line.text(of: run.status()) { log.show(text) }
    }
    log.close()
    for loss in RunSummary(of: run.status(), plan: plan)?.losses ?? [] { log.write(loss) }
    log.write("\(Terminal.counted(table.count, "row")) of `\(stage)`")
  }

  private func bindings(_ plan: PhysicalPlan) throws -> [Binding] {
    let bindings = try bind.map(Binding.init(parsing:))
    guard from != "topic" else { return bindings }
    let sources = plan.operators.compactMap { step -> String? in
      if case .source(let spec) = step.kind { spec.name } else { nil }
    }
    let left = sources.filter { name in !bindings.contains { $0.name == name } }
    guard left.count == 1 else {
      throw CommandFailure.usage(
        "--from file:PATH stands for one source, and `\(stage)` reads "
          + "\(left.joined(separator: ", ")); use --bind SOURCE=file:PATH for each")
    }
    return bindings + [try Binding(parsing: "\(left[0])=\(from)")]
  }

  private func unknown(_ compilation: Compilation) -> CommandFailure {
    let known = compilation.observable
    let stream = String(stage.prefix { $0 != "." })
    if compilation.modes.contains(where: { $0.stream == stream }), !known.contains(stream) {
      return .usage(
        "`\(stage)` stands behind an `execute`, and a preview calls nobody; there are "
          + known.joined(separator: ", "))
    }
    let meant = nearestWord(to: stage, among: known).map { ", did you mean `\($0)`?" } ?? ""
    return .usage(
      "there is no stream or stage `\(stage)`\(meant); there are \(known.joined(separator: ", "))")
  }
}
