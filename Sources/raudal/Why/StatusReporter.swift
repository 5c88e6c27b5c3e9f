import Dataflow
import Engine
import Glibc
import KeyedState
import Plans
import Schemas

/// Makes reports of a run's readings, and knows since when watermarks stand still.
struct StatusReporter {
  private struct Standing {
    var watermark: Timestamp
    var since: Int64
  }

  private let plan: PhysicalPlan
  /// By operator: the sources of its rows, whose time it waits for.
  private let origins: [[String]]
  private let specs: [String: SourceSpec]
  private var standing: [PartitionID: Standing] = [:]

  init(plan: PhysicalPlan) {
    self.plan = plan
    var origins: [[String]] = []
    var specs: [String: SourceSpec] = [:]
    for step in plan.operators {
      var own = Set(step.rowInputs.flatMap { origins[$0.from] })
      if case .source(let spec) = step.kind {
        own.insert(spec.name)
        specs[spec.name] = spec
      }
      origins.append(own.sorted())
    }
    self.origins = origins
    self.specs = specs
  }

  /// `outcome`: of a run that has ended.
  mutating func write(_ status: PipelineStatus, _ outcome: RunOutcome?, to file: StatusFile) {
    guard var report = reading(of: status) else { return }
    if let outcome {
      report.phase = outcome.exitStatus == 0 ? StatusReport.ended : StatusReport.failed
    }
    file.write(report)
  }

  /// nil while no job has run: the directory may be another process's.
  private mutating func reading(of status: PipelineStatus) -> StatusReport? {
    guard let job = status.job ?? status.ended?.status else { return nil }
    let now = status.now.microseconds
    return StatusReport(
      pipeline: plan.pipeline, process: getpid(), at: now, phase: status.phase.rawValue,
      restarts: status.restarts, lastFailure: status.lastFailure,
      checkpoint: status.checkpoint.map {
        StatusReport.Checkpoint(id: $0.epoch.number, at: $0.at.microseconds, bytes: $0.size)
      },
      sources: job.sources.sorted { $0.partition < $1.partition }.map { source($0, at: now) },
      operators: plan.operators.indices.map { step($0, job) })
  }

  private mutating func source(_ source: JobStatus.Source, at now: Int64) -> StatusReport.Source {
    let known = standing[source.partition]
    let since = known?.watermark == source.watermark ? known?.since ?? now : now
    standing[source.partition] = Standing(watermark: source.watermark, since: since)
    let time = specs[source.partition.source]?.eventTime
    let isKnown = source.watermark != .beginning && source.watermark != .endOfTime
    return StatusReport.Source(
      source: source.partition.source, partition: "\(source.partition)",
      position: source.position.offset,
      watermark: isKnown && time != nil ? source.watermark.microseconds : nil, since: since,
      lateness: time?.lateness ?? 0, hasTime: time != nil, isIdle: source.isIdle,
      hasEnded: source.watermark == .endOfTime, backlog: source.backlog)
  }

  private func step(_ index: PhysicalPlan.Index, _ job: JobStatus) -> StatusReport.Step {
    let id = plan.operators[index].id
    var step = StatusReport.Step(
      id: id.name, stage: RunSummary.name(plan.operators[index]), sources: origins[index],
      rowsIn: 0, rowsOut: 0, late: 0, greatestLateness: 0,
      failed: 0, unmatched: 0, busyNanoseconds: 0, windows: [])
    var windows: [Int64: StatusReport.Window] = [:]
    var hot = HotShares()
    for stage in job.stages where stage.id == id {
      let counts = stage.metrics
      step.rowsIn += counts.rowsIn
      step.rowsOut += counts.rowsOut
      step.late += counts.late
      step.greatestLateness = max(step.greatestLateness, counts.lateness)
      step.failed += counts.failed
      step.unmatched += counts.unmatched
      step.busyNanoseconds += counts.busy
      hot.add(stage.hottest, rows: counts.rowsIn)
      guard let waiting = stage.waiting else { continue }
      if let keys = waiting.keys { step.keys = (step.keys ?? 0) + keys }
      if let rows = waiting.rows { step.waitingRows = (step.waitingRows ?? 0) + rows }
      for window in waiting.windows { Self.add(window, to: &windows) }
    }
    step.hottest = hot.hottest.map {
      StatusReport.HotKey(key: $0.key, share: $0.share, samples: $0.samples)
    }
    step.windows = windows.values.sorted { ($0.end, $0.start) < ($1.end, $1.start) }
    return step
  }

  private static func add(
    _ window: Waiting.Window, to windows: inout [Int64: StatusReport.Window]
  ) {
    var known =
      windows[window.end]
      ?? StatusReport.Window(start: window.start, end: window.end, groups: 0, rows: 0)
    known.groups += window.groups
    known.rows += window.rows
    windows[window.end] = known
  }
}
