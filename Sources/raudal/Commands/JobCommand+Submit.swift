import ArgumentParser
import Glibc
import Jobs
import Platform

extension JobCommand {
  struct Submit: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Make tasks of a file's rows.",
      discussion: """
        Every row is read and checked before the first is sent. A task's id is JOB/KEY, or JOB/ \
        and a hash of the row: to submit the same file again, or one that was cut short, sends \
        nothing twice.

        EXAMPLES
          raudal job submit list.csv --to send_email --name spring --key customer_id
          raudal job submit list.jsonl.gz --to send_email --name spring --set template=spring
          raudal job submit list.csv --name spring --at 2026-03-20T08:00:00Z --rate 500/s
          raudal job submit list.csv --name spring --dry-run --report bad.csv
        """)

    @Argument(
      help: "A .csv, .tsv or .jsonl file, which may be packed, or a .parquet file.",
      completion: .file())
    var file: String

    @Option(help: ArgumentHelp("What the job is called.", valueName: "JOB"))
    var name: String

    @Option(
      help: ArgumentHelp(
        "The file's column that tells rows apart; without it all that a row says does.",
        valueName: "COLUMN"))
    var key: String?

    @Option(
      help: ArgumentHelp(
        "Gives a column of the task one value in all rows; repeatable.",
        valueName: "COLUMN=VALUE"))
    var set: [String] = []

    @Option(
      help: ArgumentHelp("Tasks are not sent before this time.", valueName: "TIME"))
    var at: String?

    @Option(help: ArgumentHelp("Tasks a second at most.", valueName: "N/s"))
    var rate: JobRate?

    @Option(help: ArgumentHelp("What stands between the cells of a CSV file.", valueName: "C"))
    var separator: String?

    @Flag(help: "Sends the rows that are right where others are not.")
    var skipBad = false

    @Option(help: ArgumentHelp("Writes all bad rows to this file, as CSV.", valueName: "FILE"))
    var report: String?

    @Flag(help: "The job begins paused.")
    var paused = false

    @Flag(help: "Reads and checks the file, and sends nothing.")
    var dryRun = false

    @OptionGroup var task: JobTask

    func run() throws {
      try tellingJobs {
        let scene = try task.open()
        let order = SubmissionOrder(
          job: name, settings: try columns(), due: at, key: key)
        let submission = try Submission(
          scene.definition, SubmittedFile(file, separator: separator), order,
          now: SystemClock().now(),
          largestRecord: scene.access.largestRecord(of: scene.definition.source))
        for lack in scene.definition.lacks { Terminal.writeError("notice: \(lack)\n") }
        let findings = try check(submission)
        try refuse(findings, by: submission.unit)
        if !dryRun { try send(submission, findings, scene) }
      }
    }

    /// `before`: the job's former row, by which tasks go until the new one is read.
    private func warn(of definition: JobDefinition, _ before: JobRecord?) {
      guard paused || rate != nil else { return }
      if let before {
        guard before.state == .running else { return }
        Terminal.writeError(
          "notice: where the pipeline runs, some tasks may begin as the job's former row says,"
            + " before it has read the new one; `raudal job pause \(name)` some seconds before lets"
            + " none\n")
      } else if !definition.steering.isRequired {
        Terminal.writeError(
          "notice: where the pipeline runs, some tasks may begin before it has read the job's row;"
            + " `steered by \(definition.steering.name) on … required` lets none\n")
      }
    }

    private func columns() throws -> [(column: String, value: String)] {
      try set.map { setting in
        guard let equals = setting.firstIndex(of: "="), equals != setting.startIndex else {
          throw CommandFailure.usage("--set takes COLUMN=VALUE, not `\(setting)`")
        }
        return (
          String(setting[..<equals]), String(setting[setting.index(after: equals)...])
        )
      }
    }

    private func check(_ submission: Submission) throws -> Submission.Findings {
      let list = try report.map { try BadRowFile($0, unit: submission.unit) }
      var notice = ProgressNotice("checked")
      let findings = try submission.check(
        tell: { try list?.write($0) }, passed: { notice.show($0) })
      notice.end()
      try list?.close()
      var text = "\(file): \(Terminal.counted(findings.good + findings.bad, "row"))"
      text += findings.bad > 0 ? ", \(findings.bad) bad" : ", all of them right"
      if findings.repeated > 0 {
        text += "; \(findings.repeated) with the id of another one: those of an id are one task"
      }
      Terminal.write(text + "\n")
      if !findings.ignored.isEmpty {
        Terminal.write("columns that no task has: \(findings.ignored.joined(separator: ", "))\n")
      }
      return findings
    }

    private func refuse(_ findings: Submission.Findings, by unit: String) throws {
      for bad in findings.firstBad {
        Terminal.writeError("  \(unit) \(bad.line): \(bad.reason)\n")
      }
      let more = findings.bad - Int64(findings.firstBad.count)
      if more > 0 {
        Terminal.writeError("  and \(more) more; --report FILE has all\n")
      }
      if findings.bad > 0, !skipBad {
        throw CommandFailure(
          "\(file): \(Terminal.counted(findings.bad, "row")) can't become tasks, so nothing was"
            + " sent; mend them, or send the others with --skip-bad")
      }
      if findings.good == 0 { throw CommandFailure("\(file) has no row that can be sent") }
    }

    private func send(
      _ submission: Submission, _ findings: Submission.Findings, _ scene: JobTask.Scene
    ) throws {
      try submission.expectTopic(scene.access)
      let board = try scene.board()
      let before = try board.known(name)
      if before != nil { try scene.definition.refuseAgain(name) }
      let tasks =
        before == nil ? findings.tasks : try submission.tasks(findings, scene.access)
      var job = try submission.record(
        before, tasks: tasks, isPaused: paused, now: SystemClock().now())
      if let rate { job.rate = rate.value }
      warn(of: scene.definition, before)
      // Before the first task: a job that begins paused, or with a rate, must not begin otherwise.
      try board.write(job)
      var notice = ProgressNotice("sent")
      try submission.send(findings, scene.access) { notice.show($0) }
      notice.end()
      let again = before == nil ? "" : "; those that it had already are not sent again"
      Terminal.write(
        "job \(name): \(Terminal.counted(findings.tasks, "task")) submitted,"
          + " \(job.state.rawValue)\(again)\n")
    }
  }
}
