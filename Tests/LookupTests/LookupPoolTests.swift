import Columns
import Connectors
import Plans
import Platform
import Schemas
import Synchronization
import TestKit
import Testing

/// Connections of a pool that the tests hold, break and let go.
@Suite("The pool of connections that ask")
struct LookupPoolTests {
  /// Time that the tests move.
  private final class TestClock: Clock {
    private let time = Mutex<UInt64>(1_000_000_000)

    func now() -> Timestamp { Timestamp(microseconds: Int64(monotonic() / 1_000)) }
    func monotonic() -> UInt64 { time.withLock { $0 } }
    func advance(by microseconds: Int64) { time.withLock { $0 += UInt64(microseconds) * 1_000 } }
  }

  /// Jobs that run when the tests say so.
  private final class TestLanes: BackgroundLanes {
    private let jobs = Mutex<[(lane: LaneName, job: @Sendable () -> Void)]>([])

    func submit(_ lane: LaneName, _ job: @escaping @Sendable () -> Void) {
      jobs.withLock { $0.append((lane, job)) }
    }

    var count: Int { jobs.withLock { $0.count } }

    /// Of all lanes, or all but one's.
    func run(but held: Int? = nil) {
      while let job = next(but: held) { job() }
    }

    private func next(but held: Int?) -> (@Sendable () -> Void)? {
      jobs.withLock { jobs in
        let place = jobs.firstIndex { job in held.map { !job.lane.name.hasSuffix(".\($0)") } ?? true
        }
        return place.map { jobs.remove(at: $0).job }
      }
    }
  }

  private final class TestConnection: LookupConnection {
    struct State {
      var isOpen = false
      /// Whether the server has forgotten it.
      var isDead = false
      var isServerAway = false
      var asked = 0
    }

    let state = Mutex(State())

    var isOpen: Bool { state.withLock { $0.isOpen } }
    var asked: Int { state.withLock { $0.asked } }

    func check(until deadline: LookupDeadline) throws(LookupFailure) {
      state.withLock { $0.isOpen = true }
    }

    func answer(
      _ keys: Batch, until deadline: LookupDeadline
    ) throws(LookupFailure) -> LookupAnswer {
      let breaks = state.withLock { state in
        state.asked += 1
        let breaks = state.isServerAway || state.isDead && state.isOpen
        state.isOpen = !breaks
        state.isDead = false
        return breaks
      }
      if breaks { throw LookupFailure("it is gone", isRetriable: true) }
      return LookupAnswer(rows: keys, keys: Array(0..<keys.rowCount))
    }

    func close() { state.withLock { $0.isOpen = false } }
  }

  private final class Scene: Sendable {
    let clock = TestClock()
    let lanes = TestLanes()
    let connections: [TestConnection]
    let pool: LookupPool
    private let outcomes = Mutex<[Int: String]>([:])

    init(_ count: Int) throws {
      let connections = (0..<count).map { _ in TestConnection() }
      self.connections = connections
      var left = connections
      let environment = ConnectorEnvironment(
        pipeline: "test", clock: clock, lanes: lanes, workers: 1, checkpointInterval: 1_000_000)
      pool = try LookupPool(LookupScene.table(timeout: 1_000), connections: count, environment) {
        left.removeFirst()
      }
    }

    var answered: Int { outcomes.withLock { $0.values.count { $0 == "" } } }
    var failures: [String] { outcomes.withLock { $0.values.filter { $0 != "" } } }

    func ask(_ numbers: Range<Int>) {
      for number in numbers {
        pool.ask(LookupScene.ids([Int64(number)])) { [self] answer in
          let text =
            switch answer {
            case .success: ""
            case .failure(let failure): failure.reason
            }
          outcomes.withLock { outcomes in
            #expect(outcomes[number] == nil)
            outcomes[number] = text
          }
        }
      }
    }
  }

  @Test("A connection that is held holds one question, and the others answer the rest")
  func held() throws {
    let scene = try Scene(3)
    scene.ask(0..<30)
    scene.lanes.run(but: 1)
    #expect(scene.answered == 30)
    #expect(scene.connections[1].asked == 0)
    scene.lanes.run()
    #expect(scene.connections.map(\.asked).reduce(0, +) == 30)
  }

  @Test("One that was used last is used first")
  func reuse() throws {
    let scene = try Scene(3)
    for number in 0..<10 {
      scene.ask(number..<number + 1)
      scene.lanes.run()
    }
    #expect(scene.connections.map(\.asked) == [10, 0, 0])
  }

  @Test("Questions that nobody waits for any more are not asked, and gather nowhere")
  func dead() throws {
    let scene = try Scene(2)
    for round in 0..<5 {
      scene.ask(round * 10..<round * 10 + 10)
      scene.clock.advance(by: 1_000)
    }
    // Those that came before the last round were dropped by those that came after them.
    #expect(scene.failures.count == 40)
    scene.lanes.run()
    #expect(scene.failures.count == 50)
    #expect(scene.failures.allSatisfy { $0.contains("none of the 2 connections was free") })
    #expect(scene.connections.allSatisfy { $0.asked == 0 })
    scene.ask(50..<60)
    scene.lanes.run()
    #expect(scene.answered == 10)
  }

  @Test("A connection that stood and broke is made anew, and asked once more; a new one is not")
  func broken() throws {
    let scene = try Scene(1)
    try scene.pool.start()
    scene.connections[0].state.withLock { $0.isDead = true }
    scene.ask(0..<1)
    scene.lanes.run()
    #expect(scene.answered == 1)
    #expect(scene.connections[0].asked == 2)
    scene.connections[0].state.withLock { $0.isServerAway = true }
    scene.ask(1..<2)
    scene.lanes.run()
    #expect(scene.failures == ["table `users`: it is gone"])
    #expect(scene.connections[0].asked == 4)
    scene.ask(2..<3)
    scene.lanes.run()
    #expect(scene.connections[0].asked == 5)
  }

  @Test("No more questions wait than may")
  func bound() throws {
    let scene = try Scene(1)
    scene.ask(0..<LookupPool.queueLimit + 2)
    #expect(scene.failures.count == 2)
    #expect(scene.failures.allSatisfy { $0.contains("questions wait") })
  }

  @Test("Closed, it asks nothing and holds no connection")
  func closing() throws {
    let scene = try Scene(3)
    try scene.pool.start()
    scene.ask(0..<3)
    scene.lanes.run()
    scene.ask(3..<4)
    scene.pool.close()
    scene.ask(4..<5)
    scene.lanes.run()
    #expect(scene.connections.allSatisfy { !$0.isOpen })
    #expect(scene.answered == 3)
    #expect(scene.lanes.count == 0)
  }
}
