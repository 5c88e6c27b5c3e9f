import KeyedState
import Plans
import Schemas
import TestKit
import Testing

@testable import Operators

/// What holds back calls, in a time of the tests.
@Suite("Limits of tasks")
struct TaskLimitsTests {
  private static func task(
    rates: [TaskSpec.Rate] = [], concurrency: [TaskSpec.Concurrency] = []
  ) -> TaskSpec {
    TaskSpec(
      name: "t", kind: "http", options: [], idempotencyKey: "key", rates: rates,
      concurrency: concurrency)
  }

  private static func time(_ microseconds: Int64) -> Timestamp {
    Timestamp(microseconds: microseconds)
  }

  @Test("No window holds more calls than its rate and burst allow, for all and for each value")
  func rates() {
    for seed in 1...60 {
      var random = SeededRandom(seed: UInt64(seed))
      let rates = [
        TaskSpec.Rate(rate: Double(Int.random(in: 3...40, using: &random)) * 7.3, burst: 9),
        TaskSpec.Rate(
          rate: Double(Int.random(in: 1...30, using: &random)),
          burst: Int.random(in: 1...5, using: &random), per: "tenant"),
      ]
      let limits = TaskLimits(Self.task(rates: rates))
      var now: Int64 = 1_700_000_000_000_000
      for _ in 0..<3 { limits.join(at: Self.time(now), bell: {}) }
      let shares = (0..<4).map { tenant in
        limits.open([nil, .number(tenant), nil], at: Self.time(now))
      }
      var left: [(time: Int64, tenant: Int)] = []
      for _ in 0..<3_000 {
        now += Int64.random(in: 0...20_000, using: &random)
        let tenant = Int.random(in: 0..<4, using: &random)
        let worker = Int.random(in: 0..<3, using: &random)
        guard case .taken = limits.take(shares[tenant], worker: worker, at: Self.time(now)) else {
          continue
        }
        // The journal holds up some of them.
        let delay = random.next() % 3 == 0 ? Int64.random(in: 0...50_000, using: &random) : 0
        left.append((now + delay, tenant))
        limits.end(
          [.init(shares: shares[tenant], opening: 0, isFailure: false, retryAfter: 0)],
          worker: worker, at: Self.time(now))
      }
      let left2 = left.sorted { $0.time < $1.time }.map { call in
        (limits.leave(shares[call.tenant], at: Self.time(call.time)).microseconds, call.tenant)
      }
      #expect(left2.count > 50)
      Self.check(left2.map(\.0), rates[0], "seed \(seed)")
      for tenant in 0..<4 {
        Self.check(left2.filter { $0.1 == tenant }.map(\.0), rates[1], "seed \(seed)")
      }
    }
  }

  static func check(_ times: [Int64], _ rate: TaskSpec.Rate, extra: Int = 0, _ note: String) {
    let times = times.sorted()
    for first in times.indices {
      for last in first..<times.count {
        let most = rate.rate * Double(times[last] - times[first]) / 1_000_000
        if Double(last - first + 1) > most + Double(rate.burst + extra) + 1e-6 {
          Issue.record("\(last - first + 1) calls in \(times[last] - times[first]) µs: \(note)")
          return
        }
      }
    }
  }

  @Test("A rate is kept where there is always something to do, by all workers in turn")
  func fullRate() {
    let limits = TaskLimits(Self.task(rates: [TaskSpec.Rate(rate: 300, burst: 1)]))
    for _ in 0..<3 { limits.join(at: Self.time(0), bell: {}) }
    let shares = limits.open([nil, nil], at: Self.time(0))
    var again = [Timestamp](repeating: Self.time(0), count: 3)
    var taken = [0, 0, 0]
    while let worker = again.indices.min(by: { again[$0] < again[$1] }),
      again[worker].microseconds < 10_000_000
    {
      let now = again[worker]
      switch limits.take(shares, worker: worker, at: now) {
      case .taken:
        taken[worker] += 1
        limits.end(
          [.init(shares: shares, opening: 0, isFailure: false, retryAfter: 0)], worker: worker,
          at: now)
      case .stalled(let until), .blocked(_, let until): again[worker] = until ?? .endOfTime
      }
    }
    #expect((2_990...3_001).contains(taken.reduce(0, +)), "\(taken)")
    #expect(taken.allSatisfy { (900...1_100).contains($0) }, "\(taken)")
  }

  @Test("A burst is gathered in the time since the start, and no more than it")
  func burst() {
    let limits = TaskLimits(Self.task(rates: [TaskSpec.Rate(rate: 10, burst: 5, per: "k")]))
    func burst(_ key: Int64, at now: Int64) -> Int {
      let shares = limits.open([.number(key), nil], at: Self.time(now))
      defer { limits.close(shares) }
      var count = 0
      while case .taken = limits.take(shares, worker: 0, at: Self.time(now)) {
        count += 1
        limits.end(
          [.init(shares: shares, opening: 0, isFailure: false, retryAfter: 0)], worker: 0,
          at: Self.time(now))
      }
      return count
    }
    limits.join(at: Self.time(0), bell: {})
    #expect(burst(1, at: 0) == 1)
    #expect(burst(2, at: 200_000) == 3)
    #expect(burst(3, at: 9_000_000) == 5)
    #expect(burst(3, at: 9_000_000) == 0)
    // Buckets of values that are full again are forgotten.
    for key in 0..<5_000 { _ = burst(Int64(key), at: 9_000_000 + Int64(key) * 1_000) }
    #expect(limits.bucketCount < 3_000)
  }

  @Test("Calls under way are counted for all and for each value, and nothing is lost")
  func concurrency() {
    for seed in 1...60 {
      var random = SeededRandom(seed: UInt64(seed))
      let (all, own) = (
        Int.random(in: 1...8, using: &random), Int.random(in: 1...3, using: &random)
      )
      let limits = TaskLimits(
        Self.task(concurrency: [.init(calls: all), .init(calls: own, per: "k")]))
      for _ in 0..<3 { limits.join(at: Self.time(0), bell: {}) }
      let shares = (0..<4).map { limits.open([nil, .number($0)], at: Self.time(0)) }
      var underWay: [Int] = []
      var begun = 0
      for step in 0..<2_000 {
        let now = Self.time(Int64(step) * 5_000)
        if random.next() % 2 == 0, let key = underWay.popLast() {
          limits.end(
            [.init(shares: shares[key], opening: 0, isFailure: false, retryAfter: 0)], worker: 0,
            at: now)
        } else {
          let key = Int.random(in: 0..<4, using: &random)
          let worker = Int.random(in: 0..<3, using: &random)
          if case .taken = limits.take(shares[key], worker: worker, at: now) {
            underWay.insert(key, at: Int.random(in: 0...underWay.count, using: &random))
            begun += 1
          }
        }
        #expect(underWay.count <= all)
        for key in 0..<4 { #expect(underWay.count { $0 == key } <= own) }
      }
      #expect(begun > 100, "seed \(seed)")
    }
  }

  @Test("A server that wants to be left alone, or fails, is called by nobody for so long")
  func rest() {
    var task = Self.task()
    task.breaker = LookupPolicy.Breaker(openAt: 0.5, of: 2, duration: 1_000)
    let limits = TaskLimits(task)
    let shares = limits.open([nil], at: Self.time(0))
    func take(_ worker: Int, _ now: Int64) -> TaskLimits.Answer {
      limits.take(shares, worker: worker, at: Self.time(now))
    }
    func end(_ isFailure: Bool, _ opening: Int, _ now: Int64, retryAfter: Int64 = 0) {
      limits.end(
        [
          .init(
            shares: shares, opening: opening, isFailure: isFailure, retryAfter: retryAfter)
        ], worker: 0, at: Self.time(now))
    }
    #expect(take(0, 0) == .taken(opening: 0))
    end(false, 0, 0, retryAfter: 500)
    #expect(take(1, 499) == .stalled(until: Self.time(500)))
    #expect(take(1, 500) == .taken(opening: 0))
    end(true, 0, 500)
    #expect(limits.isOpen)
    #expect(take(0, 1_000) == .stalled(until: Self.time(1_500)))
    #expect(take(0, 1_500) == .taken(opening: 1))
    #expect(take(1, 1_500) == .stalled(until: nil))
    end(false, 1, 1_600)
    #expect(take(1, 1_600) == .taken(opening: 1))
  }
}
