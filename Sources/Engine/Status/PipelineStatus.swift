package import Dataflow
package import Schemas

/// A reading of a run, for the terminal's line and the metrics.
package struct PipelineStatus: Sendable {
  package enum Phase: String, Sendable { case starting, running, recovering, ended }

  package struct Checkpoint: Sendable {
    package var epoch: Epoch
    /// When it began to count.
    package var at: Timestamp
    /// Microseconds from the barrier to the commit; nil for the one the run began with.
    package var duration: Int64?
    /// Bytes of all its parts.
    package var size: Int
  }

  /// The last reading of a job.
  package struct EndedJob: Sendable {
    package var status: JobStatus
    /// Failed attempts before it.
    package var restarts: Int
  }

  package struct Wait: Sendable {
    /// Who waits: a source with its brokers.
    package var place: String
    package var what: String
    package var since: Timestamp
  }

  package var phase: Phase
  /// Attempts that failed.
  package var restarts: Int
  /// The last failure's message.
  package var lastFailure: String?
  package var checkpoint: Checkpoint?
  /// Checkpoints that counted since the process began.
  package var checkpoints: Int
  /// Microseconds since the oldest open transaction began; nil if none is open.
  package var transactionAge: Int64?
  /// The job's own reading; nil while none runs.
  package var job: JobStatus?
  /// The job that ran last; nil while one runs.
  package var ended: EndedJob?
  /// What connectors of this attempt wait for.
  package var waits: [Wait]
  /// Whether the state directory is this process's own.
  package var holdsDirectory: Bool
  /// When the last failure was.
  package var failedAt: Timestamp?
  /// Since when the job's rows are counted: the beginning of its attempt.
  package var countedSince: Timestamp?
  package var now: Timestamp

  /// The least watermark of all sources; nil before any is known.
  package var watermark: Timestamp? {
    let known = job?.sources.filter { !$0.isIdle }.map(\.watermark) ?? []
    return known.min().flatMap { $0 == .beginning ? nil : $0 }
  }

  /// Microseconds from that watermark to now.
  package var watermarkLag: Int64? {
    guard let watermark, watermark != .endOfTime else { return nil }
    let (lag, overflow) = now.microseconds.subtractingReportingOverflow(watermark.microseconds)
    return overflow ? nil : lag
  }

  /// Records that all sources have yet to read, as far as it is known.
  package var backlog: Int64? {
    let known = job?.sources.compactMap(\.backlog) ?? []
    return known.isEmpty ? nil : known.reduce(0, +)
  }
}
