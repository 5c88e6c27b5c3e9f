import KeyedState
import Plans
import Schemas
import TestKit
import Testing

@testable import Operators

/// A bound that follows its server, against servers that are models.
@Suite("Bounds that follow the server")
struct AdaptiveBoundTests {
  /// Answers so many calls at a time; further ones wait for them.
  private struct Server {
    var room: Int
    var latency: Double
    /// Beyond so many calls it refuses.
    var most = Int.max
  }

  /// Calls as many as it may all the time, for some round trips, and says what the bound was.
  private static func run(
    _ bound: inout AdaptiveBound, _ server: Server, rounds: Int, from now: inout Int64,
    _ random: inout SeededRandom
  ) -> [Int] {
    var bounds: [Int] = []
    for _ in 0..<rounds {
      let calls = bound.calls
      bounds.append(calls)
      let mean = server.latency * max(1, Double(calls) / Double(server.room))
      let sent = Timestamp(microseconds: now)
      bound.reach()
      now += Int64(mean)
      for call in 0..<calls {
        let latency = Int64(mean * Double.random(in: 0.8...1.2, using: &random))
        let isOverload = call >= server.most
        bound.record(
          .init(sent: sent, latency: isOverload ? nil : latency, isOverload: isOverload),
          at: Timestamp(microseconds: now))
        if call + 1 < calls { bound.reach() }
      }
    }
    return bounds
  }

  private static func bound(_ first: Int, _ most: Int) throws -> AdaptiveBound {
    try #require(AdaptiveBound(.init(calls: most, from: first)))
  }

  @Test("It grows to what the server has room for, and by a queue of as many at most, for ever")
  func capacity() throws {
    for seed in 1...20 {
      var random = SeededRandom(seed: UInt64(seed))
      var now: Int64 = 1_700_000_000_000_000
      var bound = try Self.bound(4, 1_000)
      let server = Server(room: 50, latency: 50_000)
      let bounds = Self.run(&bound, server, rounds: 20_000, from: &now, &random)
      #expect(bounds.max() ?? 0 <= 130, "seed \(seed)")
      let late = bounds[2_000...].sorted()
      #expect(late[late.count / 2] >= 45, "seed \(seed)")
      #expect(bounds.allSatisfy { $0 >= 1 })
    }
  }

  @Test("Where the server refuses it goes down at once, and comes back")
  func refusals() throws {
    var random = SeededRandom(seed: 3)
    var now: Int64 = 1_700_000_000_000_000
    var bound = try Self.bound(64, 200)
    let server = Server(room: 1_000, latency: 20_000, most: 30)
    let bounds = Self.run(&bound, server, rounds: 1_000, from: &now, &random)
    #expect(bounds[20...].allSatisfy { (10...31).contains($0) }, "\(bounds[20...].max() ?? 0)")
    let free = Server(room: 1_000, latency: 20_000)
    #expect(Self.run(&bound, free, rounds: 1_000, from: &now, &random).last == 200)
  }

  @Test("One that is not used does not grow, and never leaves its limits")
  func idle() throws {
    var bound = try Self.bound(4, 10)
    for call in 0..<1_000 {
      let now = Timestamp(microseconds: Int64(call) * 1_000_000)
      bound.record(.init(sent: now, latency: 10_000, isOverload: false), at: now.later(by: 10_000))
    }
    #expect(bound.calls <= 4)
    for call in 0..<1_000 {
      let now = Timestamp(microseconds: 2_000_000_000 + Int64(call) * 1_000_000)
      bound.record(.init(sent: now, latency: nil, isOverload: true), at: now.later(by: 10_000))
      #expect(bound.calls >= 1)
    }
    #expect(AdaptiveBound(.init(calls: 5)) == nil)
  }

  @Test("A server that has become slower for good is usual in time")
  func slower() throws {
    var random = SeededRandom(seed: 4)
    var now: Int64 = 1_700_000_000_000_000
    var bound = try Self.bound(4, 40)
    _ = Self.run(
      &bound, Server(room: 100, latency: 10_000), rounds: 5_000, from: &now, &random)
    let bounds = Self.run(
      &bound, Server(room: 100, latency: 80_000), rounds: 5_000, from: &now, &random)
    #expect(bounds.suffix(100).max() == 40)
  }

  @Test("Of several that ended together one bound is cut once, and calls from before do not count")
  func once() throws {
    var bound = try Self.bound(100, 100)
    let (sent, now) = (Timestamp(microseconds: 0), Timestamp(microseconds: 1_000))
    for _ in 0..<50 { bound.record(.init(sent: sent, latency: nil, isOverload: true), at: now) }
    #expect(bound.calls == 70)
  }

  @Test("Limits let as many calls be as the bound of their value says")
  func limits() {
    var task = TaskSpec(name: "t", kind: "http", options: [], idempotencyKey: "key")
    task.concurrency = [.init(calls: 8, from: 2, per: "k"), .init(calls: 100)]
    let limits = TaskLimits(task)
    let now = Timestamp(microseconds: 0)
    limits.join(at: now, bell: {})
    let first = limits.open([.number(1), nil], at: now)
    let second = limits.open([.number(2), nil], at: now)
    func taken(_ shares: TaskLimits.Shares) -> Int {
      var count = 0
      while case .taken = limits.take(shares, worker: 0, at: now) { count += 1 }
      return count
    }
    #expect(limits.isAdaptive && limits.adaptiveCalls == 2)
    #expect(taken(first) == 2 && taken(second) == 2)
    let busy = AdaptiveBound.Sample(sent: now, latency: nil, isOverload: true)
    limits.end(
      (0..<2).map { _ in
        .init(shares: first, opening: 0, isFailure: true, retryAfter: 0, sample: busy)
      }, worker: 0, at: now)
    #expect(limits.adaptiveCalls == 1)
    #expect(taken(first) == 1 && taken(second) == 0)
  }
}
