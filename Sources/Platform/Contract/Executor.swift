package import Schemas

/// Where a worker's loop runs and what time it is there: real threads, or a simulation of them on
/// one thread whose every choice comes from a seed.
///
/// All that happens in a process runs either as a `WorkerLoop` or as a job of a lane; so a
/// simulated executor can put their steps in any order, delay them, and stop between any two.
package protocol Executor: AnyObject, Sendable {
  var clock: any Clock { get }
  var lanes: any BackgroundLanes { get }
  var randomness: any Randomness { get }
  /// A thread that has not started.
  func makeWorker(named name: String) -> any WorkerThread
}

/// A thread for one loop, and its bell: ringing it before it sleeps counts too.
package protocol WorkerThread: Wake {
  /// Runs the loop's steps until it says `.ended`. Called once.
  func start(_ loop: any WorkerLoop)
  /// Returns when the loop has ended; at once if it was never started. Not from the loop itself.
  func join()
}

/// Something that runs in steps: a worker of a job, or the coordinator.
package protocol WorkerLoop: AnyObject, Sendable {
  /// Does one piece of work and never waits.
  func step() -> StepResult
}

package enum StepResult: Hashable, Sendable {
  case progressed
  /// Nothing to do before the bell rings or the wall clock reaches the time.
  case blocked(until: Timestamp?)
  case ended
}

/// A source of random numbers; any thread.
package protocol Randomness: AnyObject, Sendable {
  /// Uniform over 64 bits.
  func next() -> UInt64
}
