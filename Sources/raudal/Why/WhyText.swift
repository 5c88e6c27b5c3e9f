import Plans
import Schemas

/// A report as a person reads it: what holds the time, what waits for it, and what costs.
struct WhyText {
  /// Windows that are shown of one operator.
  private static let shownWindows = 5
  /// A key of less is none that is hot.
  private static let hotShare = 0.05

  let report: StatusReport
  let isRunning: Bool
  /// Microseconds since 1970.
  let now: Int64

  /// The time from which spans count: now of a run that goes on, else when it was read last.
  private var present: Int64 {
    isRunning && report.isOwn ? now : report.readAt ?? report.at
  }

  var text: String {
    guard report.readAt != nil else { return head }
    let parts = [head, time, windows, waiting, calls, models, late, keys, operators]
    return parts.filter { !$0.isEmpty }.joined(separator: "\n")
  }

  private var head: String {
    var lines = ["pipeline \(report.pipeline): \(standing)"]
    for wait in report.waits {
      let verb = isRunning ? "waits" : "was waiting"
      let since = Terminal.span((isRunning ? now : report.at) - wait.since)
      lines.append("  \(wait.place) \(verb) for \(wait.what), since \(since)")
    }
    if let failure = report.lastFailure {
      let time = report.failedAt.map { " at \(Self.instant($0))" } ?? ""
      lines.append("  last failure\(time): \(failure)")
    }
    if let counting { lines.append("  \(counting)") }
    return lines.joined(separator: "\n") + "\n"
  }

  /// What the run does, or how it ended.
  private var standing: String {
    var line: String
    let ago = "\(Terminal.span(now - report.at)) ago"
    if isRunning {
      line =
        switch report.phase {
        case "starting":
          "running, process \(report.process), starting since"
            + " \(Terminal.span(now - report.began))"
        case "running": "running, process \(report.process)"
        default: "running, process \(report.process), \(report.phase)"
        }
    } else {
      line =
        switch (report.phase, report.isOwn) {
        case (StatusReport.ended, true): "stopped; as it was \(ago)"
        case (StatusReport.ended, false): "stopped \(ago), the last start read nothing"
        case (StatusReport.failed, true): "failed; as it was \(ago)"
        case (StatusReport.failed, false): "the last start failed \(ago)"
        case (_, true): "not running, it ended without a word; as it was \(ago)"
        case (_, false): "not running, its last start ended without a word \(ago)"
        }
    }
    if report.checkpoint?.id == 0 { line += ", no checkpoint yet" }
    // The one before the first says only where reading begins.
    if let checkpoint = report.checkpoint, checkpoint.id > 0 {
      let age = Terminal.span((isRunning ? now : report.at) - checkpoint.at)
      line += ", checkpoint \(checkpoint.id) \(age) \(isRunning ? "ago" : "before that")"
    }
    if report.restarts > 0 { line += ", \(Terminal.counted(report.restarts, "restart"))" }
    return line
  }

  /// Whose rows stand below, and since when they are counted.
  private var counting: String? {
    guard let readAt = report.readAt else { return "nothing has been read yet" }
    guard report.isOwn else {
      return "below stands what the run before left \(Terminal.span(now - readAt)) ago"
    }
    guard let since = report.countedSince else { return nil }
    let isEmpty = !report.operators.contains { $0.isSource && $0.rowsIn > 0 }
    let age = Terminal.span(max(0, present - since))
    let nothing = isEmpty ? isRunning ? ", and none has come since" : ", and none came" : ""
    return "rows are counted since it began to read, \(age) \(isRunning ? "ago" : "before that")"
      + nothing
  }

  private var time: String {
    var lines = ["TIME"]
    for name in sourceNames {
      let partitions = report.sources.filter { $0.source == name }
      guard partitions.contains(where: \.hasTime) else {
        lines.append("  \(name) has no event time")
        continue
      }
      lines.append("  \(name): \(holder(of: partitions))")
      guard partitions.count > 1 else { continue }
      for partition in partitions { lines.append("    \(state(of: partition))") }
    }
    return lines.joined(separator: "\n") + "\n"
  }

  private var sourceNames: [String] {
    var names: [String] = []
    for source in report.sources where !names.contains(source.source) {
      names.append(source.source)
    }
    return names
  }

  /// The partition for which all others wait.
  private static func slowest(_ partitions: [StatusReport.Source]) -> StatusReport.Source? {
    partitions.filter(\.isLive).min { ($0.watermark ?? .min) < ($1.watermark ?? .min) }
  }

  private func holder(of partitions: [StatusReport.Source]) -> String {
    guard let slowest = Self.slowest(partitions) else {
      return partitions.allSatisfy(\.hasEnded) ? "has ended" : "is idle, and holds nothing up"
    }
    guard let watermark = slowest.watermark else {
      return "no watermark before \(slowest.partition) gives a row or is idle"
    }
    var text = "watermark \(Self.instant(watermark)), held by \(slowest.partition)"
    text += ", there since \(stood(slowest))"
    if let furthest = partitions.compactMap(\.watermark).max(), furthest > watermark {
      text += ", \(Terminal.span(furthest - watermark)) behind the furthest partition"
    }
    return text + ", \(Terminal.span(present - watermark)) behind the clock" + backlog(slowest)
  }

  private func state(of source: StatusReport.Source) -> String {
    if source.hasEnded { return "\(source.partition) has ended" }
    let place = source.watermark.map { "at \(Self.instant($0))" } ?? "has given no row"
    let idle = source.isIdle ? ", idle" : ""
    return "\(source.partition) \(place) since \(stood(source))\(idle)\(backlog(source))"
  }

  private func stood(_ source: StatusReport.Source) -> String {
    Terminal.span(max(0, present - source.since))
  }

  private func backlog(_ source: StatusReport.Source) -> String {
    source.backlog.map { ", \(Terminal.counted($0, "record")) to read" } ?? ""
  }

  private var windows: String {
    var lines = ["WINDOWS"]
    for (name, step) in windowSteps where !step.windows.isEmpty {
      let rows = step.windows.reduce(0) { $0 + $1.rows }
      lines.append(
        "  \(name): \(Terminal.counted(step.windows.count, "open window")),"
          + " \(Terminal.counted(rows, "row"))")
      for window in step.windows.prefix(Self.shownWindows) {
        let span = "\(Self.instant(window.start)) to \(Self.instant(window.end))"
        lines.append(
          "    \(span): \(Terminal.counted(window.rows, "row")) of"
            + " \(window.mayHaveMore ?? false ? "at least " : "")"
            + "\(Terminal.counted(window.groups, "key")); \(closing(at: window.end, step))")
      }
      let more = step.windows.count - Self.shownWindows
      if more > 0 { lines.append("    and \(more) more") }
    }
    lines += report.operators.compactMap(sessions(of:))
    return lines.count > 1 ? lines.joined(separator: "\n") + "\n" : ""
  }

  private func sessions(of step: StatusReport.Step) -> String? {
    guard let count = step.sessions else { return nil }
    let text = "  \(step.id): \(Terminal.counted(count, "open session"))"
    guard let end = step.sessionEnd else { return text }
    return text + "; the first \(closing(at: end, step))"
  }

  /// Both phases of a window as one: the first knows rows, the second those of all workers by key.
  private var windowSteps: [(name: String, step: StatusReport.Step)] {
    var steps: [(name: String, step: StatusReport.Step)] = []
    for step in report.operators where !step.windows.isEmpty {
      let name = step.stage
      guard let known = steps.firstIndex(where: { $0.name == name }) else {
        steps.append((name, step))
        continue
      }
      for window in step.windows {
        if let same = steps[known].step.windows.firstIndex(where: { $0.end == window.end }) {
          steps[known].step.windows[same].rows += window.rows
          let groups = steps[known].step.windows[same].groups
          if groups > 0, window.groups > 0 { steps[known].step.windows[same].mayHaveMore = true }
          steps[known].step.windows[same].groups = max(groups, window.groups)
        } else {
          steps[known].step.windows.append(window)
        }
      }
      steps[known].step.windows.sort { $0.end < $1.end }
    }
    return steps
  }

  private func closing(at end: Int64, _ step: StatusReport.Step) -> String {
    let before = report.sources.filter { step.sources.contains($0.source) }
    guard let slowest = Self.slowest(before) else { return "closes when there is time again" }
    guard (slowest.watermark ?? .min) < end else { return "closes now" }
    let goal = Self.instant(end)
    let text = "closes when \(slowest.partition) passes \(goal)"
    guard let watermark = slowest.watermark else { return "\(text), it has given no row" }
    return "\(text), it is at \(Self.instant(watermark)) since \(stood(slowest))"
  }

  private var waiting: String {
    let lines = report.operators.compactMap { step -> String? in
      var parts: [String] = []
      if let rows = step.waitingRows { parts.append("\(Terminal.counted(rows, "row")) waiting") }
      if let retries = step.retries, retries > 0 { parts.append("\(retries) to be tried again") }
      if let tasks = step.rowless, tasks > 0, let table = step.rowlessTable {
        let key = step.rowlessKey.map { ", as of `\($0.prefix(120))`" } ?? ""
        parts.append("\(tasks) of which `\(table)` has no row\(key)")
      }
      if let keys = step.keys { parts.append("something kept of \(Terminal.counted(keys, "key"))") }
      return parts.isEmpty ? nil : "  \(step.id): \(parts.joined(separator: ", "))"
    }
    return lines.isEmpty ? "" : "WAITING\n" + lines.joined(separator: "\n") + "\n"
  }

  private var calls: String {
    let lines = report.operators.compactMap { step -> String? in
      guard let calls = step.calls else { return nil }
      var parts = [Terminal.counted(calls.sent, "call")]
      if calls.failed > 0 { parts.append("\(calls.failed) failed") }
      if calls.underWay > 0 { parts.append("\(calls.underWay) without an answer yet") }
      if let bound = calls.bound { parts.append("\(bound) at a time at present") }
      if calls.answered > 0 {
        parts.append("\(Terminal.span(calls.latency / calls.answered)) each")
      }
      if calls.hits > 0 {
        parts.append("\(calls.hits * 100 / (calls.hits + calls.misses)) % of rows from the cache")
      }
      if calls.refused > 0 {
        parts.append("\(Terminal.counted(calls.refused, "key")) not asked for")
      }
      if let read = calls.tokensRead, let written = calls.tokensWritten {
        parts.append("\(read) tokens read and \(written) written")
      }
      if let cost = calls.cost, cost > 0 {
        let shown = (cost * 10_000).rounded() / 10_000
        parts.append(shown > 0 ? "for \(shown)" : "for less than 0.0001")
      }
      if calls.open > 0 { parts.append("none is made now, too many failed") }
      if let time = calls.budgetUntil, time > report.at {
        parts.append("a budget is used up until \(Self.instant(time))")
      }
      return "  \(step.stage): \(parts.joined(separator: ", "))"
    }
    return lines.isEmpty ? "" : "CALLS\n" + lines.joined(separator: "\n") + "\n"
  }

  private var late: String {
    let lines = report.operators.filter { $0.late > 0 }.map { step in
      "  \(step.stage): \(step.late) of \(Terminal.counted(step.rowsIn, "row")) late,"
        + " by up to \(Terminal.span(step.greatestLateness))"
    }
    return "LATE\n" + (lines.isEmpty ? ["  no row"] : lines).joined(separator: "\n") + "\n"
  }

  private var keys: String {
    let lines = report.operators.compactMap { step -> String? in
      guard let hottest = step.hottest, hottest.share >= Self.hotShare else { return nil }
      let share = Int((hottest.share * 100).rounded())
      return "  \(step.stage): \(hottest.key) has \(share) % of the rows"
        + " (of \(hottest.samples) that were looked at)"
    }
    return lines.isEmpty ? "" : "KEYS\n" + lines.joined(separator: "\n") + "\n"
  }

  private var operators: String {
    let total = max(1, report.operators.reduce(0) { $0 + $1.busyNanoseconds })
    var rows = [["  OPERATOR", "TIME", "SHARE", "ROWS IN", "ROWS OUT", "NS A ROW"]]
    for step in report.operators.sorted(by: { $0.busyNanoseconds > $1.busyNanoseconds }) {
      let each = step.rowsIn > 0 ? "\(step.busyNanoseconds / step.rowsIn)" : ""
      rows.append([
        "  \(step.id)", Terminal.span(step.busyNanoseconds / 1_000),
        "\(step.busyNanoseconds * 100 / total) %", "\(step.rowsIn)", "\(step.rowsOut)", each,
      ])
    }
    return "OPERATORS, the slowest first\n" + Table.text(rows)
  }

  private static func instant(_ time: Int64) -> String {
    Terminal.instant(Timestamp(microseconds: time))
  }
}
