import Jobs
import Plans
import Schemas

/// What is said of jobs on a terminal.
enum JobText {
  private static let barWidth = 24

  /// `[=======>      ] 52.3 %  10460 done, 12 failed, 7528 waiting; 812/s, 9.3 s left`
  static func line(_ standing: JobStanding, _ pace: JobPace) -> String {
    var text = "\(bar(standing))  \(counts(standing))"
    if let rate = pace.rate { text += "; \(Terminal.short(rate))/s" }
    if !standing.hasEnded, standing.job.state == .running,
      let seconds = pace.remaining(standing), seconds < 1e9
    {
      text += ", \(Terminal.span(Int64(seconds * 1e6))) left"
    }
    if standing.job.state != .running { text += "; \(standing.job.state.rawValue)" }
    return text
  }

  static func counts(_ standing: JobStanding) -> String {
    var text = "\(standing.done) done, \(standing.failed) failed"
    if standing.counts.cancelled > 0 { text += " (\(standing.counts.cancelled) cancelled)" }
    if standing.counts.redriven > 0 { text += ", \(standing.counts.redriven) redriven" }
    text += ", \(standing.waiting) waiting"
    if let retrying = standing.retrying, retrying > 0 { text += " (\(retrying) retrying)" }
    return text
  }

  private static func bar(_ standing: JobStanding) -> String {
    let ended = standing.tasks - standing.waiting
    let share = standing.tasks > 0 ? Double(ended) / Double(standing.tasks) : 0
    let filled = Int(share * Double(barWidth))
    let arrow = filled < barWidth ? ">" : ""
    let space = String(repeating: " ", count: max(barWidth - filled - arrow.count, 0))
    let percent = (share * 1_000).rounded(.down) / 10
    return "[\(String(repeating: "=", count: filled))\(arrow)\(space)] \(percent) %"
  }

  /// What a job is, above its progress.
  static func heading(_ standing: JobStanding) -> String {
    let job = standing.job
    var text = "job \(job.name): \(job.state.rawValue), \(Terminal.counted(standing.tasks, "task"))"
    if let file = job.file { text += " of \(file)" }
    if let task = job.task { text += " for \(task)" }
    if let at = job.submittedAt { text += ", since \(TimeRendering.timestamp(at.microseconds))" }
    if let rate = job.rate { text += ", \(Self.rate(rate)) at most" }
    return text
  }

  static func rate(_ value: Double) -> String {
    value == value.rounded() && value < 1e15 ? "\(Int64(value))/s" : "\(value)/s"
  }

  static func list(_ standings: [JobStanding]) -> String {
    var rows = [
      [
        "JOB", "STATE", "TASKS", "DONE", "FAILED", "WAITING", "RETRYING", "RATE", "SUBMITTED",
        "FILE",
      ]
    ]
    for standing in standings {
      let job = standing.job
      rows.append([
        job.name, job.state.rawValue, "\(standing.tasks)", "\(standing.done)",
        "\(standing.failed)", "\(standing.waiting)", standing.retrying.map { "\($0)" } ?? "",
        job.rate.map(rate) ?? "",
        job.submittedAt.map { TimeRendering.timestamp($0.microseconds) } ?? "", job.file ?? "",
      ])
    }
    return Table.text(rows)
  }

  static func report(_ standing: JobStanding) -> String {
    let rows = JobReport.totals(standing).map { row in
      [row.outcome, row.status.map { "\($0)" } ?? "", "\(row.tasks)", row.error ?? ""]
    }
    return heading(standing) + "\n" + Table.text([["OUTCOME", "STATUS", "TASKS", "ERROR"]] + rows)
  }
}
