import Dataflow
import Engine
import Plans
import Platform
import Schemas

/// Stands by a run until it ends: shows where it is, passes on the user's wish to stop.
struct RunWatch {
  /// Nanoseconds between two looks at where the run is.
  private static let interval: UInt64 = 1_000_000_000
  /// To the first: a start leaves word of itself before it waits for anybody.
  private static let firstInterval: UInt64 = 100_000_000
  let run: PipelineRun
  let plan: PhysicalPlan
  let log: RunLog
  let signals: StopSignals
  let statusFile: StatusFile
  private let repetition = Repetition()

  /// What a second signal asks for: the last checkpoint may wait for brokers that are away.
  private static let impatience = RunFailure(
    .final,
    "a second signal: ended at once, as by a crash; the next run goes on from the last checkpoint"
      + " that counts")

  func untilEnd() -> RunOutcome {
    let thread = run.start()
    let end = SystemThread(name: "run-end") {
      thread.join()
      StopSignals.nudge()
    }
    let clock = SystemClock()
    var nextLook = clock.monotonic() + Self.firstInterval
    var line = StatusLine(plan: plan)
    var reporter = StatusReporter(plan: plan)
    var rowless = RowlessNotices()
    var shown: Epoch?
    var isStopping = false
    while true {
      let left = nextLook - min(nextLook, clock.monotonic())
      if signals.wait(milliseconds: Int(left / 1_000_000) + 1) == .stop {
        if isStopping {
          guard repetition.isOver else { continue }
          reporter.write(run.status(), .failed(Self.impatience), to: statusFile)
          log.close()
          return .failed(Self.impatience)
        }
        isStopping = true
        beginToStop()
      }
      let outcome = run.outcome
      guard outcome != nil || clock.monotonic() >= nextLook else { continue }
      nextLook = clock.monotonic() + Self.interval
      let status = run.status()
      reporter.write(status, outcome, to: statusFile)
      run.look()
      if let checkpoint = status.checkpoint, checkpoint.epoch != shown {
        shown = checkpoint.epoch
        if let duration = checkpoint.duration {
          log.write(
            "checkpoint \(checkpoint.epoch): \(Terminal.span(duration)), \(checkpoint.size) bytes")
        }
      }
      if let job = status.job {
        for line in rowless.lines(of: job, at: status.now) { log.write(line) }
      }
      if let text = line.text(of: status) { log.show(text) }
      if let outcome {
        log.close()
        end?.join()
        return outcome
      }
    }
  }

  private func beginToStop() {
    repetition.begin()
    let isRunning = run.status().phase == .running
    log.write(isRunning ? "stopping: taking a last checkpoint" : "stopping")
    run.requestStop()
  }
}

/// The time within which another signal is the same wish once more: `timeout`, a shell and a
/// terminal signal both a process and its group.
private final class Repetition {
  private static let length: UInt64 = 1_000_000_000
  private let clock = SystemClock()
  private var end: UInt64 = 0

  func begin() { end = clock.monotonic() &+ Self.length }

  var isOver: Bool { clock.monotonic() >= end }
}

/// The line that changes every second: `12.3 k/s in, 40/s out, watermark …`.
struct StatusLine {
  private let sources: Set<OperatorID>
  private let sinks: Set<OperatorID>
  /// Names of the sources with event time.
  private let timed: Set<String>
  private var last: (at: Timestamp, rowsIn: Int64, rowsOut: Int64)?

  init(plan: PhysicalPlan) {
    var sources: Set<OperatorID> = []
    var sinks: Set<OperatorID> = []
    var timed: Set<String> = []
    for step in plan.operators {
      switch step.kind {
      case .source(let spec):
        sources.insert(step.id)
        if spec.eventTime != nil { timed.insert(spec.name) }
      case .sink: sinks.insert(step.id)
      default: continue
      }
    }
    self.sources = sources
    self.sinks = sinks
    self.timed = timed
  }

  /// nil where the last line says more: of a run that has ended.
  mutating func text(of status: PipelineStatus) -> String? {
    guard let job = status.job else {
      return status.phase == .ended ? nil : status.phase.rawValue
    }
    var rowsIn: Int64 = 0
    var rowsOut: Int64 = 0
    for stage in job.stages {
      if sources.contains(stage.id) { rowsIn += stage.metrics.rowsIn }
      if sinks.contains(stage.id) { rowsOut += stage.metrics.rowsOut }
    }
    defer { last = (status.now, rowsIn, rowsOut) }
    let seconds = last.map {
      Double(status.now.microseconds - $0.at.microseconds) / 1e6
    }
    var parts: [String] = []
    if let last, let seconds, seconds > 0 {
      parts.append("\(Terminal.short(Double(rowsIn - last.rowsIn) / seconds))/s in")
      parts.append("\(Terminal.short(Double(rowsOut - last.rowsOut) / seconds))/s out")
    }
    if let watermark = status.watermark, watermark != .endOfTime {
      parts.append("watermark \(Terminal.instant(watermark))")
    } else if let silent = silent(in: job) {
      parts.append("no watermark before \(silent) gives a row or is idle")
    }
    if let lag = status.watermarkLag { parts.append("\(Terminal.span(lag)) behind") }
    if let lag = status.backlog { parts.append("\(Terminal.short(Double(lag))) to read") }
    if let checkpoint = status.checkpoint {
      let age = status.now.microseconds - checkpoint.at.microseconds
      parts.append("checkpoint \(checkpoint.epoch) \(Terminal.span(age)) ago")
    }
    if status.restarts > 0 { parts.append("\(status.restarts) restarts") }
    return parts.joined(separator: ", ")
  }

  /// A partition that has given nothing and holds the watermark of all: why no window closes.
  private func silent(in job: JobStatus) -> PartitionID? {
    job.sources.first { source in
      timed.contains(source.partition.source) && source.watermark == .beginning && !source.isIdle
    }?.partition
  }
}
