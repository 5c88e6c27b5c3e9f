package import Schemas

/// All that happens in a simulation, one step at a time on the calling thread: the loops and lanes
/// of any number of processes, in virtual time. Every choice comes from the seed, so a run replays.
///
/// Not thread-safe, on purpose: everything of the world runs on the thread that calls `run`.
package final class SimulatedWorld: @unchecked Sendable {
  /// How rough the world is.
  package struct Weather: Sendable {
    /// Microseconds of virtual time that a step may take at most.
    package var longestStep: Int64
    /// Microseconds that a lane's job may be kept waiting at most.
    package var longestJobDelay: Int64
    /// Percent of a lane's jobs that are kept waiting.
    package var delayedJobs: UInt64

    package init(longestStep: Int64 = 50, longestJobDelay: Int64 = 20_000, delayedJobs: UInt64 = 20)
    {
      self.longestStep = longestStep
      self.longestJobDelay = longestJobDelay
      self.delayedJobs = delayedJobs
    }
  }

  package enum Outcome: Hashable, Sendable {
    case reached
    /// Nobody has anything to do, now or later.
    case stuck
    case outOfSteps
  }

  package let clock = VirtualClock()
  package var weather: Weather
  package private(set) var steps = 0
  private var generator: SeededGenerator
  private var processes: [SimulatedExecutor] = []

  package init(seed: UInt64, weather: Weather = Weather()) {
    generator = SeededGenerator(seed: seed)
    self.weather = weather
  }

  /// A process of this world, its own loops and lanes.
  package func makeProcess() -> SimulatedExecutor {
    let process = SimulatedExecutor(world: self, seed: generator.next())
    processes.append(process)
    return process
  }

  /// Uniform in 0..<bound.
  package func random(below bound: UInt64) -> UInt64 {
    UInt64.random(in: 0..<bound, using: &generator)
  }

  /// One step of someone who can go on, or a jump to the time when someone can. false if there is
  /// nobody.
  package func step() -> Bool {
    processes.removeAll { $0.hasCrashed }
    let now = clock.now()
    var ready: [SimulatedExecutor.Choice] = []
    for process in processes { process.collect(ready: &ready, at: now) }
    guard !ready.isEmpty else {
      let times = processes.compactMap { $0.nextTime }
      guard let next = times.min() else { return false }
      clock.advance(to: next)
      return true
    }
    steps += 1
    let choice = ready[Int(random(below: UInt64(ready.count)))]
    choice.run()
    clock.advance(by: Int64(random(below: UInt64(max(weather.longestStep, 0)) + 1)))
    return true
  }

  /// Steps until the condition holds, nothing is left to do, or so many steps were made.
  package func run(limit: Int = 2_000_000, until condition: () -> Bool) -> Outcome {
    for _ in 0..<limit {
      if condition() { return .reached }
      if !step() { return condition() ? .reached : .stuck }
    }
    return .outOfSteps
  }

  func jobDelay() -> Int64 {
    guard weather.longestJobDelay > 0, random(below: 100) < weather.delayedJobs else { return 0 }
    return Int64(random(below: UInt64(weather.longestJobDelay)))
  }
}

/// Time that moves only when the simulation moves it. Begins at 2024-01-01T00:00:00Z.
package final class VirtualClock: Clock, @unchecked Sendable {
  private var time = Timestamp(microseconds: 1_704_067_200_000_000)

  package func now() -> Timestamp { time }

  package func monotonic() -> UInt64 {
    UInt64(truncatingIfNeeded: time.microseconds) &* 1_000
  }

  package func advance(by microseconds: Int64) { time.microseconds &+= microseconds }

  package func advance(to other: Timestamp) { time = max(time, other) }
}
