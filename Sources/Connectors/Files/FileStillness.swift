import Glibc

/// How long files have not been written.
///
/// A time of last change in the past says it. One in the future (another machine's clock, a clock
/// that was set back, a copied time) says nothing, neither that the file is written nor that it is
/// not: then it counts how long the file was seen here without a change.
struct FileStillness {
  /// What the clocks say.
  struct Now {
    /// Nanoseconds since 1970.
    var wall: Int64
    /// Nanoseconds, never set.
    var steady: Int64

    init(wall: Int64, steady: Int64) {
      self.wall = wall
      self.steady = steady
    }

    static var current: Now {
      Now(wall: read(CLOCK_REALTIME), steady: read(CLOCK_MONOTONIC))
    }

    private static func read(_ clock: clockid_t) -> Int64 {
      var time = timespec()
      clock_gettime(clock, &time)
      return nanoseconds(time)
    }
  }

  private struct Sight {
    var state: FileStream.State
    var written: Int64
    var since: Int64
  }

  /// Of files that were written a moment ago, or in the future, by path.
  private var sights: [String: Sight] = [:]

  var isEmpty: Bool { sights.isEmpty }

  /// Whether the file of that path and status was not written in the last seconds. Its time of last
  /// change may be wrong by `difference` seconds.
  mutating func isStill(
    _ path: String, _ status: stat, for seconds: Double, doubting difference: Double = 0,
    at now: Now = .current
  ) -> Bool {
    let least = Int64(seconds * 1e9)
    let written = Self.nanoseconds(status.st_mtim)
    if now.wall &- written >= least + Int64(difference * 1e9) {
      sights[path] = nil
      return true
    }
    let state = FileStream.State(status)
    if let sight = sights[path], sight.state == state, sight.written == written {
      return now.steady &- sight.since >= least
    }
    sights[path] = Sight(state: state, written: written, since: now.steady)
    return false
  }

  /// Forgets all but these.
  mutating func forget(except paths: [String]) {
    let kept = Set(paths)
    sights = sights.filter { kept.contains($0.key) }
  }

  private static func nanoseconds(_ time: timespec) -> Int64 {
    let (product, overflow) = Int64(time.tv_sec).multipliedReportingOverflow(by: 1_000_000_000)
    if overflow { return time.tv_sec < 0 ? .min / 2 : .max / 2 }
    return product &+ Int64(time.tv_nsec)
  }
}
