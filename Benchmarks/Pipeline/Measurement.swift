import Glibc

/// What a stretch of work cost: wall time, and processor time of the whole process.
struct Cost {
  var wall: Double
  /// User and system seconds of all threads.
  var processor: Double

  static func of(_ work: () throws -> Void) rethrows -> Cost {
    let before = now()
    try work()
    let after = now()
    return Cost(wall: after.wall - before.wall, processor: after.processor - before.processor)
  }

  static func now() -> Cost {
    var clock = timespec()
    clock_gettime(CLOCK_MONOTONIC, &clock)
    var usage = rusage()
    getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
    func seconds(_ time: timeval) -> Double { Double(time.tv_sec) + Double(time.tv_usec) / 1e6 }
    return Cost(
      wall: Double(clock.tv_sec) + Double(clock.tv_nsec) / 1e9,
      processor: seconds(usage.ru_utime) + seconds(usage.ru_stime))
  }
}

/// Runs of ours and of the yardstick in turn, so that a change of the machine's speed meets both.
struct Comparison {
  var name: String
  var events: Int
  var workers: Int
  var ours: [Cost] = []
  var yardstick: [Cost] = []

  init(_ name: String, events: Int, workers: Int) {
    self.name = name
    self.events = events
    self.workers = workers
  }

  mutating func run(
    times: Int, ours work: () throws -> Void, yardstick other: () throws -> Void
  ) rethrows {
    // The first round warms caches and pages and does not count.
    for round in 0...times {
      let mine = try Cost.of(work)
      let theirs = try Cost.of(other)
      guard round > 0 else { continue }
      ours.append(mine)
      yardstick.append(theirs)
    }
  }

  /// One line: events a second for each core, nanoseconds an event, and the ratio of the rates.
  func report() {
    let mine = median(ours.map(\.processor)), theirs = median(yardstick.map(\.processor))
    let ratios = zip(ours, yardstick).map { $1.processor / $0.processor }
    print(
      """
      \(name): \(workers) worker\(workers == 1 ? "" : "s"), \(events) events, \(ours.count) runs
        raudal     \(rate(mine)) events/s per core  \(nanoseconds(mine)) ns/event CPU  \
      \(tenths(Double(events) / median(ours.map(\.wall)) / 1e6)) M events/s wall
        yardstick  \(rate(theirs)) events/s per core  \(nanoseconds(theirs)) ns/event CPU
        ratio      \(tenths(median(ratios) * 100)) % of the yardstick \
      (\(tenths((ratios.min() ?? 0) * 100))–\(tenths((ratios.max() ?? 0) * 100)))
      """)
  }

  private func rate(_ seconds: Double) -> String { "\(tenths(Double(events) / seconds / 1e6)) M" }
  private func nanoseconds(_ seconds: Double) -> String {
    tenths(seconds * 1e9 / Double(events))
  }
}

func median(_ values: [Double]) -> Double {
  guard !values.isEmpty else { return .nan }
  let sorted = values.sorted()
  let middle = sorted.count / 2
  return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}

func tenths(_ value: Double) -> String { String((value * 10).rounded() / 10) }
