import ArgumentParser
import Glibc
import Jobs
import Platform

extension JobCommand {
  struct Show: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Show where a job is: live on a terminal, else once.",
      discussion: """
        Counts come from the pipeline's topic of progress, and change with its checkpoints. \
        `waiting` are all that have not ended: not begun, held by a limit or a pause, waiting for \
        their time or to be tried again. How many of them are `retrying` the run that carries the \
        job out says, where it is at work on this machine.

        EXAMPLES
          raudal job show spring
          raudal job show spring --follow | tee spring.log
        """)

    @OptionGroup var job: Name

    @Flag(help: "Goes on until all tasks have ended, also where there is no terminal.")
    var follow = false

    @OptionGroup var task: JobTask
    @OptionGroup var state: JobRun

    func run() throws {
      try tellingJobs {
        let scene = try task.open()
        let board = try scene.board()
        let progress = try JobProgress(scene.definition, scene.access)
        let isLive = Terminal.isOutputTerminal
        var pace = JobPace()
        let clock = SystemClock()
        var standing = try self.standing(scene.definition, board, progress)
        try write(JobText.heading(standing) + "\n")
        while true {
          pace.add(standing, at: Double(clock.monotonic()) / 1e9)
          let line = JobText.line(standing, pace)
          try write(isLive ? "\r\(line)\u{1B}[K" : line + "\n")
          guard isLive || follow, !standing.hasEnded else { break }
          sleep(1)
          try progress.refresh()
          standing = try self.standing(scene.definition, board, progress)
        }
        if isLive { Terminal.write("\n") }
      }
    }

    private func standing(
      _ definition: JobDefinition, _ board: JobBoard, _ progress: JobProgress
    ) throws -> JobStanding {
      try JobStanding(
        board.job(job.name), progress.counts(of: job.name),
        retrying: state.retries(definition)?.count(job.name))
    }
  }

  struct Report: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Say exactly what became of a job's tasks.",
      discussion: """
        Totals by how tasks ended; with --tasks a line for each task that has.

        EXAMPLES
          raudal job report spring
          raudal job report spring --format csv --tasks > spring.csv
        """)

    @OptionGroup var job: Name

    @Option(help: ArgumentHelp("table, csv or json.", valueName: "FORMAT"))
    var format: ReportForm.Format = .table

    @Flag(help: "A line for each task that has ended; in place of a table as CSV.")
    var tasks = false

    @OptionGroup var task: JobTask

    func run() throws {
      try tellingJobs {
        let scene = try task.open()
        let record = try scene.board().job(job.name)
        if tasks {
          return try JobReport(scene.definition, scene.access).tasks(of: job.name, format) {
            try write($0)
          }
        }
        let progress = try JobProgress(scene.definition, scene.access)
        let standing = JobStanding(record, progress.counts(of: job.name))
        Terminal.write(
          format == .table ? JobText.report(standing) : try JobReport.text(standing, format))
      }
    }
  }

  struct Redrive: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Make tasks that failed once more.",
      discussion: """
        Each gets the id of the one that failed with `#2` behind it, `#3` where that failed too: \
        to redrive twice does nothing twice. --where is a condition of the language over the \
        columns of the topic of tasks that failed.

        EXAMPLES
          raudal job redrive spring --where "status == 429"
          raudal job redrive spring --where 'error like "%timeout%"' --rate 10/s
        """)

    @OptionGroup var job: Name

    @Option(
      name: .customLong("where"),
      help: ArgumentHelp("Which of them; by default all.", valueName: "CONDITION"))
    var condition: String?

    @Option(help: ArgumentHelp("Tasks a second at most, or `none`.", valueName: "N/s"))
    var rate: JobRate?

    @OptionGroup var task: JobTask

    func run() throws {
      try tellingJobs {
        let scene = try task.open()
        let board = try scene.board()
        var record = try board.job(job.name)
        try refuseCancelled(record, "redrive")
        let redrive = try Jobs.Redrive(scene.definition, scene.access, where: condition)
        if let rate {
          record.rate = rate.value
          try board.write(record)
        }
        let findings = try redrive.run(job.name, now: SystemClock().now())
        var text = "job \(job.name): \(Terminal.counted(findings.written, "task")) made again"
        if findings.superseded > 0 { text += "; \(findings.superseded) have been before" }
        if findings.unfit > 0 { text += "; \(findings.unfit) lack what a task must have" }
        Terminal.write(text + "\n")
      }
    }
  }
}

extension JobCommand {
  /// Ends the command where nobody reads any more.
  static func write(_ text: String) throws {
    guard Terminal.takes(text) else { throw OutputClosed() }
  }
}

extension ReportForm.Format: ExpressibleByArgument {}
