import Dataflow
import Engine
import Glibc
import KeyedState
import Plans
import Platform
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
  private let began = SystemClock().now().microseconds
  /// When a job was read last.
  private var readAt: Int64?
  /// What the run before left, until this one has a job to read.
  private var former: StatusReport?

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
    // Before that the directory may be another process's.
    guard status.holdsDirectory else { return }
    var report = head(of: status)
    switch outcome {
    case nil: break
    case .failed(let failure):
      report.phase = StatusReport.failed
      report.lastFailure = failure.message
      report.failedAt = report.at
    default: report.phase = StatusReport.ended
    }
    if let job = status.job ?? status.ended?.status {
      read(job, of: status, into: &report)
    } else {
      keepFormer(of: file, in: &report)
    }
    file.write(report)
  }

  private func head(of status: PipelineStatus) -> StatusReport {
    StatusReport(
      pipeline: plan.pipeline, process: getpid(), began: began, at: status.now.microseconds,
      phase: status.phase.rawValue, restarts: status.restarts, lastFailure: status.lastFailure,
      failedAt: status.failedAt?.microseconds,
      waits: status.waits.map {
        StatusReport.Wait(place: $0.place, what: $0.what, since: $0.since.microseconds)
      },
      checkpoint: status.checkpoint.map {
        StatusReport.Checkpoint(id: $0.epoch.number, at: $0.at.microseconds, bytes: $0.size)
      },
      isOwn: true, sources: [], operators: [])
  }

  private mutating func read(
    _ job: JobStatus, of status: PipelineStatus, into report: inout StatusReport
  ) {
    let now = report.at
    if status.job != nil || readAt == nil { readAt = now }
    report.readAt = readAt
    report.countedSince = status.countedSince?.microseconds
    report.sources = job.sources.sorted { $0.partition < $1.partition }.map { source($0, at: now) }
    let drifts = Dictionary(grouping: ModelDrift.all(of: job), by: \.stage)
    report.operators = plan.operators.indices.map { step($0, job, drifts) }
    former = nil
  }

  /// A start that waits, or fails, says nothing of rows: what is known of them stays.
  private mutating func keepFormer(of file: StatusFile, in report: inout StatusReport) {
    report.isOwn = false
    if former == nil { former = try? file.read() }
    guard let former, former.pipeline == report.pipeline else { return }
    report.checkpoint = report.checkpoint ?? former.checkpoint
    report.readAt = former.readAt
    report.countedSince = former.countedSince
    report.sources = former.sources
    report.operators = former.operators
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

  private func step(
    _ index: PhysicalPlan.Index, _ job: JobStatus, _ drifts: [OperatorID: [ModelDrift]]
  ) -> StatusReport.Step {
    let id = plan.operators[index].id
    let isSource =
      if case .source = plan.operators[index].kind { true } else { false }
    var step = StatusReport.Step(
      id: id.name, isSource: isSource, stage: RunSummary.name(plan.operators[index]),
      sources: origins[index],
      rowsIn: 0, rowsOut: 0, late: 0, greatestLateness: 0,
      failed: 0, unmatched: 0, busyNanoseconds: 0, windows: [])
    if case .execute(let execution) = plan.operators[index].kind {
      step.task = plan.tasks[execution.task].name
    }
    var windows: [Int64: StatusReport.Window] = [:]
    let sharesKeys =
      if case .localWindow = plan.operators[index].kind { true } else { false }
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
      if let calls = counts.calls { Self.add(calls, to: &step.calls) }
      Self.add(counts.versions, to: &step.versions)
      guard let waiting = stage.waiting else { continue }
      if let keys = waiting.keys { step.keys = (step.keys ?? 0) + keys }
      if let rows = waiting.rows { step.waitingRows = (step.waitingRows ?? 0) + rows }
      if let sessions = waiting.sessions {
        step.sessions = (step.sessions ?? 0) + sessions.count
        step.sessionEnd = [step.sessionEnd, sessions.earliestEnd].compactMap { $0 }.min()
      }
      for window in waiting.windows { Self.add(window, to: &windows, sharesKeys: sharesKeys) }
      if let retries = waiting.retries { Self.add(retries, to: &step) }
      if let rowless = waiting.rowless { Self.add(rowless, to: &step) }
    }
    for drift in drifts[id] ?? [] { Self.add(drift, to: &step) }
    step.hottest = hot.hottest.map {
      StatusReport.HotKey(key: $0.key, share: $0.share, samples: $0.samples)
    }
    step.windows = windows.values.sorted { ($0.end, $0.start) < ($1.end, $1.start) }
    return step
  }

  private static func add(_ retries: Waiting.Retries, to step: inout StatusReport.Step) {
    step.retries = (step.retries ?? 0) + retries.count
    step.retriesOfKeys = (step.retriesOfKeys ?? [:]).merging(retries.ofKeys) { $0 + $1 }
  }

  private static func add(_ rowless: Waiting.Rowless, to step: inout StatusReport.Step) {
    step.rowless = (step.rowless ?? 0) + rowless.count
    step.rowlessTable = rowless.table
    step.rowlessKey = step.rowlessKey ?? rowless.key
  }

  private static func add(_ drift: ModelDrift, to step: inout StatusReport.Step) {
    let place = step.versions?.firstIndex {
      $0.name == drift.version && $0.isShadow == drift.isShadow
    }
    guard let place, let index = drift.index else { return }
    let own = StatusReport.Drift(output: drift.output, index: index)
    let known = step.versions?[place].drifts ?? []
    step.versions?[place].drifts = known + [own]
  }

  /// Those of all workers together.
  private static func add(
    _ counts: [VersionCounts], to known: inout [StatusReport.Version]?
  ) {
    guard !counts.isEmpty else { return }
    var versions = known ?? []
    for count in counts {
      let own = StatusReport.Version(
        name: count.name, isShadow: count.isShadow, calls: count.calls, rows: count.rows,
        failed: count.failed, hits: count.hits, latency: count.latency,
        scores: count.scores.reduce(0, +), scoreSum: count.scoreSum)
      guard
        let place = versions.firstIndex(where: {
          $0.name == own.name && $0.isShadow == own.isShadow
        })
      else {
        versions.append(own)
        continue
      }
      versions[place].calls += own.calls
      versions[place].rows += own.rows
      versions[place].failed += own.failed
      versions[place].hits = (versions[place].hits ?? 0) + count.hits
      versions[place].latency += own.latency
      versions[place].scores += own.scores
      versions[place].scoreSum += own.scoreSum
    }
    known = versions
  }

  private static func add(_ calls: CallCounts, to known: inout StatusReport.Calls?) {
    var sum =
      known
      ?? StatusReport.Calls(
        sent: 0, failed: 0, hits: 0, misses: 0, refused: 0, underWay: 0, open: 0, answered: 0,
        latency: 0)
    sum.sent += calls.sent
    sum.failed += calls.failed
    sum.hits += calls.hits
    sum.misses += calls.misses
    sum.refused += calls.refused
    sum.underWay += calls.underWay
    sum.bound = calls.bound ?? sum.bound
    sum.open += calls.isOpen ? 1 : 0
    if let time = calls.budgetUntil?.microseconds {
      sum.budgetUntil = max(sum.budgetUntil ?? time, time)
    }
    sum.answered += calls.latencies.reduce(0, +)
    sum.latency += calls.latency
    if calls.tokensRead + calls.tokensWritten > 0 {
      sum.tokensRead = (sum.tokensRead ?? 0) + calls.tokensRead
      sum.tokensWritten = (sum.tokensWritten ?? 0) + calls.tokensWritten
      sum.cost = (sum.cost ?? 0) + Double(calls.cost) / 1e9
    }
    known = sum
  }

  /// `sharesKeys`: other workers may have the same keys.
  private static func add(
    _ window: Waiting.Window, to windows: inout [Int64: StatusReport.Window], sharesKeys: Bool
  ) {
    var known =
      windows[window.end]
      ?? StatusReport.Window(start: window.start, end: window.end, groups: 0, rows: 0)
    if sharesKeys, known.groups > 0, window.groups > 0 { known.mayHaveMore = true }
    known.groups = sharesKeys ? max(known.groups, window.groups) : known.groups + window.groups
    known.rows += window.rows
    windows[window.end] = known
  }
}
