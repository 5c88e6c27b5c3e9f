import Schemas
import Synchronization

/// Runs every loop on a thread of its own.
package final class ThreadExecutor: Executor {
  package let clock: any Clock
  package let lanes: any BackgroundLanes
  package let randomness: any Randomness

  package init(
    clock: any Clock = SteadyClock(), lanes: any BackgroundLanes = ThreadLanes(),
    randomness: any Randomness = SystemRandomness()
  ) {
    self.clock = clock
    self.lanes = lanes
    self.randomness = randomness
  }

  package func makeWorker(named name: String) -> any WorkerThread {
    LoopThread(name: name, clock: clock)
  }
}

/// A thread that steps a loop and parks when there is nothing to do.
private final class LoopThread: WorkerThread {
  private let name: String
  private let clock: any Clock
  private let parker = Parker()
  private let thread = Mutex<SystemThread?>(nil)

  init(name: String, clock: any Clock) {
    self.name = name
    self.clock = clock
  }

  func wake() { parker.wake() }

  func start(_ loop: any WorkerLoop) {
    let started = SystemThread(name: name) { [self] in run(loop) }
    precondition(started != nil, "the system refused to start a thread for \(name)")
    thread.withLock { $0 = started }
  }

  func join() {
    let running = thread.withLock { thread in
      let running = thread
      thread = nil
      return running
    }
    running?.join()
  }

  private func run(_ loop: any WorkerLoop) {
    while true {
      switch loop.step() {
      case .progressed: continue
      case .ended: return
      case .blocked(until: nil): parker.wait(nanoseconds: nil)
      case .blocked(until: .some(let time)):
        let (micros, overflow) = time.microseconds.subtractingReportingOverflow(
          clock.now().microseconds)
        guard overflow || micros > 0 else { continue }
        // A day at most: far times must not overflow.
        parker.wait(nanoseconds: (overflow ? 86_400_000_000 : min(micros, 86_400_000_000)) * 1_000)
      }
    }
  }
}
