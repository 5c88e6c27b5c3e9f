/// How many of a job's tasks came to what, as the pipeline has counted them.
package struct JobCounts: Hashable, Sendable {
  /// Tasks that ended in the same way.
  package struct Ending: Hashable, Sendable {
    package var outcome: String
    package var status: Int64?
    package var error: String?
    package var tasks: Int64
  }

  /// What a topic of progress calls the tasks that the pipeline has taken up, those of them that
  /// are there again, and the tasks that were done.
  static let taken = "taken"
  static let redriven = "redriven"
  static let done = "done"
  package static let cancelled = "cancelled"

  package private(set) var taken: Int64 = 0
  package private(set) var redriven: Int64 = 0
  package private(set) var done: Int64 = 0
  package private(set) var cancelled: Int64 = 0
  /// All that ended otherwise than done, those among them that were redriven.
  package private(set) var undone: Int64 = 0
  package private(set) var endings: [Ending] = []

  package init(_ endings: [Ending] = []) {
    for ending in endings {
      switch ending.outcome {
      case Self.taken: taken += ending.tasks
      case Self.redriven: redriven += ending.tasks
      default:
        if ending.outcome == Self.done { done += ending.tasks } else { undone += ending.tasks }
        if ending.outcome == Self.cancelled { cancelled += ending.tasks }
        self.endings.append(ending)
      }
    }
    self.endings.sort {
      ($0.outcome, $1.tasks, $0.status ?? 0, $0.error ?? "")
        < ($1.outcome, $0.tasks, $1.status ?? 0, $1.error ?? "")
    }
  }
}

/// Where a job is.
package struct JobStanding: Hashable, Sendable {
  package var job: JobRecord
  package var counts: JobCounts
  /// Of those that wait, the ones that were called and are to be tried again; nil: nobody knows it.
  package var retrying: Int64?

  /// - Parameter retrying: as the run says that carries the job out, which is ahead of its counts.
  package init(_ job: JobRecord, _ counts: JobCounts, retrying: Int64? = nil) {
    self.job = job
    self.counts = counts
    self.retrying = retrying.map { min($0, waiting) }
  }

  /// Different tasks of all its files: what was submitted, or what the pipeline has taken up, which
  /// is more where files have different tasks.
  package var tasks: Int64 { max(job.rows ?? 0, counts.taken) }
  package var done: Int64 { counts.done }
  /// Those that ended otherwise and were not redriven.
  package var failed: Int64 { max(counts.undone - counts.redriven, 0) }
  /// Those that have not ended: not taken up yet, under way, held by a limit or a pause, or waiting
  /// for a time or to be tried again.
  package var waiting: Int64 { max(tasks - done - failed, 0) }
  package var hasEnded: Bool { waiting == 0 && tasks > 0 }
}
