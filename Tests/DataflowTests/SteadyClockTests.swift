import Platform
import Schemas
import Synchronization
import Testing

/// Wall time over a system's clock that is set.
struct SteadyClockTests {
  private final class SetClock: Clock {
    /// Both in microseconds.
    private let times = Mutex((wall: Int64(1_700_000_000_000_000), monotonic: Int64(5_000_000)))
    /// For so long the next thread that has read one clock has to wait before it reads the other.
    private let wait = Mutex(Int64(0))

    func now() -> Timestamp {
      goOn(
        wait.withLock { wait in
          defer { wait = 0 }
          return wait
        })
      return Timestamp(microseconds: times.withLock { $0.wall })
    }

    func monotonic() -> UInt64 { UInt64(times.withLock { $0.monotonic }) * 1_000 }

    func goOn(_ time: Int64) {
      times.withLock {
        $0.wall += time
        $0.monotonic += time
      }
    }

    func delay(by time: Int64) { wait.withLock { $0 = time } }

    func set(by time: Int64) { times.withLock { $0.wall += time } }
  }

  @Test(arguments: [Int64(2_000), 1_500_000, 3_600_000_000])
  func `set back, it goes on a tenth slower until both agree`(_ step: Int64) {
    let base = SetClock()
    let clock = SteadyClock(base)
    base.goOn(40_000_000_000)
    var last = clock.now()
    #expect(last == base.now())
    base.set(by: -step)
    #expect(clock.now() >= last)
    last = clock.now()
    // In steps of a tenth of what it takes, and in a few of microseconds.
    for gone in Array(repeating: Int64(3), count: 1_000) + Array(repeating: step, count: 12) {
      base.goOn(gone)
      let now = clock.now()
      let passed = now.microseconds - last.microseconds
      #expect(passed >= gone * 9 / 10 - 1 && passed <= gone + 1_000, "\(passed) of \(gone)")
      last = now
    }
    #expect(abs(clock.now().microseconds - base.now().microseconds) <= 1_000)
    // What was caught up with is over: the next time nothing jumps.
    base.goOn(40_000_000_000)
    last = clock.now()
    base.set(by: -step)
    #expect(clock.now() >= last)
  }

  @Test func `a thread that has to wait between the two readings sets nothing`() {
    let base = SetClock()
    let clock = SteadyClock(base)
    base.delay(by: 50_000)
    let first = clock.now()
    #expect(first == base.now())
    base.goOn(2_000)
    #expect(clock.now() == base.now())
    base.delay(by: 50_000)
    #expect(SteadyClock(base).now() == base.now())
  }

  @Test func `set forward, it follows at once`() {
    let base = SetClock()
    let clock = SteadyClock(base)
    base.set(by: 86_400_000_000)
    #expect(clock.now() == base.now())
  }
}
