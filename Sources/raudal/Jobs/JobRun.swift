import ArgumentParser
import Jobs
import Platform
import Schemas

/// Where the run that carries jobs out shows what it is doing.
struct JobRun: ParsableArguments {
  @ArgumentParser.Option(
    help: ArgumentHelp(
      "The state directory of the run that carries the jobs out; by default .raudal/<pipeline>.",
      valueName: "DIR"))
  var state: String?

  /// How many tasks of each job wait to be tried again. Nil where no run shows it: none is at work
  /// on this machine, or its directory is another one.
  func retries(_ definition: JobDefinition) -> Retries? {
    let directory = state ?? StateDirectory.path(of: definition.pipeline)
    guard let report = try? StatusFile(directory: directory).read(),
      report.pipeline == definition.pipeline, report.isOwn,
      report.isRunning(at: SystemClock().now().microseconds)
    else { return nil }
    let stages = report.operators.filter { $0.task == definition.task && $0.retries != nil }
    guard !stages.isEmpty else { return nil }
    var retries = Retries()
    for stage in stages {
      retries.rest += stage.retries ?? 0
      for (job, tasks) in stage.retriesOfKeys ?? [:] {
        retries.ofJobs[job, default: 0] += tasks
        retries.rest -= tasks
      }
    }
    return retries
  }

  struct Retries {
    fileprivate(set) var ofJobs: [String: Int] = [:]
    /// Those of which it is not told whose they are.
    fileprivate(set) var rest = 0

    /// Nil where it is not told.
    func count(_ job: String) -> Int64? {
      (ofJobs[job] ?? (rest == 0 ? 0 : nil)).map { Int64($0) }
    }
  }
}
