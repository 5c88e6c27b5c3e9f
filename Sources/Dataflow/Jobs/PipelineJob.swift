import Checkpoints
package import Connectors
import Operators
import Plans
import Platform
package import Schemas
import Synchronization

/// A job on workers of an executor.
package final class PipelineJob: Job {
  private let frame: JobFrame
  private let workers: [Worker]
  private let hasStarted = Mutex(false)

  /// Throws if the plan cannot be run as it is.
  package init(_ setup: JobSetup) throws(JobFailure) {
    let frame = try JobFrame(setup)
    self.frame = frame
    workers = (0..<setup.configuration.workers).map { Worker(number: $0, frame: frame) }
  }

  package func start() {
    let isFirst = hasStarted.withLock { started in
      defer { started = true }
      return !started
    }
    guard isFirst else { return }
    for (worker, thread) in zip(workers, frame.threads) { thread.start(worker) }
    frame.setup.executor.lanes.submit(LaneName("start")) { [frame] in
      do {
        try frame.setup.operators.prepare()
        frame.becomeReady()
      } catch let failure as JobFailure {
        frame.setup.events(.failed(worker: 0, failure))
      } catch let error as ConnectorError {
        frame.setup.events(.failed(worker: 0, .connector(error)))
      } catch {
        frame.setup.events(.failed(worker: 0, .restore("\(error)")))
      }
    }
  }

  package func inject(_ epoch: Epoch, full: Bool, isFinal: Bool) {
    send(.inject(Barrier(epoch: epoch, isFull: full, isFinal: isFinal)))
  }

  package func committed(_ epoch: Epoch) {
    guard let journals = frame.setup.journals else { return }
    let ids = frame.setup.plan.operators.map(\.id)
    frame.setup.executor.lanes.submit(LaneName("journal.cut")) {
      let store = JournalStore(files: journals.files)
      let counting = CheckpointID(epoch: epoch, incarnation: journals.incarnation)
      // What can't be removed now is removed behind the next checkpoint.
      for id in ids { try? store.cut(id, upTo: counting) }
    }
  }

  package func holdSources() { send(.hold(true)) }

  package func resumeSources() { send(.hold(false)) }

  package func add(_ partitions: [SourcePartition]) { send(.add(partitions)) }

  package func stop() {
    for worker in workers { worker.mailbox.stop() }
    for thread in frame.threads { thread.wake() }
    let started = hasStarted.withLock { $0 }
    guard started else { return }
    for thread in frame.threads { thread.join() }
  }

  package func look() { frame.look() }

  package func status() -> JobStatus {
    let stages = frame.instruments.flatMap { $0 }
    let now = frame.setup.executor.clock.monotonic()
    return JobStatus(
      stages: stages.map(\.stage), sources: stages.flatMap(\.sources),
      workers: workers.map { $0.times.status(at: now) })
  }

  private func send(_ command: WorkerCommand) {
    for (worker, thread) in zip(workers, frame.threads) {
      worker.mailbox.post(command)
      thread.wake()
    }
  }
}
