import Engine
import Schemas
import Testing

struct CoordinatorTests {
  private func time(_ microseconds: Int64) -> Timestamp { Timestamp(microseconds: microseconds) }

  private func coordinator(
    transaction: Bool = true, timeout: Int64? = nil, opened: Int = 2
  ) -> Coordinator {
    var coordinator = Coordinator(
      Coordinator.Configuration(
        workers: 2, interval: 100, hasTransaction: transaction, transactionTimeout: timeout),
      first: Epoch(5), at: time(0))
    for worker in 0..<opened { _ = coordinator.handle(.opened(worker: worker), at: time(0)) }
    return coordinator
  }

  /// Takes the epoch under way to where its manifest is asked for.
  private func pass(_ coordinator: inout Coordinator, at now: Timestamp) -> [Coordinator.Action] {
    guard let epoch = coordinator.current else { return [] }
    var actions: [Coordinator.Action] = []
    for worker in 0..<2 {
      actions += coordinator.handle(.passed(epoch, worker: worker), at: now)
      actions += coordinator.handle(.partWritten(epoch, worker: worker), at: now)
    }
    return actions
  }

  @Test func `an epoch goes barrier, parts, manifest, transaction, sinks, and then counts`() {
    var coordinator = coordinator()
    let epoch = Epoch(5)
    #expect(coordinator.handle(.tick, at: time(99)) == [])
    #expect(
      coordinator.handle(.tick, at: time(100)) == [.inject(epoch, full: true, isFinal: false)])
    #expect(
      pass(&coordinator, at: time(110)) == [
        .writePart(epoch, worker: 0), .writePart(epoch, worker: 1),
        .writeManifest(epoch, isFinished: false),
      ])
    #expect(
      coordinator.handle(.manifestWritten(epoch), at: time(120)) == [.commitTransaction(epoch)])
    #expect(
      coordinator.handle(.transactionCommitted(epoch), at: time(130)) == [.commitSinks(epoch)])
    #expect(coordinator.handle(.sinksCommitted(epoch), at: time(140)) == [.counts(epoch)])
    #expect(
      coordinator.handle(.tick, at: time(200))
        == [.inject(Epoch(6), full: false, isFinal: false)])
  }

  @Test func `without a transaction the sinks follow the manifest`() {
    var coordinator = coordinator(transaction: false)
    _ = coordinator.handle(.tick, at: time(100))
    _ = pass(&coordinator, at: time(110))
    #expect(
      coordinator.handle(.manifestWritten(Epoch(5)), at: time(120)) == [.commitSinks(Epoch(5))])
  }

  @Test func `no barrier is sent while the commit before it is unknown`() {
    var coordinator = coordinator()
    _ = coordinator.handle(.tick, at: time(100))
    _ = pass(&coordinator, at: time(110))
    _ = coordinator.handle(.manifestWritten(Epoch(5)), at: time(120))
    #expect(coordinator.handle(.tick, at: time(1_000)) == [])
    #expect(coordinator.nextTime == nil)
    _ = coordinator.handle(.transactionCommitted(Epoch(5)), at: time(1_100))
    #expect(
      coordinator.handle(.sinksCommitted(Epoch(5)), at: time(1_200))
        == [.counts(Epoch(5)), .inject(Epoch(6), full: false, isFinal: false)])
  }

  @Test func `answers that come twice, late or out of place change nothing`() {
    var coordinator = coordinator()
    _ = coordinator.handle(.tick, at: time(100))
    #expect(coordinator.handle(.manifestWritten(Epoch(5)), at: time(101)) == [])
    #expect(coordinator.handle(.sinksCommitted(Epoch(5)), at: time(101)) == [])
    #expect(coordinator.handle(.passed(Epoch(4), worker: 0), at: time(101)) == [])
    _ = coordinator.handle(.passed(Epoch(5), worker: 0), at: time(101))
    #expect(coordinator.handle(.passed(Epoch(5), worker: 0), at: time(101)) == [])
    _ = pass(&coordinator, at: time(110))
    #expect(coordinator.handle(.partWritten(Epoch(5), worker: 1), at: time(111)) == [])
  }

  @Test func `when all workers have finished the last checkpoint says so and ends the run`() {
    var coordinator = coordinator()
    #expect(coordinator.handle(.finished(worker: 0), at: time(10)) == [])
    #expect(
      coordinator.handle(.finished(worker: 1), at: time(11))
        == [.inject(Epoch(5), full: true, isFinal: true)])
    #expect(pass(&coordinator, at: time(12)).last == .writeManifest(Epoch(5), isFinished: true))
    _ = coordinator.handle(.manifestWritten(Epoch(5)), at: time(13))
    _ = coordinator.handle(.transactionCommitted(Epoch(5)), at: time(14))
    #expect(
      coordinator.handle(.sinksCommitted(Epoch(5)), at: time(15))
        == [.counts(Epoch(5)), .end(.finished)])
    #expect(coordinator.handle(.tick, at: time(10_000)) == [])
  }

  @Test func `what has come to rest is stopped, and is not finished`() {
    var coordinator = coordinator(transaction: false)
    #expect(coordinator.handle(.finished(worker: 0), at: time(10)) == [])
    #expect(
      coordinator.handle(.rested, at: time(11))
        == [.inject(Epoch(5), full: true, isFinal: true)])
    #expect(coordinator.handle(.rested, at: time(12)) == [])
    #expect(pass(&coordinator, at: time(13)).last == .writeManifest(Epoch(5), isFinished: false))
    _ = coordinator.handle(.manifestWritten(Epoch(5)), at: time(14))
    #expect(
      coordinator.handle(.sinksCommitted(Epoch(5)), at: time(15))
        == [.counts(Epoch(5)), .end(.rested)])
  }

  @Test func `a stop waits for the epoch under way and takes one more`() {
    var coordinator = coordinator(transaction: false)
    _ = coordinator.handle(.tick, at: time(100))
    #expect(coordinator.handle(.stop, at: time(101)) == [])
    _ = pass(&coordinator, at: time(110))
    _ = coordinator.handle(.manifestWritten(Epoch(5)), at: time(111))
    #expect(
      coordinator.handle(.sinksCommitted(Epoch(5)), at: time(112))
        == [.counts(Epoch(5)), .inject(Epoch(6), full: false, isFinal: true)])
    #expect(pass(&coordinator, at: time(113)).last == .writeManifest(Epoch(6), isFinished: false))
    _ = coordinator.handle(.manifestWritten(Epoch(6)), at: time(114))
    #expect(
      coordinator.handle(.sinksCommitted(Epoch(6)), at: time(115)).last == .end(.stopped))
  }

  @Test func `no barrier is sent before all workers have their graph`() {
    var coordinator = coordinator(opened: 1)
    #expect(coordinator.nextTime == nil)
    #expect(coordinator.handle(.tick, at: time(500)) == [])
    #expect(coordinator.handle(.stop, at: time(600)) == [])
    #expect(
      coordinator.handle(.opened(worker: 1), at: time(700))
        == [.inject(Epoch(5), full: true, isFinal: true)])
  }

  @Test func `a checkpoint that outlives its transaction ends the attempt and says who is missing`()
  {
    var coordinator = coordinator(timeout: 2_000_000)
    _ = coordinator.handle(.tick, at: time(100))
    _ = coordinator.handle(.passed(Epoch(5), worker: 0), at: time(110))
    _ = coordinator.handle(.partWritten(Epoch(5), worker: 0), at: time(120))
    #expect(coordinator.handle(.tick, at: time(1_999_000)) == [.holdSources])
    #expect(coordinator.nextTime == time(2_000_100))
    let actions = coordinator.handle(.tick, at: time(2_000_100))
    guard case .fail(let reason) = actions.last else {
      Issue.record("it went on: \(actions)")
      return
    }
    #expect(reason.contains("checkpoint 5") && reason.contains("within 2 s"))
    #expect(reason.contains("waits for worker 1 to pass the barrier"))
    #expect(coordinator.handle(.tick, at: time(9_000_000)) == [])
  }

  @Test func `an epoch that is open too long holds the sources until it has committed`() {
    var coordinator = coordinator(timeout: 500)
    _ = coordinator.handle(.tick, at: time(100))
    #expect(coordinator.nextTime == time(250))
    #expect(coordinator.handle(.tick, at: time(250)) == [.holdSources])
    #expect(coordinator.handle(.tick, at: time(260)) == [])
    _ = pass(&coordinator, at: time(270))
    _ = coordinator.handle(.manifestWritten(Epoch(5)), at: time(271))
    _ = coordinator.handle(.transactionCommitted(Epoch(5)), at: time(272))
    let actions = coordinator.handle(.sinksCommitted(Epoch(5)), at: time(273))
    #expect(actions.contains(.resumeSources) && actions.contains(.counts(Epoch(5))))
  }

  @Test func `restarts wait longer each time and end after five without a checkpoint`() {
    var policy = RestartPolicy()
    let delays = (0..<6).map { _ in policy.failed() }
    let expected: [Int64?] = [1_000_000, 2_000_000, 4_000_000, 8_000_000, 16_000_000, nil]
    #expect(delays == expected)
    policy.committed()
    #expect(policy.failed() == 1_000_000)
    #expect(policy.total == 7)
  }
}
