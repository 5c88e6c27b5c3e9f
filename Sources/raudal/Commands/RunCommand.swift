import ArgumentParser
import Checkpoints
import Compiler
import Connectors
import Dataflow
import Engine
import Glibc
import Plans
import Platform
import Schemas

struct RunCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run",
    abstract: "Run a definition until its input ends or it is stopped.",
    discussion: """
      SIGINT and SIGTERM take a last checkpoint and stop clean; the next run goes on from there. \
      After a crash the next run goes on from the last checkpoint that counts.

      EXAMPLES
        raudal run Pipelines/campaign_views.raudal
        raudal run Pipelines/campaign_views.raudal --bind events=file:events.jsonl --stop-at-end
        raudal run my.raudal --parallelism 4 --metrics 9100 --set period=1m
        raudal run my.raudal --fresh            forget all state and begin anew
        raudal run my.raudal --from 42          go on from checkpoint 42
      """)

  @ArgumentParser.OptionGroup var definition: DefinitionOptions

  @ArgumentParser.Option(
    help: ArgumentHelp(
      "Reads a source or table from a file instead.", valueName: "SOURCE=file:PATH"))
  var bind: [String] = []

  @ArgumentParser.Option(
    parsing: .unconditional,
    help: ArgumentHelp("Worker threads; by default one for each core.", valueName: "N"))
  var parallelism: Int?

  @ArgumentParser.Option(
    help: ArgumentHelp(
      "The state directory; by default .raudal/<pipeline>.", valueName: "DIR"))
  var state: String?

  @Flag(help: "Forgets all state. What was written stays written.")
  var fresh = false

  @ArgumentParser.Option(help: ArgumentHelp("Goes on from this checkpoint.", valueName: "ID"))
  var from: UInt64?

  @ArgumentParser.Option(
    help: ArgumentHelp("Lets the state of this operator be lost; repeatable.", valueName: "ID"))
  var allowDrop: [String] = []

  @Flag(
    help: "Reads to the ends that the sources have at the first start, emits everything and ends.")
  var stopAtEnd = false

  @ArgumentParser.Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Serves Prometheus metrics on this port of the loopback interface.", valueName: "PORT"))
  var metrics: Int?

  func validate() throws {
    if fresh && from != nil { throw ValidationError("--fresh and --from exclude each other") }
    if let parallelism, !(1...KeyGroup.count).contains(parallelism) {
      throw ValidationError("--parallelism takes 1 to \(KeyGroup.count)")
    }
    if state == "" { throw ValidationError("--state takes a directory") }
    if let metrics, !(0...65535).contains(metrics) {
      throw ValidationError("--metrics takes a port")
    }
  }

  func run() throws {
    let compilation = try definition.compile()
    guard var plan = compilation.physical else { return }
    try Binding.apply(try bind.map(Binding.init(parsing:)), to: &plan)
    // Before any thread begins, so that all of them leave the signals to this one.
    let signals = StopSignals()
    let log = RunLog()
    let directory = state ?? StateDirectory.path(of: plan.pipeline)
    let assembly = PipelineAssembly(
      plan: plan, options: options, executor: ThreadExecutor(),
      files: LinuxFileStore(root: directory),
      connections: RegistryConnections(
        BuiltInConnectors.registry(log), resolver: .process, directory: definition.directory),
      notify: { log.write($0) })
    announce(plan, log)
    let run = assembly.makeRun()
    try serveMetrics(of: run, log)
    let outcome = RunWatch(
      run: run, plan: plan, log: log, signals: signals,
      statusFile: StatusFile(directory: directory)
    ).untilEnd()
    try report(outcome, RunSummary(of: run.status(), plan: plan), log)
  }

  private var options: RunOptions {
    let request: RecoveryChoice.Request =
      fresh ? .fresh : from.map { .from(Epoch($0)) } ?? .resume
    return RunOptions(
      workers: parallelism ?? max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))), request: request,
      allowDrop: Set(allowDrop.map { OperatorID($0) }), stopsAtEnd: stopAtEnd)
  }

  private func announce(_ plan: PhysicalPlan, _ log: RunLog) {
    let deliveries = plan.operators.compactMap { step -> String? in
      guard case .sink(let spec) = step.kind else { return nil }
      return "\(spec.name) \(spec.delivery.rawValue)"
    }
    let delivery = deliveries.isEmpty ? "" : "; delivery: \(deliveries.joined(separator: ", "))"
    log.write(
      "pipeline \(plan.pipeline), \(Terminal.counted(options.workers, "worker"))\(delivery)")
  }

  private func serveMetrics(of run: PipelineRun, _ log: RunLog) throws {
    guard let metrics else { return }
    do {
      let server = try MetricsServer(port: metrics) { RunMetrics.page(of: run.status()) }
      server.start()
      log.write("metrics at http://127.0.0.1:\(server.port)/metrics")
    } catch MetricsServer.Failure.cannotListen(let port, let reason) {
      throw CommandFailure("can't serve metrics on port \(port): \(reason)")
    }
  }

  private func report(_ outcome: RunOutcome, _ summary: RunSummary?, _ log: RunLog) throws {
    summary?.losses.forEach { log.write($0) }
    let totals = summary.map { ": \($0.totals)" } ?? ""
    switch outcome {
    case .finished(let epoch): log.write("finished with checkpoint \(epoch)\(totals)")
    case .wasFinished(let epoch):
      log.write(
        "nothing to do: checkpoint \(epoch) is the last of a run that has finished: 0 rows in,"
          + " 0 rows out; --fresh begins anew")
    case .stopped(let epoch?):
      log.write("stopped\(totals); the next run goes on from checkpoint \(epoch)")
    case .stopped(nil):
      log.write(
        "stopped before it began: nothing was read or written; the next run begins as this one"
          + " would have")
    case .failed(let failure):
      if summary != nil { log.write("failed\(totals)") }
      throw CommandFailure(failure.message)
    }
  }
}
