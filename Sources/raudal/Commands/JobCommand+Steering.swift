import ArgumentParser
import Jobs

/// The commands that change what the table says of a job. What they say takes effect while the
/// definition runs, and at its next start where it does not.
extension JobCommand {
  struct Pause: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Let a job's tasks wait; calls that are under way end as they end.",
      discussion: """
        EXAMPLES
          raudal job pause spring
        """)

    @OptionGroup var job: Name
    @OptionGroup var task: JobTask

    func run() throws {
      try task.change(job.name) { job in
        try refuseCancelled(job, "pause")
        job.state = .paused
      }
    }
  }

  struct Resume: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Let a job that is paused or cancelled go on.",
      discussion: """
        Tasks that were cancelled have ended; `redrive` makes them again.

        EXAMPLES
          raudal job resume spring
          raudal job resume spring --rate 100/s
        """)

    @OptionGroup var job: Name

    @Option(help: ArgumentHelp("Tasks a second at most, or `none`.", valueName: "N/s"))
    var rate: JobRate?

    @OptionGroup var task: JobTask

    func run() throws {
      try task.change(job.name) { job in
        job.state = .running
        if let rate { job.rate = rate.value }
      }
    }
  }

  struct Cancel: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "End a job: tasks that wait are not sent, and `report` says which.",
      discussion: """
        Calls that are under way end as they end. All other tasks end as failed, with the error \
        `cancelled`, those too that come later.

        EXAMPLES
          raudal job cancel spring
        """)

    @OptionGroup var job: Name
    @OptionGroup var task: JobTask

    func run() throws {
      try task.change(job.name) { $0.state = .cancelled }
    }
  }

  struct Rate: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Bound how many of a job's tasks are sent a second.",
      discussion: """
        The task's own limits hold beside it.

        EXAMPLES
          raudal job rate spring 200/s
          raudal job rate spring none
        """)

    @OptionGroup var job: Name

    @Argument(help: "Tasks a second, `200/s`, or `none`.")
    var rate: JobRate

    @OptionGroup var task: JobTask

    func run() throws {
      try task.change(job.name) { $0.rate = rate.value }
    }
  }

  static func refuseCancelled(_ job: JobRecord, _ what: String) throws {
    guard job.state == .cancelled else { return }
    throw CommandFailure(
      "job `\(job.name)` was cancelled: there is nothing to \(what); `raudal job resume"
        + " \(job.name)` takes that back for tasks that come")
  }
}

extension JobTask {
  /// Writes the job's row as it is to be.
  fileprivate func change(_ name: String, _ body: (inout JobRecord) throws -> Void) throws {
    try tellingJobs {
      let board = try open().board()
      var job = try board.job(name)
      try body(&job)
      try board.write(job)
      let rate = job.rate.map { ", \(JobText.rate($0)) at most" } ?? ""
      Terminal.write("job \(name): \(job.state.rawValue)\(rate)\n")
    }
  }
}
