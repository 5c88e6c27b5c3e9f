/// Runs the closures of a task on threads of its own: calls have their time from where they begin,
/// and must neither wait behind what else the program does on Swift's shared threads, nor hold it
/// up where a closure blocks.
package final class CallExecutor: TaskExecutor {
  /// Threads at most. Closures that suspend need few; those that block one are sixteen at a time.
  package static let threads = 16

  /// Never closed: a job that was dropped would leave its Swift task hanging for ever.
  private let calls: CallThreads

  package init(_ task: String) { calls = CallThreads("swift.\(task)", count: Self.threads) }

  package func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    calls.submit { [self] _ in
      job.runSynchronously(on: asUnownedTaskExecutor())  // Once, while this is held.
    }
  }
}
