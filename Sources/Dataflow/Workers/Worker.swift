import Connectors
import Instruments
import Platform
import Schemas
import Synchronization

/// One worker: a copy of the whole graph, stepped by its thread. It works on the most downstream
/// segment that can go on, lets those that read take turns, and never waits inside a step.
final class Worker: WorkerLoop, @unchecked Sendable {
  /// Steps after which the sinks of a worker that always has work are asked all the same.
  static let sinkInterval = 64

  let number: Int
  let mailbox = WorkerMailbox()
  let times = WorkerTimes()
  private let frame: JobFrame
  private let clock: any Clock
  private var graph: WorkerGraph?
  private var book: EpochBook
  private var unfinished = 0
  private var hasFailed = false
  /// Of the segments that read, the one whose turn it is.
  private var nextReading = 0
  /// Steps since the sinks were asked.
  private var sinceSinks = 0
  /// Of the job's looks, the last that was answered.
  private var answered = 0
  /// What stages hold has its turn, before all else.
  private var isReleaseDue = false
  /// It is among those on the board that have come to rest.
  private var isResting = false

  init(number: Int, frame: JobFrame) {
    self.number = number
    self.frame = frame
    clock = frame.setup.executor.clock
    book = EpochBook(
      sources: frame.layout.sources.count, segments: frame.layout.segments.count,
      sinks: frame.layout.sinks.count)
  }

  func step() -> StepResult {
    if mailbox.isStopping {
      times.turn(to: nil, at: clock.monotonic())
      graph?.close()
      graph = nil
      return .ended
    }
    guard !hasFailed else { return .blocked(until: nil) }
    do throws(JobFailure) {
      let result = try stepOpen()
      return result
    } catch {
      hasFailed = true
      report(.failed(worker: number, error))
      return .progressed
    }
  }

  func report(_ event: JobEvent) { frame.setup.events(event) }

  func sourceDelivered(_ barrier: Barrier, _ partitions: [PartitionState]) {
    let progress = book.note(barrier.epoch) {
      $0.sources -= 1
      $0.partitions += partitions
    }
    if progress.sources == 0 {
      report(.sources(barrier.epoch, worker: number, progress.partitions))
    }
  }

  func segmentPassed(_ barrier: Barrier, counts: [JobStatus.Stage]) {
    report(.counted(barrier.epoch, worker: number, counts))
    announce(book.note(barrier.epoch) { $0.segments -= 1 })
  }

  func segmentFinished() {
    unfinished -= 1
    if unfinished == 0 { report(.finished(worker: number)) }
  }

  private func announce(_ progress: EpochProgress) {
    if progress.hasPassed { report(.passed(progress.epoch, worker: number)) }
  }

  private func stepOpen() throws(JobFailure) -> StepResult {
    guard let graph else {
      guard frame.isReady else { return .blocked(until: nil) }
      let made = try WorkerGraph.make(worker: self, frame: frame)
      unfinished = made.segments.count
      graph = made
      report(.opened(worker: number))
      return .progressed
    }
    let monotonic = clock.monotonic()
    times.turn(to: .busy, at: monotonic)
    rise()
    obey(graph)
    show(graph)
    let now = clock.now()
    sinceSinks += 1
    if sinceSinks >= Self.sinkInterval, try pollSinks(graph) { return .progressed }
    for segment in graph.segments where segment.follow() { return .progressed }
    if isReleaseDue, try release(graph) { return .progressed }
    isReleaseDue = true
    if try work(graph, now: now, monotonic: monotonic) { return .progressed }
    if try release(graph) { return .progressed }
    if try pollSinks(graph) { return .progressed }
    if runDry(graph) { return .progressed }
    rest(graph)
    times.turn(
      to: graph.segments.contains { $0.isHeldUp } ? .heldUp : .idle, at: monotonic)
    return .blocked(until: graph.deadline)
  }

  /// One piece of work: what has come in first, the most downstream of it, then a source's rows.
  /// Sources take turns, for one that always has rows would let no other read.
  private func work(
    _ graph: WorkerGraph, now: Timestamp, monotonic: UInt64
  ) throws(JobFailure) -> Bool {
    for segment in graph.inner {
      if try segment.step(now: now, monotonic: monotonic) { return true }
    }
    for offset in graph.reading.indices {
      let place = (nextReading + offset) % graph.reading.count
      guard try graph.reading[place].step(now: now, monotonic: monotonic) else { continue }
      nextReading = place + 1
      return true
    }
    return false
  }

  /// Lets one stage put out some of what it holds. In turn with everything else: neither may what
  /// is held wait for input that never ends, nor a barrier for all that is held.
  private func release(_ graph: WorkerGraph) throws(JobFailure) -> Bool {
    isReleaseDue = false
    for segment in graph.segments.reversed() where try segment.release() { return true }
    return false
  }

  /// Answers whoever looks at the job.
  private func show(_ graph: WorkerGraph) {
    let count = frame.lookCount
    guard count != answered else { return }
    answered = count
    for segment in graph.segments { segment.show() }
  }

  private func obey(_ graph: WorkerGraph) {
    for command in mailbox.take() {
      switch command {
      case .inject(let barrier):
        for source in graph.sources { source.inject(barrier) }
      case .hold(let isHeld):
        for source in graph.sources { source.isHeld = isHeld }
      case .add(let partitions):
        graph.add(partitions, worker: number, of: frame.setup.configuration.workers)
      }
    }
  }

  /// Asks sinks whether the rows before a barrier are safe by now.
  private func pollSinks(_ graph: WorkerGraph) throws(JobFailure) -> Bool {
    sinceSinks = 0
    var found = false
    for sink in graph.sinks where !sink.preparing.isEmpty {
      do throws(ConnectorError) {
        while let pending = try sink.nextPrepared() {
          report(.prepared(pending.epoch, worker: number, pending))
          announce(book.note(pending.epoch) { $0.sinks -= 1 })
          found = true
        }
      } catch {
        throw .connector(error)
      }
    }
    return found
  }

  /// Says it where nothing is left to do but by another run.
  private func rest(_ graph: WorkerGraph) {
    guard frame.runEnd.isReached else { return }
    isResting = true
    let haveAll = frame.rest.enter(
      number, holdsRows: graph.segments.contains { $0.restingCount > 0 },
      isStill: { graph.segments.allSatisfy(\.isStill) },
      areChannelsEmpty: { frame.areChannelsEmpty })
    if haveAll { report(.rested) }
  }

  private func rise() {
    guard isResting else { return }
    isResting = false
    frame.rest.leave(number)
  }

  /// Input has run dry: what waits for company goes without.
  private func runDry(_ graph: WorkerGraph) -> Bool {
    var sent = false
    for segment in graph.segments where segment.flush() { sent = true }
    for sink in graph.sinks where sink.flush() { sent = true }
    return sent
  }
}
